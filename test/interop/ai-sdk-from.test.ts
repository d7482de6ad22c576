import {
  InvalidResponseDataError,
  type LanguageModelV2,
  type LanguageModelV2CallOptions,
  type LanguageModelV2StreamPart,
  type LanguageModelV3CallOptions,
  type LanguageModelV3StreamPart,
  type LanguageModelV4CallOptions,
  type LanguageModelV4Prompt,
  type LanguageModelV4StreamPart,
  type LanguageModelV4Usage,
  type SharedV4ProviderMetadata,
} from '@ai-sdk/provider'
import { MockLanguageModelV3, MockLanguageModelV4 } from 'ai/test'
import { expect, test } from 'vitest'
import { fromLanguageModel } from '../../src/interop/ai-sdk.ts'
import type { ModelRequest } from '../../src/ports/index.ts'
import type { Message, MessagePart, ResultPart } from '../../src/protocol/index.ts'
import { virtualClock } from '../../src/testing/index.ts'
import { type Answer, ask, violations } from '../models/answer.ts'
import { assistant, call, descriptor, messageOf, user } from '../models/wire-history.ts'
import { thrownBy } from '../tools/thrown.ts'

type Part = LanguageModelV4StreamPart

const usage: LanguageModelV4Usage = {
  inputTokens: { total: 9, noCache: 5, cacheRead: 4, cacheWrite: 0 },
  outputTokens: { total: 6, text: 4, reasoning: 2 },
}
const look = descriptor('look')
const options = { world: virtualClock(), retry: { attempts: 1 } }

function finish(
  unified: Extract<Part, { type: 'finish' }>['finishReason']['unified'],
  raw?: string,
): Part {
  return { type: 'finish', finishReason: { unified, raw }, usage }
}

/** What comes of the parts of a stream, which breaks at its end where `breaks` is given. */
async function decoded(
  parts: readonly Part[],
  { breaks, ...request }: Partial<ModelRequest> & { breaks?: unknown } = {},
): Promise<Answer> {
  const model = new MockLanguageModelV4({
    doStream: async () => ({ stream: streamOf(parts, breaks) }),
  })
  const answer = await ask(fromLanguageModel(model, options), { tools: [look], ...request })
  expect(violations(answer)).toEqual([])
  return answer
}

function streamOf<T>(parts: readonly T[], breaks?: unknown): ReadableStream<T> {
  let at = 0
  return new ReadableStream({
    pull(controller) {
      const part = parts[at++]
      if (part !== undefined) controller.enqueue(part)
      else if (breaks === undefined) controller.close()
      else controller.error(breaks)
    },
  })
}

/** What a model is called with. */
async function called(
  request: Partial<ModelRequest>,
  more: Parameters<typeof fromLanguageModel>[1] = {},
): Promise<LanguageModelV4CallOptions> {
  const model = new MockLanguageModelV4({
    doStream: async () => ({ stream: streamOf([finish('stop')]) }),
  })
  await ask(fromLanguageModel(model, { ...options, ...more }), request)
  const [only] = model.doStreamCalls
  return only!
}

const mock = 'ai-sdk:mock-provider/mock-model-id'

async function prompted(...messages: readonly Message[]): Promise<LanguageModelV4Prompt> {
  return (await called({ messages })).prompt
}

const textParts = (id: string, text: string, metadata?: SharedV4ProviderMetadata): Part[] => [
  { type: 'text-start', id },
  { type: 'text-delta', id, delta: text },
  { type: 'text-end', id, ...(metadata && { providerMetadata: metadata }) },
]

test('a model is named for its provider, and its state has one format', () => {
  const model = fromLanguageModel(
    new MockLanguageModelV4({ provider: 'openai.chat', modelId: 'gpt-5' }),
  )
  expect(model).toMatchObject({ id: 'ai-sdk:openai.chat/gpt-5', format: 'ai-sdk' })
})

test.each([
  ['a name', 'openai/gpt-5', '"openai/gpt-5"'],
  ['nothing', undefined, 'undefined'],
  ['an unknown version', { specificationVersion: 'v9' }, '"v9"'],
  ['another object', {}, 'missing'],
])('%s is refused with a hint', (_, wrong, said) => {
  // @ts-expect-error: the types say so too.
  const error = thrownBy(() => fromLanguageModel(wrong))
  expect(error).toMatchObject({ code: 'INVALID_OPTIONS' })
  expect(error.message).toContain(said)
  expect(error.hint).toContain('v4')
})

test('a request has system, tools with an object schema, the choice, and all limits', async () => {
  const signal = new AbortController().signal
  const written = await called({
    system: 'Be brief.',
    messages: [user('Hi')],
    tools: [look, descriptor('page.edit', { type: 'object', required: ['at'] })],
    toolChoice: { toolName: 'page.edit' },
    temperature: 0,
    maxOutputTokens: 7,
    signal,
  })
  expect(written).toMatchObject({ temperature: 0, maxOutputTokens: 7, abortSignal: signal })
  expect(written.prompt).toEqual([
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
  ])
  const [plain, renamed] = written.tools ?? []
  expect(plain).toEqual({
    type: 'function',
    name: 'look',
    description: 'About look',
    inputSchema: { type: 'object', properties: {} },
  })
  expect(renamed?.name).toMatch(/^page_edit_\w+$/)
  expect(written.toolChoice).toEqual({ type: 'tool', toolName: renamed?.name })
})

test('a choice goes with tools only, in the words of the AI SDK', async () => {
  expect(await called({ toolChoice: 'required' })).not.toHaveProperty('toolChoice')
  const { toolChoice } = await called({ tools: [look], toolChoice: 'required' })
  expect(toolChoice).toEqual({ type: 'required' })
})

test('settings go with every request, and a request comes over them', async () => {
  const settings = {
    temperature: 1,
    topP: 0.5,
    headers: { 'x-team': 'a' },
    providerOptions: { mock: { effort: 'low', user: 'me' } },
  }
  const request = { temperature: 0, providerOptions: { mock: { effort: 'high' }, other: { a: 1 } } }
  expect(await called(request, { settings })).toMatchObject({
    temperature: 0,
    topP: 0.5,
    headers: { 'x-team': 'a' },
    providerOptions: { mock: { effort: 'high', user: 'me' }, other: { a: 1 } },
  })
})

test('provider options may be of the settings, of the request, or none', async () => {
  const providerOptions = { mock: { effort: 'low' } }
  expect(await called({ providerOptions })).toMatchObject({ providerOptions })
  expect(await called({}, { settings: { providerOptions } })).toMatchObject({ providerOptions })
  expect(await called({})).not.toHaveProperty('providerOptions')
})

test('provider options without the name of a provider are refused', async () => {
  await expect(called({ providerOptions: { effort: 'low' } })).rejects.toMatchObject({
    code: 'INVALID_OPTIONS',
    message: expect.stringContaining('"providerOptions.effort"') as string,
  })
})

test('files of people are data, URLs or, where no machine can follow, their name', async () => {
  const file = (url: string, mediaType: string): MessagePart => ({ type: 'file', url, mediaType })
  const [message] = await prompted(
    user(
      'Look',
      { ...file('data:image/png;base64,iVBORw0K', 'image/png'), filename: 'a.png' } as MessagePart,
      file('data:text/plain,h%C3%A9', 'text/plain'),
      file('https://example.com/a b.pdf', 'application/pdf'),
      file('upload-7', 'application/pdf'),
      file('data:text/plain,%', 'text/plain'),
    ),
  )
  expect(message?.content).toEqual([
    { type: 'text', text: 'Look' },
    {
      type: 'file',
      mediaType: 'image/png',
      data: { type: 'data', data: 'iVBORw0K' },
      filename: 'a.png',
    },
    { type: 'file', mediaType: 'text/plain', data: { type: 'data', data: 'aMOp' } },
    {
      type: 'file',
      mediaType: 'application/pdf',
      data: {
        type: 'url',
        url: new URL('https://example.com/a%20b.pdf'),
        originalUrl: 'https://example.com/a b.pdf',
      },
    },
    { type: 'text', text: '[application/pdf "file"]' },
    { type: 'text', text: '[text/plain "file"]' },
  ])
})

test('messages without content are left out', async () => {
  expect(await prompted(user(), assistant([{ type: 'text', text: '' }]), user('Hi'))).toHaveLength(
    1,
  )
})

test('every call stands in the prompt with one result, whatever state it is in', async () => {
  const failed = { output: undefined }
  const prompt = await prompted(
    assistant([
      { type: 'text', text: 'I look.' },
      call('1', { toolName: 'page.edit', output: 'seen' }),
      call('2', { output: { n: 1 } }),
      call('3', { output: undefined }),
      call('4', { ...failed, state: 'output-error', errorText: 'It fell.' }),
      call('5', { ...failed, state: 'denied', errorText: 'Not now.' }),
      call('6', { ...failed, state: 'denied' }),
      call('7', { ...failed, state: 'executing' }),
      call('8', { ...failed, state: 'input-invalid', input: undefined, inputText: '{"a' }),
    ]),
  )
  const [said, results] = prompt
  expect(said).toMatchObject({ role: 'assistant' })
  const [text, first, ...calls] = Array.isArray(said?.content) ? said.content : []
  expect(text).toEqual({ type: 'text', text: 'I look.' })
  expect(first).toMatchObject({ toolCallId: '1', input: { at: 1 } })
  expect(first).toHaveProperty('toolName', expect.stringMatching(/^page_edit_\w+$/))
  expect(calls.at(-1)).toEqual({ type: 'tool-call', toolCallId: '8', toolName: 'look', input: {} })
  expect(results?.role).toBe('tool')
  const outputs = results?.role === 'tool' ? results.content : []
  expect(
    outputs.map((part) => part.type === 'tool-result' && [part.toolCallId, part.output]),
  ).toEqual([
    ['1', { type: 'text', value: 'seen' }],
    ['2', { type: 'json', value: { n: 1 } }],
    ['3', { type: 'json', value: null }],
    ['4', { type: 'error-text', value: 'Error: It fell.' }],
    ['5', { type: 'execution-denied', reason: 'Not now.' }],
    ['6', { type: 'execution-denied' }],
    ['7', { type: 'error-text', value: 'No result: the call has not finished (executing).' }],
    [
      '8',
      {
        type: 'error-text',
        value: 'Error: The input of the call is not valid.\nThe input was: {"a',
      },
    ],
  ])
})

const seen: readonly ResultPart[] = [
  { type: 'text', text: 'A door:' },
  { type: 'json', value: { n: 1 } },
  { type: 'image', mediaType: 'image/png', data: 'iVBORw' },
  { type: 'file', mediaType: 'application/pdf', data: 'JVBERi', filename: 'a.pdf' },
]

test('images and files of results are content, and one text or value is itself', async () => {
  const [, results] = await prompted(
    assistant([
      call('1', { modelOutput: seen }),
      call('2', { modelOutput: seen.slice(0, 1) }),
      call('3', { modelOutput: seen.slice(1, 2) }),
    ]),
  )
  expect(results?.content).toMatchObject([
    {
      output: {
        type: 'content',
        value: [
          { type: 'text', text: 'A door:' },
          { type: 'text', text: '{"n":1}' },
          { type: 'file', mediaType: 'image/png', data: { type: 'data', data: 'iVBORw' } },
          {
            type: 'file',
            mediaType: 'application/pdf',
            data: { type: 'data', data: 'JVBERi' },
            filename: 'a.pdf',
          },
        ],
      },
    },
    { output: { type: 'text', value: 'A door:' } },
    { output: { type: 'json', value: { n: 1 } } },
  ])
})

test("the provider's own id goes back, and each id is used once", async () => {
  const prompt = await prompted(
    assistant([call('x'), call('x_2', { providerToolCallId: 'x' })]),
    assistant([call('y_2', { providerToolCallId: 'y' })]),
  )
  const ids = prompt.map(({ content }) =>
    Array.isArray(content) ? content.map((part) => 'toolCallId' in part && part.toolCallId) : [],
  )
  expect(ids).toEqual([['x', 'x_2'], ['x', 'x_2'], ['y'], ['y']])
})

test('reasoning goes back to the model that wrote it, and not behind all else', async () => {
  const parts: MessagePart[] = [
    { type: 'reasoning', text: 'Hm.' },
    { type: 'text', text: 'Well.' },
    { type: 'reasoning', text: 'But' },
  ]
  const [own] = await prompted(assistant(parts, mock))
  expect(own?.content).toEqual([
    { type: 'reasoning', text: 'Hm.' },
    { type: 'text', text: 'Well.' },
  ])
  const [foreign] = await prompted(assistant(parts, 'another'))
  expect(foreign?.content).toEqual([{ type: 'text', text: 'Well.' }])
  expect(await prompted(assistant(parts.slice(0, 1), mock))).toEqual([])
})

test('a refusal is a text that is marked as one', async () => {
  const [message] = await prompted(assistant([{ type: 'refusal', text: 'No.' }], mock))
  expect(message?.content).toEqual([
    { type: 'text', text: 'No.', providerOptions: { toolwire: { refusal: true } } },
  ])
})

test('text, reasoning and usage are events, and a call has its pieces', async () => {
  const { events } = await decoded([
    { type: 'stream-start', warnings: [] },
    { type: 'response-metadata', id: 'r' },
    { type: 'reasoning-start', id: '0' },
    { type: 'reasoning-delta', id: '0', delta: 'Hm.' },
    { type: 'reasoning-end', id: '0' },
    ...textParts('0', 'Well.'),
    { type: 'ping' },
    { type: 'tool-input-start', id: 'c', toolName: 'look' },
    { type: 'tool-input-delta', id: 'c', delta: '{"a":' },
    { type: 'tool-input-delta', id: 'c', delta: '1}' },
    { type: 'tool-input-end', id: 'c' },
    { type: 'tool-call', toolCallId: 'c', toolName: 'look', input: '{"a":1}' },
    { type: 'source', sourceType: 'url', id: 's', url: 'https://example.com' },
    finish('tool-calls', 'tool_use'),
  ])
  const toolCallId = 'c'
  expect(events).toEqual([
    { type: 'reasoning-delta', text: 'Hm.' },
    { type: 'text-delta', text: 'Well.' },
    { type: 'tool-input-start', toolCallId, toolName: 'look' },
    { type: 'tool-input-delta', toolCallId, delta: '{"a":' },
    { type: 'tool-input-delta', toolCallId, delta: '1}' },
    { type: 'tool-input-end', toolCallId, toolName: 'look', inputText: '{"a":1}', input: { a: 1 } },
    {
      type: 'finish',
      reason: 'tool-calls',
      rawReason: 'tool_use',
      usage: {
        inputTokens: 9,
        outputTokens: 6,
        totalTokens: 15,
        reasoningTokens: 2,
        cachedInputTokens: 4,
      },
    },
  ])
})

test('a call that comes whole is a call, and its name is the one of the tool', async () => {
  const tools = [descriptor('page.edit')]
  const { tools: written } = await called({ tools })
  const toolName = written?.[0]?.name ?? ''
  const { calls } = await decoded(
    [{ type: 'tool-call', toolCallId: 'c', toolName, input: '{"a":1}' }, finish('tool-calls')],
    { tools },
  )
  expect(calls).toMatchObject([{ toolCallId: 'c', toolName: 'page.edit', input: { a: 1 } }])
})

test('calls without an id, or with the id of another, get one of their own', async () => {
  const whole = (toolCallId: string, input: string): Part => ({
    type: 'tool-call',
    toolCallId,
    toolName: 'look',
    input,
  })
  const { calls } = await decoded([
    whole('', '{"n":1}'),
    whole('', '{"n":2}'),
    whole('x', '{"n":3}'),
    { type: 'tool-input-start', id: 'x', toolName: 'look' },
    { type: 'tool-input-delta', id: 'x', delta: '{"n":4}' },
    whole('x', '{"n":4}'),
    finish('tool-calls'),
  ])
  expect(calls.map(({ input }) => input)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }])
  const ids = calls.map(({ toolCallId }) => toolCallId)
  expect(new Set(ids).size).toBe(4)
  expect(ids).not.toContain('')
  expect(ids[2]).toBe('x')
})

test('an input that is no JSON object is malformed, and one that stops is cut', async () => {
  const { calls, finish: end } = await decoded([
    { type: 'tool-call', toolCallId: '1', toolName: 'look', input: '[1]' },
    { type: 'tool-call', toolCallId: '2', toolName: 'look', input: 'look!' },
    { type: 'tool-call', toolCallId: '3', toolName: 'look', input: '{"a":"b' },
    finish('tool-calls'),
  ])
  expect(calls.map(({ problem }) => problem)).toEqual(['malformed', 'malformed', 'truncated'])
  expect(end.reason).toBe('length')
})

test('an empty input is a call without arguments, unless the answer was cut there', async () => {
  const empty = (input: string): Part[] => [
    { type: 'tool-input-start', id: 'c', toolName: 'look' },
    { type: 'tool-input-end', id: 'c' },
    { type: 'tool-call', toolCallId: 'c', toolName: 'look', input },
  ]
  for (const input of ['', '{}']) {
    const whole = await decoded([...empty(input), finish('tool-calls')])
    expect(whole.calls).toMatchObject([{ input: {} }])
    const cut = await decoded([...empty(input), finish('length')])
    expect(cut.calls).toMatchObject([{ problem: 'truncated' }])
    const followed = await decoded([...empty(input), ...textParts('0', 'And'), finish('length')])
    expect(followed.calls).toMatchObject([{ input: {} }])
  }
})

test('a call that was begun and never made was cut', async () => {
  const { calls, finish: end } = await decoded([
    { type: 'tool-input-start', id: 'c', toolName: 'look' },
    { type: 'tool-input-delta', id: 'c', delta: '{}' },
    { type: 'tool-input-end', id: 'c' },
    finish('stop'),
  ])
  expect(calls).toMatchObject([{ toolCallId: 'c', inputText: '{}', problem: 'truncated' }])
  expect(end.reason).toBe('length')
})

test('an input that a provider gives as a value is taken', async () => {
  const input: unknown = { a: 1 }
  const { calls } = await decoded([
    { type: 'tool-call', toolCallId: 'c', toolName: 'look', input: input as string },
    finish('tool-calls'),
  ])
  expect(calls).toMatchObject([{ inputText: '{"a":1}', input: { a: 1 } }])
})

test('the whole input counts over its pieces', async () => {
  const { calls } = await decoded([
    { type: 'tool-input-start', id: 'c', toolName: 'look' },
    { type: 'tool-input-delta', id: 'c', delta: '{"a":1' },
    { type: 'tool-call', toolCallId: 'c', toolName: 'look', input: '{"a":1,"b":2}' },
    finish('tool-calls'),
  ])
  expect(calls).toMatchObject([{ input: { a: 1, b: 2 } }])
})

const searched: Part[] = [
  {
    type: 'tool-call',
    toolCallId: 's1',
    toolName: 'search',
    input: '{"q":"door"}',
    providerExecuted: true,
  },
  {
    type: 'tool-result',
    toolCallId: 's1',
    toolName: 'search',
    result: { n: 0 },
    preliminary: true,
  },
  {
    type: 'tool-result',
    toolCallId: 's1',
    toolName: 'search',
    result: { hits: ['a'] },
    providerMetadata: { mock: { id: 'r1' } },
  },
]

test('what the provider runs itself is no call of ours, and goes back with its result', async () => {
  const unmarked: Part[] = [
    { type: 'tool-input-start', id: 's1', toolName: 'search' },
    { type: 'tool-input-delta', id: 's1', delta: '{"q":"door"}' },
    { type: 'tool-input-end', id: 's1' },
  ]
  const marked = unmarked.map((part) =>
    part.type === 'tool-input-start' ? { ...part, providerExecuted: true } : part,
  )
  for (const start of [[], unmarked, marked]) {
    const answer = await decoded([
      ...start,
      ...searched,
      ...textParts('0', 'A door.'),
      finish('stop'),
    ])
    expect(answer.calls).toEqual([])
    expect(answer.events.some(({ type }) => type.startsWith('tool-input'))).toBe(false)
    expect(answer.finish.reason).toBe('stop')
    const [own] = await prompted(messageOf(answer, mock), user('And?'))
    expect(own?.content).toEqual([
      {
        type: 'tool-call',
        toolCallId: 's1',
        toolName: 'search',
        input: { q: 'door' },
        providerExecuted: true,
      },
      {
        type: 'tool-result',
        toolCallId: 's1',
        toolName: 'search',
        output: { type: 'json', value: { hits: ['a'] } },
        providerOptions: { mock: { id: 'r1' } },
      },
      { type: 'text', text: 'A door.' },
    ])
    const [foreign] = await prompted(messageOf(answer, 'another'), user('And?'))
    expect(foreign?.content).toEqual([{ type: 'text', text: 'A door.' }])
  }
})

test("the provider's own results may be texts and errors", async () => {
  const result = (id: string, value: string, isError: boolean): Part => ({
    type: 'tool-result',
    toolCallId: id,
    toolName: 'search',
    result: value,
    isError,
  })
  const answer = await decoded([
    result('1', 'found', false),
    result('2', 'busy', true),
    finish('stop'),
  ])
  const [own] = await prompted(messageOf(answer, mock))
  expect(own?.content).toMatchObject([
    { output: { type: 'text', value: 'found' } },
    { output: { type: 'error-json', value: 'busy' } },
  ])
})

test('a call of the provider waits for its result in the last message only', async () => {
  const answer = await decoded([
    searched[0]!,
    ...textParts('0', 'Wait.'),
    finish('stop', 'pause_turn'),
  ])
  expect(answer.finish.paused).toBe(true)
  const waiting = messageOf(answer, mock)
  const [going] = await prompted(waiting)
  expect(going?.content).toHaveLength(2)
  const [stale] = await prompted(waiting, user('Hello?'))
  expect(stale?.content).toEqual([{ type: 'text', text: 'Wait.' }])
  const later = await decoded([searched[2]!, finish('stop')])
  const [answered] = await prompted(waiting, messageOf(later, mock), user('Hello?'))
  expect(answered?.content).toHaveLength(2)
})

test('a call under an unknown name is still a call, whole or cut', async () => {
  const { calls } = await decoded([
    { type: 'tool-input-start', id: '1', toolName: 'dance' },
    { type: 'tool-input-delta', id: '1', delta: '{"a":1}' },
    { type: 'tool-call', toolCallId: '1', toolName: 'dance', input: '{"a":1}' },
    { type: 'tool-input-start', id: '2', toolName: 'dance' },
    { type: 'tool-input-delta', id: '2', delta: '{"a' },
    finish('length'),
  ])
  expect(calls).toMatchObject([
    { toolCallId: '1', input: { a: 1 } },
    { toolCallId: '2', inputText: '{"a', problem: 'truncated' },
  ])
})

const signed = (signature: string) => ({ mock: { signature, nested: { z: 1, a: [null] } } })

test('signatures of texts, thoughts and calls go back byte for byte, and to that model only', async () => {
  const answer = await decoded([
    { type: 'reasoning-start', id: '0', providerMetadata: { mock: { signature: 'not yet' } } },
    { type: 'reasoning-delta', id: '0', delta: 'Hm, ' },
    { type: 'reasoning-delta', id: '0', delta: 'a door.' },
    { type: 'reasoning-delta', id: '0', delta: '', providerMetadata: signed('r+/=') },
    { type: 'reasoning-end', id: '0' },
    { type: 'reasoning-start', id: '1', providerMetadata: signed('hidden') },
    { type: 'reasoning-end', id: '1' },
    ...textParts('0', 'First. '),
    { type: 'text-start', id: '1', providerMetadata: signed('t') },
    { type: 'text-delta', id: '1', delta: 'Second.' },
    { type: 'text-end', id: '1' },
    {
      type: 'tool-call',
      toolCallId: 'c',
      toolName: 'look',
      input: '{}',
      providerMetadata: signed('c'),
    },
    finish('tool-calls'),
  ])
  expect(answer.states).toHaveLength(4)
  const message = messageOf(answer, mock)
  const content = [
    { type: 'reasoning', text: 'Hm, a door.', providerOptions: signed('r+/=') },
    { type: 'reasoning', text: '', providerOptions: signed('hidden') },
    { type: 'text', text: 'First. ' },
    { type: 'text', text: 'Second.', providerOptions: signed('t') },
    {
      type: 'tool-call',
      toolCallId: 'c',
      toolName: 'look',
      input: {},
      providerOptions: signed('c'),
    },
  ]
  const [own] = await prompted(message)
  expect(JSON.stringify(own?.content)).toBe(JSON.stringify(content))
  const [foreign] = await prompted({
    ...message,
    metadata: { model: 'ai-sdk:mock-provider/other' },
  })
  expect(JSON.stringify(foreign)).not.toContain('signature')
  expect(foreign?.content).toMatchObject([
    { type: 'text', text: 'First. Second.' },
    { type: 'tool-call', toolCallId: 'c' },
  ])
})

test('the state of a call finds it also under the id that it has in the conversation', async () => {
  const answer = await decoded([
    {
      type: 'tool-call',
      toolCallId: 'c',
      toolName: 'look',
      input: '{}',
      providerMetadata: signed('c'),
    },
    finish('tool-calls'),
  ])
  const { parts, ...message } = messageOf(answer, mock)
  const renamed = parts.map((part) =>
    part.type === 'tool' ? { ...part, toolCallId: 'c_2', providerToolCallId: 'c' } : part,
  )
  const [own] = await prompted({ ...message, parts: renamed })
  expect(own?.content).toMatchObject([{ toolCallId: 'c', providerOptions: signed('c') }])
})

test('blocks that come mixed go back each in one piece', async () => {
  const answer = await decoded([
    { type: 'reasoning-start', id: 'a' },
    { type: 'reasoning-delta', id: 'a', delta: 'Hm, ' },
    { type: 'text-start', id: 'a' },
    { type: 'text-delta', id: 'a', delta: 'One ' },
    { type: 'reasoning-delta', id: 'a', delta: 'well.' },
    { type: 'text-delta', id: 'a', delta: 'door.' },
    { type: 'reasoning-end', id: 'a', providerMetadata: signed('r') },
    { type: 'text-end', id: 'a', providerMetadata: signed('t') },
    finish('stop'),
  ])
  const [own] = await prompted(messageOf(answer, mock))
  expect(own?.content).toEqual([
    { type: 'reasoning', text: 'Hm, well.', providerOptions: signed('r') },
    { type: 'text', text: 'One door.', providerOptions: signed('t') },
  ])
})

test('a host that keeps no reasoning, or changes a text, has its way', async () => {
  const answer = await decoded([
    { type: 'reasoning-start', id: '0' },
    { type: 'reasoning-delta', id: '0', delta: 'Hm.' },
    { type: 'reasoning-end', id: '0', providerMetadata: signed('r') },
    ...textParts('0', 'My key is 123.', signed('t')),
    finish('stop'),
  ])
  const { parts, ...message } = messageOf(answer, mock)
  const edited = parts.flatMap((part): MessagePart[] => {
    if (part.type === 'reasoning') return []
    return [part.type === 'text' ? { ...part, text: 'My key is secret.' } : part]
  })
  const [own] = await prompted({ ...message, parts: edited })
  expect(own?.content).toEqual([
    { type: 'reasoning', text: 'Hm.', providerOptions: signed('r') },
    { type: 'text', text: 'My key is secret.' },
  ])
})

test('a host that keeps only the end of a text shows that', async () => {
  const answer = await decoded([
    ...textParts('0', 'My key is 123. Well.', signed('t')),
    finish('stop'),
  ])
  const { parts, ...message } = messageOf(answer, mock)
  const kept = parts.map((part) => (part.type === 'text' ? { ...part, text: ' Well.' } : part))
  const [own] = await prompted({ ...message, parts: kept })
  expect(own?.content).toEqual([{ type: 'text', text: ' Well.' }])
})

test('blocks may have the same id, one behind the other', async () => {
  const answer = await decoded([
    ...textParts('0', 'One.', signed('1')),
    ...textParts('0', 'Two.', signed('2')),
    ...textParts('0', 'Three.'),
    finish('stop'),
  ])
  const [own] = await prompted(messageOf(answer, mock))
  expect(own?.content).toEqual([
    { type: 'text', text: 'One.', providerOptions: signed('1') },
    { type: 'text', text: 'Two.', providerOptions: signed('2') },
    { type: 'text', text: 'Three.' },
  ])
})

test('a block that never ended has no signature yet', async () => {
  const { states } = await decoded([
    { type: 'reasoning-start', id: '0', providerMetadata: signed('half') },
    { type: 'reasoning-delta', id: '0', delta: 'Hm' },
  ])
  expect(states).toEqual([])
})

test('files and parts of the provider go back as they came', async () => {
  const answer = await decoded([
    {
      type: 'file',
      mediaType: 'image/png',
      data: { type: 'data', data: new Uint8Array([137, 80]) },
    },
    {
      type: 'reasoning-file',
      mediaType: 'image/png',
      data: { type: 'url', url: new URL('https://example.com/a.png') },
    },
    { type: 'custom', kind: 'mock.compaction', providerMetadata: signed('x') },
    ...textParts('0', 'There.'),
    finish('stop'),
  ])
  expect(JSON.parse(JSON.stringify(answer.states))).toEqual(answer.states)
  const [own] = await prompted(messageOf(answer, mock))
  expect(own?.content).toEqual([
    { type: 'file', mediaType: 'image/png', data: { type: 'data', data: 'iVA=' } },
    {
      type: 'reasoning-file',
      mediaType: 'image/png',
      data: { type: 'url', url: new URL('https://example.com/a.png') },
    },
    { type: 'custom', kind: 'mock.compaction', providerOptions: signed('x') },
    { type: 'text', text: 'There.' },
  ])
})

test('reasons to finish are what was decoded and what was cut', async () => {
  const reasonOf = async (...parts: Part[]): Promise<string> => (await decoded(parts)).finish.reason
  const made: Part = { type: 'tool-call', toolCallId: 'c', toolName: 'look', input: '{"a":1}' }
  expect(await reasonOf(finish('tool-calls'))).toBe('stop')
  expect(await reasonOf(made, finish('stop'))).toBe('tool-calls')
  expect(await reasonOf(made, finish('other'))).toBe('tool-calls')
  expect(await reasonOf(finish('other'))).toBe('other')
  expect(await reasonOf(made, finish('length'))).toBe('length')
  expect(await reasonOf(made, finish('content-filter'))).toBe('content-filter')
})

test.each<[string, readonly Part[], unknown, string, string]>([
  [
    'a stream that ends without finish',
    textParts('0', 'I'),
    undefined,
    'MODEL_PROTOCOL',
    'stopped',
  ],
  ['a finish without completion', [finish('interrupted')], undefined, 'MODEL_PROTOCOL', 'stopped'],
  [
    'a finish with an error',
    [finish('error', 'overloaded')],
    undefined,
    'MODEL_PROVIDER',
    'overloaded',
  ],
  [
    'a stream that breaks',
    textParts('0', 'I'),
    new TypeError('terminated'),
    'MODEL_NETWORK',
    'broke off',
  ],
  [
    'a provider that fails to read',
    [],
    new InvalidResponseDataError({ data: 1, message: 'No name.' }),
    'MODEL_PROTOCOL',
    'No name.',
  ],
  [
    'an error of the SDK',
    [{ type: 'error', error: new InvalidResponseDataError({ data: 1, message: 'Bad.' }) }],
    undefined,
    'MODEL_PROTOCOL',
    'Bad.',
  ],
  [
    'an error as JSON',
    [{ type: 'error', error: { message: 'Too hot', code: 'overheated' } }],
    undefined,
    'MODEL_PROVIDER',
    'Too hot',
  ],
  [
    'an error as text',
    [{ type: 'error', error: 'Too cold' }],
    undefined,
    'MODEL_PROVIDER',
    'Too cold',
  ],
  [
    'an error as an Error',
    [{ type: 'error', error: new Error('Too late') }],
    undefined,
    'MODEL_PROVIDER',
    'Too late',
  ],
  [
    'an error without words',
    [{ type: 'error', error: undefined }, finish('stop')],
    undefined,
    'MODEL_PROVIDER',
    'nothing',
  ],
])('%s is an error event and finish', async (_, parts, breaks, code, said) => {
  const { error, finish: end } = await decoded(parts, { breaks })
  expect(error).toMatchObject({ code })
  expect(error?.message).toContain(said)
  expect(end.reason).toBe('error')
})

test('an error tells whether the request may pass later, and what the provider calls it', async () => {
  const broken = await decoded(textParts('0', 'I'), { breaks: new TypeError('terminated') })
  expect(broken.error).toMatchObject({ retryable: true })
  const reported = { error: { message: 'No such tool', code: 'bad_tool' } }
  const { error } = await decoded([{ type: 'error', error: reported }])
  expect(error).toMatchObject({ retryable: false, providerCode: 'bad_tool' })
  expect(error?.message).toBe('The provider reports: No such tool')
})

test('of several errors the first counts, and what was said stays', async () => {
  const {
    text,
    error,
    finish: end,
  } = await decoded([
    ...textParts('0', 'I'),
    { type: 'error', error: 'first' },
    { type: 'error', error: 'second' },
    ...textParts('1', ' go on'),
    finish('stop', 'stop'),
  ])
  expect(text).toBe('I go on')
  expect(error?.message).toContain('first')
  expect(end).toMatchObject({ reason: 'error', rawReason: 'stop', usage: { inputTokens: 9 } })
})

test('a call of an answer that broke has no input, though its text may look whole', async () => {
  const whole: Part = { type: 'tool-call', toolCallId: 'c', toolName: 'look', input: '{"a":1}' }
  const { calls } = await decoded([whole], { breaks: new TypeError('terminated') })
  expect(calls).toMatchObject([{ inputText: '{"a":1}', problem: 'truncated' }])
  const empty = { ...whole, input: '{}' } as Part
  const failed = await decoded([empty, { type: 'error', error: 'x' }, finish('stop')])
  expect(failed.calls).toMatchObject([{ problem: 'truncated' }])
})

test('a part that is not of the protocol is a failure, never a throw', async () => {
  const wrong: unknown = { type: 'finish' }
  const { error } = await decoded([wrong as Part])
  expect(error).toBeDefined()
})

test.each(['look', 'dance'])(
  'more calls of "%s" than any model makes are a failure, never a throw',
  async (toolName) => {
    const starts = Array.from({ length: 300 }, (_, at): Part => ({
      type: 'tool-input-start',
      id: `${at}`,
      toolName,
    }))
    const { error, calls } = await decoded([...starts, finish('stop')])
    expect(error).toMatchObject({ code: 'MODEL_PROTOCOL' })
    expect(calls.length).toBeLessThan(300)
  },
)

test('a finish is the end, also of a stream that stays open', async () => {
  const world = virtualClock()
  let cancelled = false
  const stream = new ReadableStream<Part>({
    start: (controller) => controller.enqueue(finish('stop')),
    cancel: () => {
      cancelled = true
    },
  })
  const model = new MockLanguageModelV4({ doStream: async () => ({ stream }) })
  const { finish: end } = await ask(fromLanguageModel(model, { world }))
  expect(end.reason).toBe('stop')
  await world.advance(1_000)
  expect(cancelled).toBe(true)
  expect(world.pendingTimers).toBe(0)
})

test('leaving the answer cancels its stream', async () => {
  let cancelled = false
  const stream = new ReadableStream<Part>({
    start: (controller) => textParts('0', 'I').forEach((part) => controller.enqueue(part)),
    cancel: () => {
      cancelled = true
    },
  })
  const model = new MockLanguageModelV4({ doStream: async () => ({ stream }) })
  for await (const _ of fromLanguageModel(model, options).stream({ messages: [] })) break
  expect(cancelled).toBe(true)
})

test.each(['before the answer', 'within it'])(
  'an abort %s throws at once, though the provider does not listen',
  async (when) => {
    const controller = new AbortController()
    let cancelled = false
    const stream = new ReadableStream<Part>({
      start: (out) => textParts('0', 'I').forEach((part) => out.enqueue(part)),
      cancel: () => {
        cancelled = true
      },
    })
    const model = new MockLanguageModelV4({
      doStream: () =>
        when === 'within it' ? Promise.resolve({ stream }) : new Promise(() => controller.abort()),
    })
    const { signal } = controller
    const answer = async (): Promise<void> => {
      for await (const _ of fromLanguageModel(model, options).stream({ messages: [], signal }))
        controller.abort()
    }
    await expect(answer()).rejects.toMatchObject({ code: 'ABORTED' })
    expect(cancelled).toBe(when === 'within it')
  },
)

interface Refusal {
  readonly statusCode?: number
  readonly isRetryable?: boolean
  readonly responseHeaders?: Record<string, string>
  readonly responseBody?: string
}

async function refused(refusal: Refusal, attempts = 1): Promise<{ answer: Answer; asked: number }> {
  const world = virtualClock()
  const model = new MockLanguageModelV4({
    doStream: () => Promise.reject(Object.assign(new Error('Refused.'), refusal)),
  })
  const asking = ask(fromLanguageModel(model, { world, retry: { attempts } }))
  await world.advance(60_000)
  return { answer: await asking, asked: model.doStreamCalls.length }
}

test('a refused request is an error with status, code and hint', async () => {
  const { answer, asked } = await refused(
    {
      statusCode: 401,
      isRetryable: false,
      responseBody: '{"error":{"message":"Bad key","code":"invalid_api_key"}}',
    },
    3,
  )
  expect(asked).toBe(1)
  expect(answer.events.map(({ type }) => type)).toEqual(['error', 'finish'])
  expect(answer.error).toMatchObject({
    code: 'MODEL_REQUEST',
    status: 401,
    retryable: false,
    providerCode: 'invalid_api_key',
    message: 'The model server answered 401: Refused.',
  })
  expect(answer.error?.hint).toContain('apiKey')
})

test('a request that may pass is sent again, and then is an error that may pass', async () => {
  const busy = await refused({ statusCode: 503, isRetryable: true }, 3)
  expect(busy.asked).toBe(3)
  expect(busy.answer.error).toMatchObject({ code: 'MODEL_REQUEST', retryable: true })
  const away = await refused({ isRetryable: true }, 2)
  expect(away.asked).toBe(2)
  expect(away.answer.error).toMatchObject({ code: 'MODEL_NETWORK', retryable: true })
})

test('what the provider itself refuses is not sent again', async () => {
  const { answer, asked } = await refused({}, 3)
  expect(asked).toBe(1)
  expect(answer.error).toMatchObject({ code: 'MODEL_REQUEST', retryable: false })
})

test('warnings are told to whoever wants them', async () => {
  const warnings: unknown[] = []
  const model = new MockLanguageModelV4({
    doStream: async () => ({
      stream: streamOf<Part>([
        { type: 'stream-start', warnings: [{ type: 'unsupported', feature: 'topK' }] },
        { type: 'tool-approval-request', approvalId: 'a', toolCallId: 's1' },
        finish('stop'),
      ]),
    }),
  })
  await ask(fromLanguageModel(model, { onWarning: (warning) => warnings.push(warning) }))
  expect(warnings).toMatchObject([
    { type: 'unsupported', feature: 'topK' },
    { type: 'unsupported', feature: 'approval of what the provider runs' },
  ])
})

const history: readonly Message[] = [
  user(
    'Look',
    { type: 'file', mediaType: 'image/png', url: 'data:image/png;base64,iVBORw0K' },
    {
      type: 'file',
      mediaType: 'image/png',
      url: 'https://example.com/a.png',
    },
  ),
  assistant([
    call('1', { modelOutput: seen }),
    call('2', { state: 'denied', output: undefined, errorText: 'Not now.' }),
    call('3', { state: 'denied', output: undefined }),
  ]),
]

test('a model of version 3 is spoken to in its own terms', async () => {
  const parts: LanguageModelV3StreamPart[] = [
    { type: 'file', mediaType: 'image/png', data: 'iVBORw0K' },
    { type: 'text-start', id: '0' },
    { type: 'text-delta', id: '0', delta: 'Hi.' },
    { type: 'text-end', id: '0' },
    { type: 'finish', finishReason: { unified: 'stop', raw: 'end' }, usage },
  ]
  const model = new MockLanguageModelV3({ doStream: async () => ({ stream: streamOf(parts) }) })
  const answer = await ask(fromLanguageModel(model, options), { messages: history })
  expect(answer).toMatchObject({ text: 'Hi.', finish: { reason: 'stop', rawReason: 'end' } })
  expect(answer.states).toMatchObject([
    { state: { type: 'file', data: { type: 'data', data: 'iVBORw0K' } } },
  ])
  const { prompt } = model.doStreamCalls[0] as LanguageModelV3CallOptions
  expect(prompt[0]?.content.slice(1)).toMatchObject([
    { type: 'file', data: 'iVBORw0K' },
    { type: 'file', data: new URL('https://example.com/a.png') },
  ])
  expect(prompt[2]?.content).toMatchObject([
    {
      output: {
        value: [
          { type: 'text' },
          { type: 'text' },
          { type: 'image-data', data: 'iVBORw', mediaType: 'image/png' },
          { type: 'file-data', data: 'JVBERi', mediaType: 'application/pdf', filename: 'a.pdf' },
        ],
      },
    },
    { output: { type: 'execution-denied', reason: 'Not now.' } },
    { output: { type: 'execution-denied' } },
  ])
})

test('a model of version 2 is spoken to in its own terms', async () => {
  const parts: LanguageModelV2StreamPart[] = [
    {
      type: 'stream-start',
      warnings: [
        { type: 'unsupported-setting', setting: 'topK', details: 'No.' },
        { type: 'unsupported-tool', tool: { type: 'function', name: 'look', inputSchema: {} } },
        { type: 'other', message: 'Old.' },
      ],
    },
    { type: 'tool-call', toolCallId: 'c', toolName: 'look', input: '{"a":1}' },
    {
      type: 'finish',
      finishReason: 'tool-calls',
      usage: { inputTokens: 3, outputTokens: 2, totalTokens: 6, cachedInputTokens: 1 },
    },
  ]
  const calls: LanguageModelV2CallOptions[] = []
  const model: LanguageModelV2 = {
    specificationVersion: 'v2',
    provider: 'old',
    modelId: 'm',
    supportedUrls: {},
    doGenerate: () => Promise.reject(new Error('not asked for')),
    doStream: async (asked) => {
      calls.push(asked)
      return { stream: streamOf(parts) }
    },
  }
  const warnings: unknown[] = []
  const bridge = fromLanguageModel(model, {
    ...options,
    onWarning: (warning) => warnings.push(warning),
  })
  const answer = await ask(bridge, { messages: history, tools: [look] })
  expect(warnings).toEqual([
    { type: 'unsupported', feature: 'topK', details: 'No.' },
    { type: 'unsupported', feature: 'tool "look"' },
    { type: 'other', message: 'Old.' },
  ])
  expect(answer.calls).toMatchObject([{ toolCallId: 'c', input: { a: 1 } }])
  expect(answer.finish).toEqual({
    type: 'finish',
    reason: 'tool-calls',
    rawReason: null,
    usage: { inputTokens: 3, outputTokens: 2, totalTokens: 6, cachedInputTokens: 1 },
  })
  const prompt = calls[0]?.prompt
  expect(prompt?.[2]?.content).toMatchObject([
    {
      output: {
        value: [
          { type: 'text' },
          { type: 'text' },
          { type: 'media', data: 'iVBORw', mediaType: 'image/png' },
          { type: 'media', data: 'JVBERi', mediaType: 'application/pdf' },
        ],
      },
    },
    { output: { type: 'error-text', value: 'Not now.' } },
    { output: { type: 'error-text', value: 'The call was denied.' } },
  ])
  const unknown = streamOf<LanguageModelV2StreamPart>([
    {
      type: 'finish',
      finishReason: 'unknown',
      usage: { inputTokens: 1, outputTokens: undefined, totalTokens: undefined },
    },
  ])
  const quiet = { ...model, doStream: async () => ({ stream: unknown }) }
  const { finish: end } = await ask(fromLanguageModel(quiet, options))
  expect(end).toMatchObject({ reason: 'other', rawReason: null })
  expect(end.usage).toEqual({ inputTokens: 1 })
})
