import { expect, test } from 'vitest'
import { type ToolPart, callStates } from '../../src/protocol/index.ts'
import type { ModelRequest } from '../../src/ports/index.ts'
import { type OpenAIChatOptions, openaiChat } from '../../src/models/openai-chat.ts'
import { ask, chunk, sse } from './answer.ts'
import { type Sent, assistant, call, descriptor, sentBy, user } from './wire-history.ts'

async function sent(
  request: Partial<ModelRequest>,
  options: Partial<OpenAIChatOptions> = {},
): Promise<{ url: string; headers: Headers; body: Sent; messages: readonly Sent[] }> {
  const baseURL = 'https://host.test/v1'
  const all = await sentBy(
    (fetch) => openaiChat({ model: 'm', baseURL, fetch, ...options }),
    request,
  )
  return { ...all, messages: all.body['messages'] as Sent[] }
}

const result = (messages: readonly Sent[], id: string): unknown =>
  messages.find((message) => message['tool_call_id'] === id)?.['content']

test('a request is a POST of a streaming completion with the key, the headers and the query of the URL', async () => {
  const { url, headers, body } = await sent(
    {
      system: 'Be brief.',
      messages: [user('Hi')],
      temperature: 0,
      maxOutputTokens: 9,
      providerOptions: { seed: 4, parallel_tool_calls: false },
    },
    {
      baseURL: 'https://host.test/openai/v1/?api-version=2',
      apiKey: 'k-1',
      headers: { 'x-title': 'Test', 'Content-Type': 'application/json; charset=utf-8' },
    },
  )
  expect(url).toBe('https://host.test/openai/v1/chat/completions?api-version=2')
  expect(headers.get('authorization')).toBe('Bearer k-1')
  expect(headers.get('x-title')).toBe('Test')
  expect(headers.get('content-type')).toBe('application/json; charset=utf-8')
  expect(body).toEqual({
    model: 'm',
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi' },
    ],
    stream: true,
    stream_options: { include_usage: true },
    temperature: 0,
    max_tokens: 9,
    seed: 4,
    parallel_tool_calls: false,
  })
})

test('what servers want otherwise is data, found by the host, a name or an object', async () => {
  const request: Partial<ModelRequest> = {
    messages: [user('Hi')],
    tools: [descriptor('look')],
    toolChoice: 'required',
    maxOutputTokens: 9,
  }
  const openai = await sent(request, { baseURL: 'https://api.openai.com/v1' })
  expect(openai.body).toMatchObject({ max_completion_tokens: 9, tool_choice: 'required' })
  expect(openai.body).not.toHaveProperty('max_tokens')
  const mistral = await sent(request, { flavor: 'mistral' })
  expect(mistral.body).toMatchObject({ max_tokens: 9, tool_choice: 'any' })
  const old = await sent(request, { flavor: { streamOptions: false } })
  expect(old.body).not.toHaveProperty('stream_options')
  const azure = await sent(request, {
    baseURL: 'https://mine.openai.azure.com/openai/v1',
    apiKey: 'k-2',
  })
  expect(azure.headers.get('api-key')).toBe('k-2')
  expect(azure.headers.has('authorization')).toBe(false)
})

test('tools are written with an object schema, and a choice only where there are tools', async () => {
  const schema = { type: 'object', properties: { at: { type: 'number' } }, required: ['at'] }
  const { body } = await sent({
    messages: [],
    tools: [descriptor('look', schema), descriptor('rest')],
    toolChoice: { toolName: 'rest' },
  })
  expect(body['tools']).toEqual([
    { type: 'function', function: { name: 'look', description: 'About look', parameters: schema } },
    {
      type: 'function',
      function: {
        name: 'rest',
        description: 'About rest',
        parameters: { type: 'object', properties: {} },
      },
    },
  ])
  expect(body['tool_choice']).toEqual({ type: 'function', function: { name: 'rest' } })
  const bare = await sent({ messages: [], toolChoice: 'none' })
  expect(bare.body).not.toHaveProperty('tool_choice')
  expect(bare.body).not.toHaveProperty('tools')
})

test('every call is followed by one result, in the order of the calls, whatever its state', async () => {
  const { messages } = await sent({
    messages: [
      user('Go'),
      assistant([
        { type: 'text', text: 'One. ' },
        ...callStates.map((state) => call(state, { state, errorText: 'as it happened' })),
        { type: 'text', text: 'Two.' },
      ]),
      assistant([{ type: 'text', text: 'Done.' }]),
    ],
  })
  expect(messages.map(({ role }) => role)).toEqual([
    'user',
    'assistant',
    ...callStates.map(() => 'tool'),
    'assistant',
  ])
  expect(messages[1]).toMatchObject({
    content: 'One. Two.',
    tool_calls: callStates.map((id) => ({
      id,
      type: 'function',
      function: { name: 'look', arguments: '{"at":1}' },
    })),
  })
  expect(messages.slice(2, -1).map((message) => message['tool_call_id'])).toEqual(callStates)
  for (const open of callStates.slice(0, 5))
    expect(result(messages, open)).toBe(`No result: the call has not finished (${open}).`)
  expect(result(messages, 'output-available')).toBe('seen')
  for (const failed of callStates.slice(6))
    expect(result(messages, failed)).toBe('Error: as it happened')
})

test('a failed call without a text still says what happened', async () => {
  const states: ToolPart['state'][] = ['output-error', 'denied', 'outcome-unknown']
  const { messages } = await sent({
    messages: [assistant(states.map((state) => call(state, { state })))],
  })
  expect(states.map((state) => result(messages, state))).toEqual([
    'Error: The tool failed.',
    'Error: The call was denied.',
    'Error: It is not known whether the call took effect; check before repeating it.',
  ])
})

test('the model sees modelOutput where there is one, else the output as JSON', async () => {
  const { messages } = await sent({
    messages: [
      assistant([
        call('json', { output: { rows: [1, 2] } }),
        call('none', { output: undefined }),
        call('view', {
          output: { secret: 1 },
          modelOutput: [
            { type: 'text', text: 'Two rows:' },
            { type: 'json', value: [1, 2] },
          ],
        }),
      ]),
    ],
  })
  expect(['json', 'none', 'view'].map((id) => result(messages, id))).toEqual([
    '{"rows":[1,2]}',
    'null',
    'Two rows:\n[1,2]',
  ])
})

test('input that could not be parsed is sent as {} and quoted in its error; what parses is sent as it was', async () => {
  const broken = (id: string, inputText: string) =>
    call(id, { state: 'input-invalid', input: undefined, inputText, errorText: 'Not JSON.' })
  const { messages } = await sent({
    messages: [
      assistant([
        broken('cut', '{"path":"/etc'),
        broken('list', '[1]'),
        broken('schema', '{ "at": "x" }'),
        broken('nothing', ''),
      ]),
    ],
  })
  const calls = messages[0]?.['tool_calls'] as { function: { arguments: string } }[]
  const written = calls.map((each) => each.function.arguments)
  expect(written).toEqual(['{}', '{}', '{ "at": "x" }', '{}'])
  expect(['cut', 'list', 'schema', 'nothing'].map((id) => result(messages, id))).toEqual([
    'Error: Not JSON.\nThe input was: {"path":"/etc',
    'Error: Not JSON.\nThe input was: [1]',
    'Error: Not JSON.',
    'Error: Not JSON.',
  ])
})

test('images of results follow in one user message, or are left out where the server refuses that', async () => {
  const image = { type: 'image', mediaType: 'image/png', data: 'QUJD' } as const
  const pdf = {
    type: 'file',
    mediaType: 'application/pdf',
    data: 'REVG',
    filename: 'a.pdf',
  } as const
  const history = [
    user('Look'),
    assistant([
      call('one', { modelOutput: [{ type: 'text', text: 'A shot:' }, image] }),
      call('two', { modelOutput: [image, pdf] }),
    ]),
    user('And?'),
  ]
  const { messages } = await sent({ messages: history })
  expect(messages.map(({ role }) => role)).toEqual([
    'user',
    'assistant',
    'tool',
    'tool',
    'user',
    'user',
  ])
  expect(result(messages, 'one')).toBe(
    'A shot:\n[attachment 1 of the tool results in the message below: image/png]',
  )
  const picture = { type: 'image_url', image_url: { url: 'data:image/png;base64,QUJD' } }
  expect(messages[4]?.['content']).toEqual([
    { type: 'text', text: '[attachment 1 of the tool results above: image/png]' },
    picture,
    { type: 'text', text: '[attachment 2 of the tool results above: image/png]' },
    picture,
  ])
  expect(result(messages, 'two')).toContain('[application/pdf left out')
  const openai = await sent({ messages: history }, { flavor: 'openai' })
  expect(openai.messages[4]?.['content']).toContainEqual({
    type: 'file',
    file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,REVG' },
  })
  const mistral = await sent({ messages: history }, { flavor: 'mistral' })
  expect(mistral.messages.map(({ role }) => role)).toEqual([
    'user',
    'assistant',
    'tool',
    'tool',
    'assistant',
    'user',
  ])
  expect(mistral.messages[2]?.['content']).toContain('[image/png left out')
})

test('files of a person are sent as what they are, and text alone as a string', async () => {
  const { messages } = await sent({
    messages: [
      {
        id: 'u',
        role: 'user',
        metadata: {},
        parts: [
          { type: 'text', text: 'See:' },
          { type: 'file', mediaType: 'image/jpeg', url: 'https://host.test/a.jpg' },
          {
            type: 'file',
            mediaType: 'application/pdf',
            url: 'data:application/pdf;base64,AA==',
            filename: 'b.pdf',
          },
        ],
      },
    ],
  })
  expect(messages).toEqual([
    {
      role: 'user',
      content: [
        { type: 'text', text: 'See:' },
        { type: 'image_url', image_url: { url: 'https://host.test/a.jpg' } },
        {
          type: 'file',
          file: { filename: 'b.pdf', file_data: 'data:application/pdf;base64,AA==' },
        },
      ],
    },
  ])
})

test('a turn that said nothing is no message, and reasoning is not text', async () => {
  const { messages } = await sent({
    messages: [
      user('Hi'),
      assistant([]),
      assistant([{ type: 'reasoning', text: 'Hm' }]),
      assistant([
        { type: 'reasoning', text: 'Hm' },
        { type: 'refusal', text: 'No.' },
      ]),
      assistant([call('a')]),
    ],
  })
  expect(messages.map((message) => message['content'])).toEqual(['Hi', 'No.', null, 'seen'])
})

test('provider state goes back byte for byte, to this format and this model only', async () => {
  const details = [{ type: 'reasoning.text', text: 'a\u0000é', signature: 'S+/=' }]
  const history = (model?: string) => [
    assistant(
      [
        { type: 'provider-state', format: 'openai-chat', state: { reasoning_details: details } },
        { type: 'provider-state', format: 'anthropic', state: { thinking: 'no' } },
        call('a'),
        {
          type: 'provider-state',
          format: 'openai-chat',
          toolCallId: 'a',
          state: { extra_content: { google: { thought_signature: 'T+/=' } } },
        },
      ],
      model,
    ),
  ]
  const expected = {
    role: 'assistant',
    content: null,
    reasoning_details: details,
    tool_calls: [
      {
        id: 'a',
        type: 'function',
        function: { name: 'look', arguments: '{"at":1}' },
        extra_content: { google: { thought_signature: 'T+/=' } },
      },
    ],
  }
  expect((await sent({ messages: history() })).messages[0]).toEqual(expected)
  expect((await sent({ messages: history('openai-chat:m') })).messages[0]).toEqual(expected)
  // The engine had to change an id that was used before; the state was given under the provider's.
  const [message] = history()
  const parts = message!.parts.map((part) =>
    part.type === 'tool' ? { ...part, toolCallId: 'changed', providerToolCallId: 'a' } : part,
  )
  expect((await sent({ messages: [{ ...message!, parts }] })).messages[0]).toEqual(expected)
  const other = await sent({ messages: history('openai-chat:other') })
  expect(JSON.stringify(other.body)).not.toContain('+/=')
})

test('thinking servers get a blank where a message with calls has no reasoning of theirs', async () => {
  const own = {
    type: 'provider-state',
    format: 'openai-chat',
    state: { reasoning_content: 'Hm' },
  } as const
  const { messages } = await sent(
    {
      messages: [
        assistant([call('a')]),
        assistant([own, call('b')]),
        assistant([{ type: 'text', text: 'x' }]),
      ],
    },
    { baseURL: 'https://api.deepseek.com' },
  )
  const said = messages.filter(({ role }) => role === 'assistant')
  expect(said.map((message) => message['reasoning_content'])).toEqual([' ', 'Hm', undefined])
})

test('ids go back as the provider sent them, and are mapped the same way each time where it refuses them', async () => {
  const long = `chatcmpl-tool-${'0123456789abcdef'.repeat(3)}`
  const idsOf = async (parts: ToolPart[], options: Partial<OpenAIChatOptions>, model?: string) => {
    const { messages } = await sent({ messages: [assistant(parts, model)] }, options)
    const calls = messages[0]?.['tool_calls'] as { id: string }[]
    const results = messages.filter(({ role }) => role === 'tool')
    expect(results.map((message) => message['tool_call_id'])).toEqual(calls.map(({ id }) => id))
    return calls.map(({ id }) => id)
  }
  expect(await idsOf([call('x', { providerToolCallId: 'call_0' })], {})).toEqual(['call_0'])
  expect(await idsOf([call(long)], {})).toEqual([long])

  const openai = await idsOf([call(long), call('short')], { flavor: 'openai' })
  expect(openai[0]).toMatch(/^call_[a-z0-9]{11}$/)
  expect(openai[1]).toBe('short')

  const mistral = await idsOf([call('call_a'), call('call_b'), call('EscTeQY62')], {
    flavor: 'mistral',
  })
  expect(mistral[0]).toMatch(/^[a-zA-Z0-9]{9}$/)
  expect(mistral[0]).not.toBe(mistral[1])
  expect(mistral[2]).toBe('EscTeQY62')
  expect(await idsOf([call('call_a')], { flavor: 'mistral' })).toEqual([mistral[0]])
  expect(await idsOf([call(long)], { flavor: 'mistral' }, 'openai-chat:m')).toEqual([long])
  expect(await idsOf([call(long)], { flavor: 'mistral' }, 'openai-chat:other')).not.toEqual([long])

  const kimi = await idsOf([call('functions.look:7'), call('call_b'), call('call_c')], {
    flavor: 'kimi',
  })
  expect(kimi).toEqual(['functions.look:7', 'functions.look:1', 'functions.look:2'])
})

test('a name that no wire takes goes out as an alias and comes back as itself', async () => {
  const names = [
    'page.edit/element',
    'page.edit.element',
    '3d',
    'ünïcode',
    '',
    'x'.repeat(80),
    'plain-1_b',
  ]
  const { body } = await sent({
    messages: [assistant([call('a', { toolName: 'page.edit/element' })])],
    tools: names.map((name) => descriptor(name)),
    toolChoice: { toolName: '3d' },
  })
  const aliases = (body['tools'] as { function: { name: string } }[]).map(
    (each) => each.function.name,
  )
  for (const alias of aliases) expect(alias).toMatch(/^[a-zA-Z_][a-zA-Z0-9_-]{0,63}$/)
  expect(new Set(aliases).size).toBe(names.length)
  expect(aliases.at(-1)).toBe('plain-1_b')
  expect(body['tool_choice']).toMatchObject({ function: { name: aliases[2] } })
  expect(body['messages']).toMatchObject([{ tool_calls: [{ function: { name: aliases[0] } }] }, {}])

  const fetch = async (): Promise<Response> => {
    const calls = aliases.map((name, index) => ({
      index,
      id: `c${index}`,
      function: { name, arguments: '{}' },
    }))
    return new Response(sse(chunk({ tool_calls: calls }, 'tool_calls')))
  }
  const answer = await ask(openaiChat({ model: 'm', fetch }), {
    tools: names.map((name) => descriptor(name)),
  })
  // A call without a name and without arguments is nothing; one with an alias is its tool.
  expect(answer.calls.map(({ toolName }) => toolName)).toEqual(names)
  expect(answer.events.find((event) => event.type === 'tool-input-start')).toMatchObject({
    toolName: 'page.edit/element',
  })
})

test.each([
  [{ model: '' }, 'model'],
  [{ baseURL: 'host/v1' }, 'baseURL'],
  [{ baseURL: 'file:///v1' }, 'baseURL'],
  // What a program without types may pass.
  [{ flavor: 'opnai' as 'openai' }, 'flavor'],
  [{ flavor: 'toString' as 'openai' }, 'flavor'],
])('the options %j are refused by name', (options, named) => {
  expect(() => openaiChat({ model: 'm', ...options })).toThrow(
    expect.objectContaining({
      code: 'INVALID_OPTIONS',
      message: expect.stringContaining(`"${named}"`),
      hint: expect.stringMatching(/./),
    }),
  )
})

test('a model names itself and its format', () => {
  const { id, format } = openaiChat({ model: 'gpt-5' })
  expect([id, format]).toEqual(['openai-chat:gpt-5', 'openai-chat'])
})
