import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CohereOptions, cohere } from '../../src/models/cohere.ts'
import type { ModelRequest } from '../../src/ports/index.ts'
import type { ToolPart, Usage } from '../../src/protocol/index.ts'
import { type Answer, ask, split, sse, violations } from './answer.ts'
import { bytesOf, expectRecorded, recordedStreams } from './recorded-streams.ts'
import { type Sent, assistant, call, descriptor, messageOf, sentBy, user } from './wire-history.ts'

function decodeBytes(bytes: ReadableStream<Uint8Array> | string): Promise<Answer> {
  return ask(cohere({ model: 'm', fetch: async () => new Response(bytes) }))
}

async function decode(...events: readonly unknown[]): Promise<Answer> {
  const answer = await decodeBytes(events.map(sse).join(''))
  expect(violations(answer)).toEqual([])
  return answer
}

function event(type: string, message: object, index?: number): unknown {
  return { type, ...(index !== undefined && { index }), delta: { message } }
}

function content(part: object): unknown {
  return event('content-delta', { content: part }, 0)
}

function start(index: number, id: string, name: string, input = ''): unknown {
  const tool_calls = { id, type: 'function', function: { name, arguments: input } }
  return event('tool-call-start', { tool_calls }, index)
}

function piece(index: number, input: string): unknown {
  return event('tool-call-delta', { tool_calls: { function: { arguments: input } } }, index)
}

function end(finish_reason: string, more = {}): unknown {
  return { type: 'message-end', delta: { finish_reason, ...more } }
}

function results({ calls }: Answer): readonly unknown[] {
  return calls.map(({ toolCallId, toolName, input, problem }) => [
    toolCallId,
    toolName,
    input ?? problem,
  ])
}

const streams = recordedStreams('cohere-v2')

describe.skipIf(streams.length === 0)(
  'recorded streams (skipped where ../shared/fixtures is absent)',
  () => {
    test.each(streams)('$id decodes to its expected result at any byte split', async (stream) => {
      for (const seed of [1, 2, 3, 4, 5])
        expectRecorded(await decodeBytes(split(bytesOf(stream), seed)), stream, neutral)
    })

    test.each(streams)('$id goes back with its thoughts byte for byte', async (stream) => {
      const answer = await decodeBytes(split(bytesOf(stream), 6))
      const { messages } = await sent({ messages: [messageOf(answer, 'cohere-v2:m')] })
      const { tool_plan: plan, content: parts } = messages[0] as {
        tool_plan?: string
        content?: { thinking?: string }[]
      }
      expect(plan ?? parts?.[0]?.thinking).toBe(stream.expected.reasoning)
    })
  },
)

function neutral(usage: Record<string, unknown>): Usage {
  const tokens = usage['tokens'] as Record<string, number>
  const counts = {
    inputTokens: tokens['input_tokens'],
    outputTokens: tokens['output_tokens'],
    reasoningTokens: tokens['reasoning_tokens'],
    cachedInputTokens: usage['cached_tokens'],
  }
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== undefined))
}

test('a plan and thoughts are reasoning; calls stream by their index', async () => {
  const answer = await decode(
    event('message-start', { role: 'assistant', content: [], tool_plan: '', tool_calls: [] }),
    event('content-start', { content: { type: 'thinking', thinking: '' } }, 0),
    content({ thinking: 'Hm. ' }),
    event('content-end', {}, 0),
    event('tool-plan-delta', { tool_plan: 'I look.' }),
    start(0, 'a1', 'look'),
    start(1, 'b1', 'rest', '{"for'),
    piece(0, '{"at":'),
    piece(1, '":2}'),
    piece(0, '1}'),
    { type: 'tool-call-end', index: 0 },
    { type: 'tool-call-end', index: 1 },
    { type: 'something-new', delta: { message: {} } },
    end('TOOL_CALL', { usage: { billed_units: { input_tokens: 3, output_tokens: 4 } } }),
    '[DONE]',
  )
  expect(answer.reasoning).toBe('Hm. I look.')
  expect(answer.text).toBe('')
  expect(results(answer)).toEqual([
    ['a1', 'look', { at: 1 }],
    ['b1', 'rest', { for: 2 }],
  ])
  expect(answer.finish).toMatchObject({
    reason: 'tool-calls',
    rawReason: 'TOOL_CALL',
    usage: { inputTokens: 3, outputTokens: 4 },
  })
})

test('a tool without arguments has no text, which is {} at the end and cut at the limit', async () => {
  const whole = await decode(
    start(0, 'a1', 'rest'),
    { type: 'tool-call-end', index: 0 },
    end('TOOL_CALL'),
  )
  expect(results(whole)).toEqual([['a1', 'rest', {}]])
  const cut = await decode(start(0, 'a1', 'rest'), end('MAX_TOKENS'))
  expect(results(cut)).toEqual([['a1', 'rest', 'truncated']])
  expect(cut.finish.reason).toBe('length')
  const half = await decode(start(0, 'a1', 'rest'), piece(0, '{"for":"lo'), end('MAX_TOKENS'))
  expect(half.calls[0]).toMatchObject({ inputText: '{"for":"lo', problem: 'truncated' })
})

test('a call that the server cut, and calls whole, is cut', async () => {
  const answer = await decode(start(0, 'a1', 'look'), piece(0, '{"at":'), end('TOOL_CALL'))
  expect(results(answer)).toEqual([['a1', 'look', 'truncated']])
  expect(answer.finish.reason).toBe('length')
})

test('a call at an index that was used is another call', async () => {
  const answer = await decode(
    start(0, 'a1', 'look', '{"at":1}'),
    start(0, 'a2', 'look'),
    piece(0, '{"at":2}'),
    end('TOOL_CALL'),
  )
  expect(results(answer)).toEqual([
    ['a1', 'look', { at: 1 }],
    ['a2', 'look', { at: 2 }],
  ])
})

test.each([
  ['COMPLETE', 'stop'],
  ['STOP_SEQUENCE', 'stop'],
  ['MAX_TOKENS', 'length'],
  ['ERROR_TOXIC', 'content-filter'],
  ['TOOL_CALL', 'stop'],
  ['SOMETHING_NEW', 'other'],
])('the reason %s without calls is %s', async (reason, neutralReason) => {
  const answer = await decode(content({ text: 'Hi' }), end(reason))
  expect(answer.text).toBe('Hi')
  expect(answer.finish).toMatchObject({ reason: neutralReason, rawReason: reason })
})

test.each([
  [end('ERROR', { error: 'GPU is gone' }), 'GPU is gone'],
  [end('TIMEOUT'), 'TIMEOUT'],
  [{ error: { message: 'Overloaded' } }, 'Overloaded'],
  [{ type: 'error', message: 'Broken' }, 'Broken'],
])('%j is an error, and half a call before it is cut', async (last, words) => {
  const answer = await decode(start(0, 'a1', 'look'), piece(0, '{"at'), last)
  expect(answer.error).toMatchObject({ code: 'MODEL_PROVIDER' })
  expect(answer.error?.message).toContain(words)
  expect(answer.calls[0]?.problem).toBe('truncated')
  expect(answer.finish.reason).toBe('error')
})

test('an answer without message-end is an error, also behind [DONE]', async () => {
  const answer = await decode(start(0, 'a1', 'look', '{"at":1}'), '[DONE]')
  expect(answer.error).toMatchObject({ code: 'MODEL_PROTOCOL' })
  expect(results(answer)).toEqual([['a1', 'look', 'truncated']])
})

test('a whole answer may come instead of a stream', async () => {
  const body = {
    id: 'x',
    finish_reason: 'TOOL_CALL',
    message: {
      role: 'assistant',
      tool_plan: 'I look.',
      content: [
        { type: 'thinking', thinking: ' Hm.' },
        { type: 'text', text: 'One moment.' },
      ],
      tool_calls: [
        { id: 'a1', type: 'function', function: { name: 'look', arguments: '{"at":1}' } },
        { id: 'a2', type: 'function', function: { name: 'look', arguments: '{"at":2}' } },
      ],
    },
    usage: { tokens: { input_tokens: 1, output_tokens: 2 } },
  }
  const answer = await decodeBytes(JSON.stringify(body, null, 1))
  expect(violations(answer)).toEqual([])
  expect([answer.text, answer.reasoning]).toEqual(['One moment.', 'I look. Hm.'])
  expect(results(answer)).toEqual([
    ['a1', 'look', { at: 1 }],
    ['a2', 'look', { at: 2 }],
  ])
  expect(answer.finish).toMatchObject({ reason: 'tool-calls', usage: { outputTokens: 2 } })
})

test.each([
  ['{"message":"no such model"}', 'MODEL_PROVIDER', 'no such model'],
  ['{"status":"ok"}', 'MODEL_PROTOCOL', 'status'],
  ['<html>404</html>', 'MODEL_PROTOCOL', '404'],
  ['', 'MODEL_PROTOCOL', 'no event'],
])('a 200 with %j is an error that says so', async (body, code, words) => {
  const answer = await decodeBytes(body)
  expect(answer.error).toMatchObject({ code })
  expect(answer.error?.message).toContain(words)
})

test('damaged answers never break the promises of a model', async () => {
  const text = [
    event('tool-plan-delta', { tool_plan: 'I look.' }),
    start(0, 'a1', 'look'),
    piece(0, '{"at":"ü"}'),
    start(1, 'a2', 'look', '{}'),
    content({ text: 'Hi' }),
    end('TOOL_CALL'),
  ]
  const whole = new TextEncoder().encode(text.map(sse).join(''))
  const damage = fc.record({
    where: fc.nat(),
    byte: fc.integer({ min: 0, max: 255 }),
    drop: fc.nat(9),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 6 }), async (damages) => {
      const bytes = [...whole]
      for (const { where, byte, drop } of damages) bytes.splice(where % bytes.length, drop, byte)
      const answer = await decodeBytes(split(Uint8Array.from(bytes), damages.length))
      expect(violations(answer)).toEqual([])
    }),
    { numRuns: 300 },
  )
})

async function sent(request: Partial<ModelRequest>, options: Partial<CohereOptions> = {}) {
  const all = await sentBy((fetch) => cohere({ model: 'm', fetch, ...options }), request)
  return { ...all, messages: all.body['messages'] as Sent[] }
}

test('a request is a POST of a streaming chat with the key', async () => {
  const { url, headers, body } = await sent(
    {
      system: 'Be brief.',
      messages: [user('Hi')],
      temperature: 0,
      maxOutputTokens: 9,
      providerOptions: { seed: 4 },
    },
    { apiKey: 'k-1' },
  )
  expect(url).toBe('https://api.cohere.com/v2/chat')
  expect(headers.get('authorization')).toBe('Bearer k-1')
  expect(body).toEqual({
    model: 'm',
    stream: true,
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
    ],
    temperature: 0,
    max_tokens: 9,
    seed: 4,
  })
})

test('tools and their choice are written as the server spells them; a tool by name is the only one', async () => {
  const tools = [descriptor('look', { required: ['at'] }), descriptor('page/edit')]
  const { body } = await sent({ tools })
  expect((body['tools'] as Sent[])[0]).toEqual({
    type: 'function',
    function: {
      name: 'look',
      description: 'About look',
      parameters: { type: 'object', properties: {}, required: ['at'] },
    },
  })
  expect(body).not.toHaveProperty('tool_choice')
  for (const [toolChoice, written] of [
    ['auto', undefined],
    ['none', 'NONE'],
    ['required', 'REQUIRED'],
  ] as const)
    expect((await sent({ tools, toolChoice })).body['tool_choice']).toBe(written)
  const named = await sent({ tools, toolChoice: { toolName: 'page/edit' } })
  expect(named.body['tool_choice']).toBe('REQUIRED')
  expect(named.body['tools']).toMatchObject([
    { function: { name: expect.stringMatching(/^page_edit_\w+$/) } },
  ])
  expect((await sent({ toolChoice: 'required' })).body).not.toHaveProperty('tool_choice')
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
  expect(messages[1]).toEqual({
    role: 'assistant',
    content: [{ type: 'text', text: 'One.' }],
    tool_calls: [...states, 'p'].map((id) => ({
      id,
      type: 'function',
      function: { name: 'look', arguments: '{"at":1}' },
    })),
  })
  expect(messages.slice(2)).toEqual([
    result('executing', 'No result: the call has not finished (executing).'),
    result('output-available', 'seen'),
    result('denied', 'Error: as it happened'),
    result('input-invalid', 'Error: as it happened'),
    result('p', 'seen'),
    { role: 'assistant', content: [{ type: 'text', text: 'Done.' }] },
  ])
})

function result(id: string, text: string): unknown {
  return { role: 'tool', tool_call_id: id, content: text }
}

test('plan and thoughts go back to the same model only', async () => {
  const answer = await decode(
    content({ thinking: 'Hm.' }),
    event('tool-plan-delta', { tool_plan: 'I look.' }),
    start(0, 'a1', 'look', '{"at":1}'),
    end('TOOL_CALL'),
  )
  const message = messageOf(answer, 'cohere-v2:m')
  const own = await sent({ messages: [message] })
  expect(own.messages[0]).toMatchObject({
    tool_plan: 'I look.',
    content: [{ type: 'thinking', thinking: 'Hm.' }],
  })
  const other = await sent({ messages: [message] }, { model: 'other' })
  expect(Object.keys(other.messages[0]!)).toEqual(['role', 'tool_calls'])
})

test('images are for messages of a user; what the server does not take is named', async () => {
  const { messages } = await sent({
    messages: [
      user(
        'See:',
        { type: 'file', mediaType: 'image/png', url: 'https://host.test/a.png' },
        { type: 'file', mediaType: 'application/pdf', url: 'data:application/pdf;base64,AA==' },
      ),
      user(''),
      assistant([
        call('a', {
          modelOutput: [
            { type: 'text', text: 'Shot:' },
            { type: 'json', value: [1] },
            { type: 'image', mediaType: 'image/png', data: 'QUJD' },
          ],
        }),
      ]),
    ],
  })
  expect(messages).toHaveLength(4)
  expect(messages[0]?.['content']).toEqual([
    { type: 'text', text: 'See:' },
    { type: 'image_url', image_url: { url: 'https://host.test/a.png' } },
    { type: 'text', text: '[application/pdf left out: this model server takes none here]' },
  ])
  expect(messages[1]?.['content']).toEqual([{ type: 'text', text: '[empty message]' }])
  expect(messages[3]?.['content']).toBe(
    'Shot:\n[1]\n[image/png left out: this model server takes none here]',
  )
})

test.each<[Partial<CohereOptions>, string]>([
  [{ model: '' }, 'model'],
  [{ baseURL: 'api.cohere.com' }, 'baseURL'],
])('the options %j are refused by name', (options, named) => {
  expect(() => cohere({ model: 'm', ...options })).toThrow(
    expect.objectContaining({
      code: 'INVALID_OPTIONS',
      message: expect.stringContaining(`cohere: "${named}"`),
    }),
  )
})

test('a model names itself and its format', () => {
  const { id, format } = cohere({ model: 'command-a-03-2025' })
  expect([id, format]).toEqual(['cohere-v2:command-a-03-2025', 'cohere-v2'])
})

test('of several calls at one index, the first counts', async () => {
  const two = ['{"at":1}', '{"at":2}'].map((input, at) => ({
    id: `c${at}`,
    function: { name: 'look', arguments: input },
  }))
  const answer = await decode(event('tool-call-start', { tool_calls: two }, 0), end('TOOL_CALL'))
  expect(answer.calls.map(({ toolCallId, input }) => [toolCallId, input])).toEqual([
    ['c0', { at: 1 }],
  ])
})
