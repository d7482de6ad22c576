import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type OllamaOptions, ollama } from '../../src/models/ollama.ts'
import type { ModelRequest } from '../../src/ports/index.ts'
import type { ToolPart } from '../../src/protocol/index.ts'
import { type Answer, ask, split, violations } from './answer.ts'
import { bytesOf, expectRecorded, recordedStreams } from './recorded-streams.ts'
import { type Sent, assistant, call, descriptor, messageOf, sentBy, user } from './wire-history.ts'

function decodeBytes(bytes: ReadableStream<Uint8Array> | string): Promise<Answer> {
  return ask(ollama({ model: 'm', fetch: async () => new Response(bytes) }))
}

async function decode(...lines: readonly unknown[]): Promise<Answer> {
  const answer = await decodeBytes(lines.map((each) => `${JSON.stringify(each)}\n`).join(''))
  expect(violations(answer)).toEqual([])
  return answer
}

function line(message: object, more = {}): unknown {
  return {
    model: 'm',
    message: { role: 'assistant', content: '', ...message },
    done: false,
    ...more,
  }
}

function toolCall(name: string, input: unknown, more = {}): unknown {
  return { function: { name, arguments: input }, ...more }
}

const done = line({}, { done: true, done_reason: 'stop' })

const streams = recordedStreams('ollama')

describe.skipIf(streams.length === 0)(
  'recorded streams (skipped where ../shared/fixtures is absent)',
  () => {
    test.each(streams)('$id decodes to its expected result at any byte split', async (stream) => {
      for (const seed of [1, 2, 3, 4, 5])
        expectRecorded(await decodeBytes(split(bytesOf(stream), seed)), stream, (usage) => ({
          inputTokens: usage['prompt_eval_count'] as number,
          outputTokens: usage['eval_count'] as number,
        }))
    })
  },
)

test('calls come whole, in one line or several, whatever their index and id', async () => {
  const answer = await decode(
    line({
      content: 'Look. ',
      tool_calls: [toolCall('a', { n: 1 }, { id: 'c1' }), toolCall('a', {})],
    }),
    line({ tool_calls: [{ function: { index: 0, name: 'b', arguments: { n: 2 } } }] }),
    line({ content: 'Done.', tool_calls: [toolCall('b', { n: 3 }, { id: 'c1' })] }),
    done,
  )
  expect(answer.calls.map(({ toolName, input }) => [toolName, input])).toEqual([
    ['a', { n: 1 }],
    ['a', {}],
    ['b', { n: 2 }],
    ['b', { n: 3 }],
  ])
  expect(answer.calls[0]?.toolCallId).toBe('c1')
  expect(answer.text).toBe('Look. Done.')
  expect(answer.finish).toMatchObject({ reason: 'tool-calls', rawReason: 'stop' })
})

test('thoughts are reasoning, and go back with their message', async () => {
  const answer = await decode(
    line({ thinking: 'Hm' }),
    line({ thinking: ', yes' }),
    line({ tool_calls: [toolCall('look', { at: 1 }, { id: 'c1' })] }),
    done,
  )
  expect(answer.reasoning).toBe('Hm, yes')
  const message = messageOf(answer, 'ollama:m')
  const own = await sent({ messages: [message] })
  expect(own.messages[0]).toMatchObject({ role: 'assistant', thinking: 'Hm, yes' })
  const other = await sent({ messages: [message] }, { model: 'other' })
  expect(other.messages[0]).not.toHaveProperty('thinking')
})

test.each([
  [{ done_reason: 'stop' }, 'stop', 'stop'],
  [{ done_reason: 'length' }, 'length', 'length'],
  [{ done_reason: 'load' }, 'other', 'load'],
  [{}, 'stop', null],
])('an end with %j is %s', async (more, reason, rawReason) => {
  const answer = await decode(line({ content: 'a' }, { done: true, ...more, eval_count: 3 }))
  expect(answer.finish).toEqual({
    type: 'finish',
    reason,
    rawReason,
    usage: { outputTokens: 3 },
  })
})

test('at the limit, a last call without arguments is cut', async () => {
  const end = line({}, { done: true, done_reason: 'length' })
  const answer = await decode(
    line({ tool_calls: [toolCall('a', { n: 1 }), toolCall('b', {})] }),
    end,
  )
  expect(answer.calls.map(({ problem }) => problem)).toEqual([undefined, 'truncated'])
  expect(answer.finish.reason).toBe('length')
})

test('a line may be an error, and calls before it do not run', async () => {
  const answer = await decode(line({ tool_calls: [toolCall('a', { n: 1 })] }), {
    error: 'an error was encountered while running the model: unexpected EOF',
  })
  expect(answer.error).toMatchObject({ code: 'MODEL_PROVIDER', retryable: true })
  expect(answer.error?.message).toContain('unexpected EOF')
  expect(answer.calls[0]?.problem).toBe('truncated')
})

test('a stream without its last line is an error, and so is a line that cannot be read', async () => {
  const open = line({ tool_calls: [toolCall('a', { n: 1 })] })
  const cut = await decode(open)
  expect(cut.error?.message).toContain('stopped before')
  expect(cut.calls[0]?.problem).toBe('truncated')
  const half = await decodeBytes(JSON.stringify(done).slice(0, -5))
  expect(half.error?.code).toBe('MODEL_PROTOCOL')
  const garbled = await decodeBytes(`${JSON.stringify(open)}\nnot JSON\n${JSON.stringify(done)}\n`)
  expect(garbled.error?.message).toContain('not JSON')
  expect(garbled.calls[0]?.input).toEqual({ n: 1 })
})

test('a line longer than any model writes is a protocol error', async () => {
  const encoder = new TextEncoder()
  let pulled = 0
  const body = new ReadableStream<Uint8Array>({
    pull: (stream) =>
      stream.enqueue(encoder.encode(pulled++ ? ' '.repeat(2 ** 20) : '{"message":')),
  })
  const answer = await decodeBytes(body)
  expect(answer.error).toMatchObject({ code: 'MODEL_PROTOCOL' })
  expect(pulled).toBeLessThan(25)
})

test.each([
  ['', 'no event'],
  ['hello', 'no event'],
  ['{"status":"ok"}', 'no event'],
  ['<html>404</html>', '404'],
])('a 200 with %j is an error that says so', async (body, words) => {
  const answer = await decodeBytes(body)
  expect(answer.error).toMatchObject({ code: 'MODEL_PROTOCOL' })
  expect(answer.error?.message).toContain(words)
})

test('lines come out as they went in, at any byte split and with any white space', async () => {
  const chunk = fc.record({
    content: fc.string({ unit: 'binary' }),
    x: fc.jsonValue({ maxDepth: 2 }),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(chunk, { maxLength: 6 }),
      fc.constantFrom('\n', '\r\n', '\n\n', ''),
      fc.constantFrom(0, 2),
      fc.nat(),
      async (chunks, between, indent, seed) => {
        const lines = [
          ...chunks.map(({ content }) => line({ content })),
          ...chunks.map(({ x }) => line({ tool_calls: [toolCall('a', { x })] })),
          done,
        ]
        const text = lines.map((each) => JSON.stringify(each, null, indent)).join(between)
        const answer = await decodeBytes(split(new TextEncoder().encode(text), seed))
        expect(violations(answer)).toEqual([])
        expect(answer.text).toBe(chunks.map(({ content }) => content).join(''))
        expect(answer.calls.map(({ inputText }) => inputText)).toEqual(
          chunks.map(({ x }) => JSON.stringify({ x })),
        )
      },
    ),
    { numRuns: 200 },
  )
})

async function sent(request: Partial<ModelRequest>, options: Partial<OllamaOptions> = {}) {
  const all = await sentBy((fetch) => ollama({ model: 'm', fetch, ...options }), request)
  return { ...all, messages: all.body['messages'] as Sent[] }
}

test('a request is a POST of a streaming chat', async () => {
  const { url, headers, body } = await sent(
    {
      system: 'Be brief.',
      messages: [user('Hi', 'there')],
      temperature: 0,
      maxOutputTokens: 9,
      providerOptions: { think: false, options: { num_ctx: 8 } },
    },
    { apiKey: 'k-1' },
  )
  expect(url).toBe('http://127.0.0.1:11434/api/chat')
  expect(headers.get('authorization')).toBe('Bearer k-1')
  expect(body).toEqual({
    model: 'm',
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi\nthere' },
    ],
    stream: true,
    options: { temperature: 0, num_predict: 9, num_ctx: 8 },
    think: false,
  })
})

test('tools are written with an object schema; without a choice on the wire, tools are left out instead', async () => {
  const tools = [descriptor('look'), descriptor('page/edit', { required: ['at'] })]
  const { body } = await sent({ tools, toolChoice: 'required' })
  expect(body['tools']).toEqual([
    {
      type: 'function',
      function: {
        name: 'look',
        description: 'About look',
        parameters: { type: 'object', properties: {} },
      },
    },
    {
      type: 'function',
      function: {
        name: expect.stringMatching(/^page_edit_\w+$/),
        description: 'About page/edit',
        parameters: { type: 'object', properties: {}, required: ['at'] },
      },
    },
  ])
  expect((await sent({ tools, toolChoice: 'none' })).body).not.toHaveProperty('tools')
  const named = await sent({ tools, toolChoice: { toolName: 'look' } })
  expect(named.body['tools']).toHaveLength(1)
})

test('every call is followed by one result, in the order of the calls, whatever its state', async () => {
  const states: ToolPart['state'][] = ['executing', 'output-available', 'denied', 'input-invalid']
  const parts = states.map((state) => call(state, { state, errorText: 'as it happened' }))
  const { messages } = await sent({
    messages: [
      user('Go'),
      assistant([
        { type: 'text', text: 'One.' },
        ...parts,
        call('own', { providerToolCallId: 'p' }),
      ]),
      assistant([]),
      assistant([{ type: 'text', text: 'Done.' }]),
    ],
  })
  expect(messages.map(({ role }) => role)).toEqual([
    'user',
    'assistant',
    'tool',
    'tool',
    'tool',
    'tool',
    'tool',
    'assistant',
  ])
  expect(messages[1]?.['content']).toBe('One.')
  expect(messages[1]?.['tool_calls']).toEqual(
    [...states, 'p'].map((id) => ({ id, function: { name: 'look', arguments: { at: 1 } } })),
  )
  expect(messages.slice(2, -1)).toEqual([
    result('executing', 'No result: the call has not finished (executing).'),
    result('output-available', 'seen'),
    result('denied', 'Error: as it happened'),
    result('input-invalid', 'Error: as it happened'),
    result('p', 'seen'),
  ])
})

function result(id: string, content: string): unknown {
  return { role: 'tool', tool_name: 'look', tool_call_id: id, content }
}

test('images stand beside the text of a user; what is not an image, or not data, is named', async () => {
  const image = { type: 'image', mediaType: 'image/png', data: 'QUJD' } as const
  const pdf = { type: 'file', mediaType: 'application/pdf', data: 'REVG' } as const
  const { messages } = await sent({
    messages: [
      user(
        'See:',
        { type: 'file', mediaType: 'image/png', url: 'data:image/png;base64,AA==' },
        { type: 'file', mediaType: 'image/png', url: 'https://host.test/a.png' },
        { type: 'file', mediaType: 'application/pdf', url: 'data:application/pdf;base64,AA==' },
      ),
      assistant([
        call('a', { modelOutput: [{ type: 'text', text: 'Shot:' }, image] }),
        call('b', { modelOutput: [{ type: 'json', value: [1] }, image, pdf] }),
      ]),
      user(''),
    ],
  })
  expect(messages[0]).toEqual({
    role: 'user',
    content: [
      'See:',
      '[image 1]',
      '[image/png left out: this model server takes only images, and as data]',
      '[application/pdf left out: this model server takes only images, and as data]',
    ].join('\n'),
    images: ['AA=='],
  })
  expect(messages[2]).toMatchObject({ role: 'tool', content: 'Shot:\n[image 1]' })
  expect(messages[3]?.['content']).toMatch(/^\[1\]\n\[image 2\]\n\[application\/pdf left out/)
  expect(messages.slice(4)).toEqual([
    {
      role: 'user',
      content: 'The images of the tool results above:',
      images: ['QUJD', 'QUJD'],
    },
    { role: 'user', content: '[empty message]' },
  ])
})

test.each<[Partial<OllamaOptions>, string]>([
  [{ model: '' }, 'model'],
  [{ baseURL: 'localhost' }, 'baseURL'],
])('the options %j are refused by name', (options, named) => {
  expect(() => ollama({ model: 'm', ...options })).toThrow(
    expect.objectContaining({
      code: 'INVALID_OPTIONS',
      message: expect.stringContaining(`ollama: "${named}"`),
    }),
  )
})

test('a model names itself and its format', () => {
  const { id, format } = ollama({ model: 'qwen3:4b' })
  expect([id, format]).toEqual(['ollama:qwen3:4b', 'ollama'])
})
