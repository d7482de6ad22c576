import { expect, test } from 'vitest'
import { type AnthropicOptions, anthropic } from '../../src/models/anthropic.ts'
import type { ModelRequest } from '../../src/ports/index.ts'
import {
  type Message,
  type MessagePart,
  type ProviderStatePart,
  type ToolPart,
  callStates,
  isTerminal,
} from '../../src/protocol/index.ts'
import { type Sent, assistant, call, descriptor, sentBy, user } from './wire-history.ts'

interface SentMessage {
  readonly role: string
  readonly content: readonly Sent[]
}

async function sent(
  request: Partial<ModelRequest>,
  options: Partial<AnthropicOptions> = {},
): Promise<{ url: string; headers: Headers; body: Sent; messages: readonly SentMessage[] }> {
  const all = await sentBy((fetch) => anthropic({ model: 'm', fetch, ...options }), request)
  return { ...all, messages: all.body['messages'] as SentMessage[] }
}

async function written(...messages: readonly Message[]): Promise<readonly SentMessage[]> {
  return (await sent({ messages })).messages
}

const state = (block: ProviderStatePart['state'], toolCallId?: string): ProviderStatePart => ({
  type: 'provider-state',
  format: 'anthropic',
  state: block,
  ...(toolCallId !== undefined && { toolCallId }),
})
const text = (said: string): MessagePart => ({ type: 'text', text: said })
const resultOf = (messages: readonly SentMessage[], id: string): Sent | undefined =>
  messages.flatMap(({ content }) => content).find((block) => block['tool_use_id'] === id)

test('a request is a POST of a streaming message with key, version, limit and system', async () => {
  const { url, headers, body } = await sent(
    {
      system: 'Be brief.',
      messages: [user('Hi')],
      temperature: 0,
      providerOptions: { thinking: { type: 'enabled', budget_tokens: 1024 } },
    },
    { apiKey: 'k-1', headers: { 'anthropic-beta': 'b-1' } },
  )
  expect(url).toBe('https://api.anthropic.com/v1/messages')
  expect(headers.get('x-api-key')).toBe('k-1')
  expect(headers.get('anthropic-version')).toBe('2023-06-01')
  expect(headers.get('anthropic-beta')).toBe('b-1')
  expect(body).toEqual({
    model: 'm',
    max_tokens: 16_384,
    system: 'Be brief.',
    messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
    stream: true,
    temperature: 0,
    thinking: { type: 'enabled', budget_tokens: 1024 },
  })
})

test('the limit is the one of the request, then of the options', async () => {
  const request = { messages: [user('Hi')] }
  expect((await sent(request, { maxOutputTokens: 7 })).body['max_tokens']).toBe(7)
  const both = await sent({ ...request, maxOutputTokens: 8 }, { maxOutputTokens: 7 })
  expect(both.body['max_tokens']).toBe(8)
})

test('tools are written with an object schema, safe names, and a choice in its own words', async () => {
  const tools = [descriptor('look', { properties: {} }), descriptor('page.edit')]
  const chosen = async (toolChoice: ModelRequest['toolChoice']): Promise<Sent> =>
    (await sent({ messages: [user('Hi')], tools, toolChoice })).body
  const { tools: all, tool_choice: choice } = await chosen('required')
  expect(all).toEqual([
    {
      name: 'look',
      description: 'About look',
      input_schema: { type: 'object', properties: {} },
    },
    {
      name: expect.stringMatching(/^page_edit_[a-z0-9]{11}$/),
      description: 'About page.edit',
      input_schema: { type: 'object' },
    },
  ])
  expect(choice).toEqual({ type: 'any' })
  expect((await chosen('none'))['tool_choice']).toEqual({ type: 'none' })
  expect((await chosen({ toolName: 'look' }))['tool_choice']).toEqual({
    type: 'tool',
    name: 'look',
  })
  expect((await sent({ toolChoice: 'auto' })).body).not.toHaveProperty('tool_choice')
})

test('all results of a turn stand first in the one user message behind it, whatever their state', async () => {
  const messages = await written(
    user('Go'),
    assistant([
      text('One. '),
      ...callStates.map((each) => call(each, { state: each, errorText: 'as it happened' })),
      text('Two.'),
    ]),
    user('And?'),
    user('Well?'),
  )
  expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
  expect(messages[1]?.content.map((block) => block['id'] ?? block['text'])).toEqual([
    'One. ',
    ...callStates,
    'Two.',
  ])
  const results = messages[2]?.content ?? []
  expect(results.map((block) => block['tool_use_id'] ?? block['text'])).toEqual([
    ...callStates,
    'And?',
    'Well?',
  ])
  for (const each of callStates) {
    const { content, is_error: failed } = resultOf(messages, each) ?? {}
    expect(failed).toBe(each === 'output-available' ? undefined : true)
    if (each === 'output-available') expect(content).toBe('seen')
    else if (isTerminal(each)) expect(content).toBe('Error: as it happened')
    else expect(content).toBe(`No result: the call has not finished (${each}).`)
  }
})

test('input is an object, also where the model wrote none', async () => {
  const [message] = await written(
    assistant([
      call('whole'),
      call('text', { input: undefined, inputText: '{"at": 2}', state: 'input-invalid' }),
      call('cut', { input: undefined, inputText: '{"at', state: 'input-invalid' }),
    ]),
  )
  expect(message?.content.map((block) => block['input'])).toEqual([{ at: 1 }, { at: 2 }, {}])
})

test('images, PDFs and texts in results are native, and what the wire cannot carry is named', async () => {
  const file = (mediaType: string, data: string, filename?: string) =>
    ({ type: 'file', mediaType, data, ...(filename && { filename }) }) as const
  const messages = await written(
    assistant([
      call('rich', {
        modelOutput: [
          { type: 'text', text: 'A shot:' },
          { type: 'text', text: ' ' },
          { type: 'json', value: { n: 1 } },
          { type: 'image', mediaType: 'image/png', data: 'QUJD' },
          file('application/pdf', 'REVG', 'a.pdf'),
          file('text/csv', btoa('a,b')),
          file('application/zip', 'AAAA', 'a.zip'),
          { type: 'image', mediaType: 'image/tiff', data: 'QUJD' },
        ],
      }),
      call('plain', {
        modelOutput: [
          { type: 'text', text: 'Two:' },
          { type: 'json', value: [1, 2] },
        ],
      }),
      call('failed', {
        state: 'output-error',
        modelOutput: [{ type: 'image', mediaType: 'image/png', data: 'QUJD' }],
      }),
    ]),
  )
  const image = {
    type: 'image',
    source: { type: 'base64', media_type: 'image/png', data: 'QUJD' },
  }
  expect(resultOf(messages, 'rich')?.['content']).toEqual([
    { type: 'text', text: 'A shot:' },
    { type: 'text', text: '{"n":1}' },
    image,
    {
      type: 'document',
      source: { type: 'base64', media_type: 'application/pdf', data: 'REVG' },
      title: 'a.pdf',
    },
    { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'a,b' } },
    { type: 'text', text: '[application/zip "a.zip" left out: this model takes no such file]' },
    { type: 'text', text: '[image/tiff left out: this model takes no such file]' },
  ])
  expect(resultOf(messages, 'plain')?.['content']).toBe('Two:\n[1,2]')
  // An error is text alone on this wire.
  expect(resultOf(messages, 'failed')).toEqual({
    type: 'tool_result',
    tool_use_id: 'failed',
    content: [image],
  })
})

test('files of a person go by their data or their address', async () => {
  const [message] = await written(
    user(
      'See:',
      { type: 'file', mediaType: 'image/jpeg', url: 'https://host.test/a.jpg' },
      { type: 'file', mediaType: 'image/png', url: 'data:image/png;base64,QUJD' },
      { type: 'file', mediaType: 'application/pdf', url: 'https://host.test/a.pdf' },
      { type: 'file', mediaType: 'video/mp4', url: 'https://host.test/a.mp4', filename: 'a.mp4' },
    ),
  )
  expect(message?.content).toEqual([
    { type: 'text', text: 'See:' },
    { type: 'image', source: { type: 'url', url: 'https://host.test/a.jpg' } },
    { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'QUJD' } },
    { type: 'document', source: { type: 'url', url: 'https://host.test/a.pdf' } },
    { type: 'text', text: '[video/mp4 "a.mp4" left out: this model takes no such file]' },
  ])
})

test('blank texts and answers that say nothing are left out, and a message of a person is never empty', async () => {
  const messages = await written(
    user('Go'),
    assistant([text(' \n'), { type: 'reasoning', text: 'Hm' }]),
    user(''),
    assistant([text(''), { type: 'refusal', text: 'No.' }]),
  )
  expect(messages).toEqual([
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Go' },
        { type: 'text', text: '[empty message]' },
      ],
    },
    { role: 'assistant', content: [{ type: 'text', text: 'No.' }] },
  ])
})

test('thinking goes back where it was, to the same model only, and never at the end', async () => {
  const thinking = { type: 'thinking', thinking: 'a\u0000é', signature: 'S+/=' }
  const redacted = { type: 'redacted_thinking', data: 'R+/=' }
  const parts = [
    { type: 'reasoning', text: 'a\u0000é' } as const,
    state(thinking),
    state(redacted),
    text('Look:'),
    call('a', { toolCallId: 'changed', providerToolCallId: 'a' }),
    state({ caller: { type: 'direct' } }, 'a'),
    { type: 'provider-state', format: 'openai-chat', state: { reasoning_content: 'no' } } as const,
    state({ ...thinking, signature: 'late' }),
  ]
  const [own] = await written(assistant(parts, 'anthropic:m'))
  expect(own?.content).toEqual([
    thinking,
    redacted,
    { type: 'text', text: 'Look:' },
    {
      type: 'tool_use',
      id: 'a',
      name: 'look',
      input: { at: 1 },
      caller: { type: 'direct' },
    },
  ])
  const other = await written(assistant(parts, 'anthropic:other'))
  expect(other[0]?.content.map((block) => block['type'])).toEqual(['text', 'tool_use'])
  expect(JSON.stringify(other)).not.toMatch(/S\+|R\+|caller/)
  expect(await written(user('Go'), assistant([state(thinking)]))).toHaveLength(1)
})

test('a text with citations goes back with them, once, and alone where it was changed', async () => {
  const cited = { type: 'text', text: 'B.', citations: [{ encrypted_index: 'E+/=' }] }
  const [message] = await written(assistant([text('A. B.'), state(cited), text(' C.')]))
  expect(message?.content).toEqual([
    { type: 'text', text: 'A. ' },
    cited,
    { type: 'text', text: ' C.' },
  ])
  const [changed] = await written(assistant([text('Other.'), state(cited)]))
  expect(changed?.content).toEqual([{ type: 'text', text: 'Other.' }])
})

test('what the server did itself goes back, but not a use that a crash left without a result', async () => {
  const search = { type: 'server_tool_use', id: 's1', name: 'web_search', input: {} }
  const found = { type: 'web_search_tool_result', tool_use_id: 's1', content: [] }
  const lost = { ...search, id: 's2' }
  const [, message] = await written(
    user('Go'),
    assistant([state(search), state(found), state(lost), text('Done.')]),
    user('And?'),
  )
  expect(message?.content).toEqual([search, found, { type: 'text', text: 'Done.' }])
})

test('a turn that paused goes back as it is, and goes on from there', async () => {
  const search = { type: 'server_tool_use', id: 's1', name: 'web_search', input: {} }
  const messages = await written(user('Go'), assistant([text('Wait.'), state(search)]))
  expect(messages.at(-1)).toEqual({
    role: 'assistant',
    content: [{ type: 'text', text: 'Wait.' }, search],
  })
})

test('a call from code of the model keeps that code open, and names its container', async () => {
  const code = { type: 'server_tool_use', id: 's1', name: 'code_execution', input: {} }
  const caller = { type: 'code_execution_1', tool_id: 's1' }
  const history = [
    user('Go'),
    assistant([
      state(code),
      call('a'),
      state({ caller }, 'a'),
      state({ container: 'container_1' }),
    ]),
  ]
  const { body, messages } = await sent({ messages: history })
  expect(body['container']).toBe('container_1')
  expect(messages[1]?.content).toEqual([
    code,
    { type: 'tool_use', id: 'a', name: 'look', input: { at: 1 }, caller },
  ])
  const done = assistant([text('Done.'), state({ container: 'container_1' })])
  const later = await sent({ messages: [...history, done, user('And?')] })
  expect(later.body).not.toHaveProperty('container')
  expect(later.messages[1]?.content[0]).toEqual(code)
})

test('ids of other servers become ids that are accepted, the same each time, and none twice', async () => {
  const idsOf = async (...parts: readonly ToolPart[]): Promise<readonly unknown[]> => {
    const messages = await written(...parts.map((part) => assistant([part])), user('x'))
    const ids = messages.flatMap(({ content }) => content.flatMap((block) => block['id'] ?? []))
    const results = messages.flatMap(({ content }) =>
      content.flatMap((block) => block['tool_use_id'] ?? []),
    )
    expect(results).toEqual(ids)
    return ids
  }
  const [foreign, fine] = await idsOf(call('functions.look:0'), call('call_1'))
  expect(foreign).toMatch(/^toolu_[a-z0-9]{11}$/)
  expect(fine).toBe('call_1')
  expect(await idsOf(call('functions.look:0'))).toEqual([foreign])
  expect(await idsOf(call('call_0'), call('call_0_2', { providerToolCallId: 'call_0' }))).toEqual([
    'call_0',
    'call_0_2',
  ])
  // Kimi counts anew with each conversation, which a model may change into.
  const kimi = 'functions.look:0'
  const twice = await idsOf(call(kimi), call(`${kimi}_2`, { providerToolCallId: kimi }))
  expect(new Set(twice).size).toBe(2)
})

test('options that cannot work are refused at once', () => {
  expect(() => anthropic({ model: '' })).toThrow('anthropic: "model" is missing.')
  expect(() => anthropic({ model: 'm', baseURL: 'host' })).toThrow('"baseURL" is no URL')
})
