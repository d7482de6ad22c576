import { expect, test } from 'vitest'
import { type OpenAIResponsesOptions, openaiResponses } from '../../src/models/openai-responses.ts'
import type { ModelRequest } from '../../src/ports/index.ts'
import {
  type Message,
  type MessagePart,
  type ProviderStatePart,
  callStates,
  isTerminal,
} from '../../src/protocol/index.ts'
import { type Sent, assistant, call, descriptor, sentBy, user } from './wire-history.ts'

async function sent(
  request: Partial<ModelRequest>,
  options: Partial<OpenAIResponsesOptions> = {},
): Promise<{ url: string; headers: Headers; body: Sent; input: readonly Sent[] }> {
  const all = await sentBy((fetch) => openaiResponses({ model: 'm', fetch, ...options }), request)
  return { ...all, input: all.body['input'] as Sent[] }
}

async function written(...messages: readonly Message[]): Promise<readonly Sent[]> {
  return (await sent({ messages })).input
}

const state = (item: ProviderStatePart['state'], toolCallId?: string): ProviderStatePart => ({
  type: 'provider-state',
  format: 'openai-responses',
  state: item,
  ...(toolCallId !== undefined && { toolCallId }),
})
const text = (said: string): MessagePart => ({ type: 'text', text: said })
const typesOf = (input: readonly Sent[]): readonly unknown[] =>
  input.map((item) => item['type'] ?? item['role'])
const outputOf = (input: readonly Sent[], id: string): unknown =>
  input.find((item) => item['call_id'] === id && 'output' in item)?.['output']

const reasoning = {
  id: 'rs_1',
  type: 'reasoning',
  summary: [{ type: 'summary_text', text: 'a\u0000é' }],
  encrypted_content: 'E+/=',
}

test('a request is a POST of a stream that the server does not keep', async () => {
  const { url, headers, body } = await sent(
    {
      system: 'Be brief.',
      messages: [user('Hi')],
      temperature: 0,
      maxOutputTokens: 9,
      providerOptions: { reasoning: { effort: 'low' } },
    },
    { apiKey: 'k-1' },
  )
  expect(url).toBe('https://api.openai.com/v1/responses')
  expect(headers.get('authorization')).toBe('Bearer k-1')
  expect(body).toEqual({
    model: 'm',
    instructions: 'Be brief.',
    input: [{ role: 'user', content: 'Hi' }],
    stream: true,
    store: false,
    include: ['reasoning.encrypted_content'],
    temperature: 0,
    max_output_tokens: 9,
    reasoning: { effort: 'low' },
  })
})

test('Azure has its own header and a query, and models that do not reason are not asked for it', async () => {
  const { url, headers, body } = await sent(
    { messages: [user('Hi')] },
    {
      baseURL: 'https://mine.openai.azure.com/openai/v1?api-version=2',
      apiKey: 'k-2',
      model: 'gpt-4.1-mini',
    },
  )
  expect(url).toBe('https://mine.openai.azure.com/openai/v1/responses?api-version=2')
  expect([headers.get('api-key'), headers.get('authorization')]).toEqual(['k-2', null])
  expect(body).not.toHaveProperty('include')
  const asked = await sent({}, { model: 'gpt-4.1', encryptedReasoning: true })
  expect(asked.body).toHaveProperty('include')
})

test('tools say that their schema is not strict, and a choice names one', async () => {
  const { body } = await sent({
    messages: [user('Hi')],
    tools: [descriptor('look', { required: [] })],
    toolChoice: { toolName: 'look' },
  })
  expect(body['tools']).toEqual([
    {
      type: 'function',
      name: 'look',
      description: 'About look',
      parameters: { type: 'object', properties: {}, required: [] },
      strict: false,
    },
  ])
  expect(body['tool_choice']).toEqual({ type: 'function', name: 'look' })
  expect((await sent({ toolChoice: 'required' })).body).not.toHaveProperty('tool_choice')
})

test('every call has one output, in the order of the calls, whatever its state', async () => {
  const input = await written(
    user('Go'),
    assistant([
      text('One. '),
      ...callStates.map((each) => call(each, { state: each, errorText: 'as it happened' })),
      text('Two.'),
    ]),
    user('And?'),
  )
  expect(typesOf(input)).toEqual([
    'user',
    'assistant',
    ...callStates.map(() => 'function_call'),
    'assistant',
    ...callStates.map(() => 'function_call_output'),
    'user',
  ])
  expect(input[2]).toEqual({
    type: 'function_call',
    call_id: callStates[0],
    name: 'look',
    arguments: '{"at":1}',
  })
  for (const each of callStates)
    if (each === 'output-available') expect(outputOf(input, each)).toBe('seen')
    else if (isTerminal(each)) expect(outputOf(input, each)).toBe('Error: as it happened')
    else expect(outputOf(input, each)).toBe(`No result: the call has not finished (${each}).`)
})

test('arguments are an object, also where the model wrote none', async () => {
  const input = await written(
    assistant([
      call('text', { input: undefined, inputText: '{ "at": 2 }', state: 'input-invalid' }),
      call('cut', { input: undefined, inputText: '{"at', state: 'input-invalid' }),
    ]),
  )
  expect(input.slice(0, 2).map((item) => item['arguments'])).toEqual(['{ "at": 2 }', '{}'])
  expect(outputOf(input, 'cut')).toContain('The input was: {"at')
})

test('images and files in results and of people are native', async () => {
  const input = await written(
    user(
      'See:',
      { type: 'file', mediaType: 'image/jpeg', url: 'https://host.test/a.jpg' },
      { type: 'file', mediaType: 'application/pdf', url: 'https://host.test/a.pdf' },
    ),
    assistant([
      call('rich', {
        modelOutput: [
          { type: 'text', text: 'A shot:' },
          { type: 'json', value: { n: 1 } },
          { type: 'image', mediaType: 'image/png', data: 'QUJD' },
          { type: 'file', mediaType: 'application/pdf', data: 'REVG', filename: 'a.pdf' },
        ],
      }),
    ]),
  )
  expect(input[0]?.['content']).toEqual([
    { type: 'input_text', text: 'See:' },
    { type: 'input_image', image_url: 'https://host.test/a.jpg' },
    { type: 'input_file', file_url: 'https://host.test/a.pdf' },
  ])
  expect(outputOf(input, 'rich')).toEqual([
    { type: 'input_text', text: 'A shot:' },
    { type: 'input_text', text: '{"n":1}' },
    { type: 'input_image', image_url: 'data:image/png;base64,QUJD' },
    { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,REVG' },
  ])
})

test('items go back as they came, in their places, to the same model only', async () => {
  const head = { id: 'msg_1', type: 'message', role: 'assistant', phase: 'commentary' }
  const caller = { type: 'program', caller_id: 'p' }
  const item = { id: 'fc_1', type: 'function_call', namespace: 'crm', caller }
  const parts = [
    { type: 'reasoning', text: 'a\u0000é' } as const,
    state(reasoning),
    text('Look:'),
    { type: 'refusal', text: ' no.' } as const,
    state(head),
    call('changed', { providerToolCallId: 'call_0' }),
    state(item, 'call_0'),
    { type: 'provider-state', format: 'anthropic', state: { type: 'thinking' } } as const,
  ]
  expect(await written(assistant(parts, 'openai-responses:m'))).toEqual([
    reasoning,
    {
      ...head,
      content: [
        { type: 'output_text', text: 'Look:', annotations: [] },
        { type: 'refusal', refusal: ' no.' },
      ],
    },
    { ...item, call_id: 'call_0', name: 'look', arguments: '{"at":1}' },
    { type: 'function_call_output', call_id: 'call_0', output: 'seen', caller },
  ])
  expect(await written(assistant(parts, 'openai-responses:other'))).toEqual([
    { role: 'assistant', content: 'Look: no.' },
    { type: 'function_call', call_id: 'changed', name: 'look', arguments: '{"at":1}' },
    { type: 'function_call_output', call_id: 'changed', output: 'seen' },
  ])
})

test('reasoning is never sent without what follows it', async () => {
  const alone = [user('Go'), assistant([state(reasoning)]), user('And?')]
  expect(typesOf(await written(...alone))).toEqual(['user', 'user'])
  const late = assistant([text('Hi'), state(reasoning)])
  expect(await written(late)).toEqual([{ role: 'assistant', content: 'Hi' }])
})

test('reasoning that cannot be understood again stays away, and what names its neighbours too', async () => {
  const { encrypted_content: _, ...bare } = reasoning
  const parts = [
    state(bare),
    call('a'),
    state({ id: 'fc_1', type: 'function_call', namespace: 'crm' }, 'a'),
  ]
  const [item] = await written(assistant(parts))
  expect(item).toEqual({
    type: 'function_call',
    namespace: 'crm',
    call_id: 'a',
    name: 'look',
    arguments: '{"at":1}',
  })
  // Servers that keep the answers know it by its id; others show it in the open.
  const kept = await sent({ messages: [assistant(parts)], providerOptions: { store: true } })
  expect(kept.input.slice(0, 2)).toMatchObject([bare, { id: 'fc_1' }])
  const open = { ...bare, content: [{ type: 'reasoning_text', text: 'Hm' }] }
  expect((await written(assistant([state(open), call('a')])))[0]).toEqual(open)
})

test('what the server did itself goes back, but no call of its tools that has no output', async () => {
  const search = { type: 'web_search_call', id: 'ws_1', status: 'completed' }
  const shell = { type: 'shell_call', id: 'sh_1', call_id: 's1' }
  const ran = { type: 'shell_call_output', id: 'so_1', call_id: 's1', output: [] }
  const lost = { ...shell, id: 'sh_2', call_id: 's2' }
  const program = { type: 'program', id: 'cm_1', call_id: 'p' }
  const input = await written(
    assistant([
      state(search),
      state(shell),
      state(ran),
      state(lost),
      state(program),
      call('a'),
      state({ type: 'function_call', caller: { type: 'program', caller_id: 'p' } }, 'a'),
    ]),
  )
  expect(input.slice(0, 4)).toEqual([search, shell, ran, program])
  expect(typesOf(input.slice(4))).toEqual(['function_call', 'function_call_output'])
})

test('a custom call goes back as one, with its text', async () => {
  const item = { id: 'ctc_1', type: 'custom_tool_call' }
  const part = call('c', { input: undefined, inputText: 'ls -l', state: 'input-invalid' })
  const input = await written(assistant([part, state(item, 'c')]))
  expect(input).toMatchObject([
    { ...item, call_id: 'c', name: 'look', input: 'ls -l' },
    { type: 'custom_tool_call_output', call_id: 'c' },
  ])
  expect(input[0]).not.toHaveProperty('arguments')
})

test('an id of another server that is too long becomes another, the same each time', async () => {
  const long = 'x'.repeat(70)
  const idsOf = async (model: string): Promise<readonly unknown[]> =>
    (await written(assistant([call(long)], model))).map((item) => item['call_id'])
  const [id, again] = await idsOf('openai-chat:n')
  expect(id).toMatch(/^call_[a-z0-9]{11}$/)
  expect(again).toBe(id)
  expect(await idsOf('openai-responses:m')).toEqual([long, long])
})

test('options that cannot work are refused at once', () => {
  expect(() => openaiResponses({ model: '' })).toThrow('openaiResponses: "model" is missing.')
  expect(() => openaiResponses({ model: 'm', baseURL: 'host' })).toThrow('"baseURL" is no URL')
})
