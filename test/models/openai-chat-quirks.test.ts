import { describe, expect, test } from 'vitest'
import {
  type Answer,
  callChunk,
  chunk,
  decodeBytes,
  decodeEvents,
  split,
  sse,
  violations,
} from './answer.ts'

const end = [chunk({}, 'tool_calls'), '[DONE]']

async function calls(events: readonly unknown[]): Promise<readonly unknown[]> {
  const answer = await decodeEvents(events)
  expect(violations(answer)).toEqual([])
  return answer.calls.map((call) => [call.toolName, call.input ?? call.problem])
}

function ids(answer: Answer): readonly string[] {
  return answer.calls.map((call) => call.toolCallId)
}

describe('the transport layer', () => {
  const answer = [
    callChunk({ index: 0, id: 'c1', function: { name: 'paint', arguments: '{"hue":"grün 🟢 ' } }),
    callChunk({ index: 0, function: { arguments: 'ü"}' } }),
    ...end,
  ]

  test('S1 characters split over pieces of the body are put together', async () => {
    const bytes = new TextEncoder().encode(answer.map(sse).join(''))
    for (let at = 1; at < 40; at++) {
      const decoded = await decodeBytes(split(bytes, at))
      expect(decoded.calls[0]?.input).toEqual({ hue: 'grün 🟢 ü' })
    }
  })

  test.each(['\n', '\r\n', '\r'])('S2 lines may end with %j', async (lineEnd) => {
    const text = answer.map(sse).join('').replaceAll('\n', lineEnd)
    for (let seed = 1; seed < 10; seed++) {
      const decoded = await decodeBytes(split(new TextEncoder().encode(text), seed))
      expect(decoded.calls[0]?.input).toEqual({ hue: 'grün 🟢 ü' })
    }
  })

  test('S3 a BOM, data without a space, data over several lines, and id and retry fields are fine', async () => {
    const pretty = JSON.stringify(chunk({ content: 'Hi' }), null, 2)
    const lines = pretty
      .split('\n')
      .map((line) => `data:${line}\n`)
      .join('')
    const decoded = await decodeBytes(
      `\uFEFFretry: 10\nid: 7\n${lines}\nid: 8\n${sse(chunk({}, 'stop'))}`,
    )
    expect([decoded.text, decoded.finish.reason]).toEqual(['Hi', 'stop'])
  })

  test('S4 comments are skipped between argument fragments, also where a gateway made data of them', async () => {
    const noise = ': keep-alive\n\n:\n\ndata: : PROCESSING\n\ndata:\n\n'
    const decoded = await decodeBytes(answer.map((event) => noise + sse(event)).join(noise))
    expect(decoded.calls[0]?.input).toEqual({ hue: 'grün 🟢 ü' })
    expect(decoded.error).toBeUndefined()
  })

  test('S5 a last event without blank line counts', async () => {
    const decoded = await decodeBytes(
      `${sse(chunk({ content: 'a' }))}data: ${JSON.stringify(chunk({ content: 'b' }, 'stop'))}`,
    )
    expect([decoded.text, decoded.finish.reason]).toEqual(['ab', 'stop'])
  })

  test('S6 [DONE] is not needed where a finish reason came', async () => {
    const decoded = await decodeEvents(answer.slice(0, -1))
    expect(decoded.error).toBeUndefined()
    expect(decoded.finish.reason).toBe('tool-calls')
  })

  test('S8 an event with two payloads glued together is a protocol error, and keeps what was whole', async () => {
    const [first] = answer
    const glued = JSON.stringify(chunk({ content: 'x' })) + JSON.stringify(chunk({}, 'stop'))
    const half = await decodeEvents([first, glued, '[DONE]'])
    expect(half.error?.code).toBe('MODEL_PROTOCOL')
    expect(half.calls[0]).toMatchObject({ problem: 'truncated' })
    expect(half.finish.reason).toBe('error')
    const whole = await decodeEvents([
      callChunk({ index: 0, id: 'a', function: { name: 'f', arguments: '{"x":1}' } }),
      glued,
    ])
    expect(whole.calls[0]?.input).toEqual({ x: 1 })
    expect(whole.finish.reason).toBe('error')
  })

  test('S8 nothing is decoded after an event that cannot be read, since a fragment may be lost with it', async () => {
    const decoded = await decodeEvents([
      callChunk({ index: 0, id: 'a', function: { name: 'f', arguments: '{"x":"1' } }),
      '{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arg',
      callChunk({ index: 0, function: { arguments: '9"}' } }),
      ...end,
    ])
    expect(decoded.calls[0]).toMatchObject({ inputText: '{"x":"1', problem: 'truncated' })
  })

  test('S9 a whole completion may come instead of a stream', async () => {
    const completion = {
      object: 'chat.completion',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: 'One moment.',
            reasoning_content: 'Hm.',
            tool_calls: [
              { id: 'w1', type: 'function', function: { name: 'look', arguments: '{"at":1}' } },
              { id: 'w2', type: 'function', function: { name: 'look', arguments: '{"at":2}' } },
            ],
          },
          finish_reason: 'tool_calls',
        },
      ],
      usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
    }
    for (const body of [completion, { data: completion, success: true }]) {
      const decoded = await decodeBytes(JSON.stringify(body, null, 1))
      expect(violations(decoded)).toEqual([])
      expect([decoded.text, decoded.reasoning]).toEqual(['One moment.', 'Hm.'])
      expect(decoded.calls.map((call) => call.input)).toEqual([{ at: 1 }, { at: 2 }])
      expect(decoded.finish).toMatchObject({ reason: 'tool-calls', usage: { totalTokens: 7 } })
    }
  })

  test.each([
    ['{"error":{"message":"No credit","code":"billing"}}', 'MODEL_PROVIDER', 'No credit'],
    [
      '[{"error":{"code":429,"message":"Slow down","status":"RESOURCE_EXHAUSTED"}}]',
      'MODEL_PROVIDER',
      'Slow down',
    ],
    ['{"detail":"Not Found"}', 'MODEL_PROVIDER', 'Not Found'],
    ['{"data":null,"success":false}', 'MODEL_PROTOCOL', 'success'],
    ['<!doctype html><title>Sign in</title>', 'MODEL_PROTOCOL', 'Sign in'],
    ['', 'MODEL_PROTOCOL', 'no event'],
    ['hello', 'MODEL_PROTOCOL', 'no event'],
  ])('S9 a 200 with %j is an error that says so', async (body, code, words) => {
    const decoded = await decodeBytes(body)
    expect(decoded.error).toMatchObject({ code, message: expect.stringContaining(words) })
    expect(decoded.finish.reason).toBe('error')
  })
})

describe('errors inside a 200', () => {
  const half = callChunk({ index: 0, id: 'h', function: { name: 'cut', arguments: '{"down":"tr' } })
  const whole = callChunk({ index: 0, id: 'h', function: { name: 'cut', arguments: '{"down":1}' } })

  test('C-E1 Groq: what the model wrote when it failed is kept', async () => {
    const error = {
      message: 'Tool call validation failed',
      type: 'invalid_request_error',
      code: 'tool_use_failed',
      failed_generation: '{"name":"cut","arguments":{"down":"yes"}}',
      status_code: 400,
    }
    const decoded = await decodeBytes(`event: error\n${sse({ error })}`)
    expect(decoded.error).toMatchObject({
      code: 'MODEL_PROVIDER',
      providerCode: 'tool_use_failed',
      failedGeneration: error.failed_generation,
      message: expect.stringContaining(error.failed_generation),
    })
  })

  test('C-E2 OpenRouter: an error beside choices ends the turn, and its calls do not run', async () => {
    const decoded = await decodeEvents([
      half,
      chunk({ content: '' }, 'error', { error: { code: 502, message: 'Upstream is gone' } }),
      '[DONE]',
    ])
    expect(decoded.error).toMatchObject({ providerCode: '502', retryable: true })
    expect(decoded.calls[0]).toMatchObject({ problem: 'truncated', inputText: '{"down":"tr' })
    expect(decoded.finish).toMatchObject({ reason: 'error', rawReason: 'error' })
  })

  test.each([
    [{ error: { message: 'Quota' } }, 'Quota'],
    [{ error: 'Overloaded' }, 'Overloaded'],
    [{ object: 'error', message: 'Engine died', code: 500 }, 'Engine died'],
    [{ type: 'error', error: { type: 'overloaded_error', message: 'Busy' } }, 'Busy'],
    [{ choices: [{ index: 0, delta: {}, error: { message: 'In the choice' } }] }, 'In the choice'],
    [chunk({}, 'error'), 'error'],
    [chunk({}, 'insufficient_system_resource'), 'insufficient_system_resource'],
  ])('C-E3 %j is an error, and even a whole call before it is not run', async (event, words) => {
    const decoded = await decodeEvents([whole, event, '[DONE]'])
    expect(violations(decoded)).toEqual([])
    expect(decoded.error).toMatchObject({
      code: 'MODEL_PROVIDER',
      message: expect.stringContaining(words),
    })
    expect(decoded.calls[0]).toMatchObject({ problem: 'truncated' })
  })

  test('C-E4 plain text in an error event is the message', async () => {
    const decoded = await decodeBytes(`${sse(half)}event: error\ndata: no healthy upstream\n\n`)
    expect(decoded.error?.message).toContain('no healthy upstream')
    expect(decoded.error?.code).toBe('MODEL_PROVIDER')
  })

  test('an error that is null is none', async () => {
    const decoded = await decodeEvents([
      chunk({ content: 'ok' }, 'stop', { error: null }),
      '[DONE]',
    ])
    expect(decoded.error).toBeUndefined()
  })

  test('an error after the model was done leaves its calls whole and the turn failed', async () => {
    const decoded = await decodeEvents([whole, end[0], { error: { message: 'billing is down' } }])
    expect(decoded.calls[0]?.input).toEqual({ down: 1 })
    expect(decoded.finish.reason).toBe('error')
  })
})

describe('quirks of chat streams', () => {
  test('1 calls without index are told apart by id, by place in one delta, and by wholeness', async () => {
    const fn = (name: string, input: string) => ({ function: { name, arguments: input } })
    expect(
      await calls([
        callChunk({ id: 'a', ...fn('f', '{"n":1}') }),
        callChunk({ id: 'b', ...fn('f', '{"n":2}') }),
        ...end,
      ]),
    ).toEqual([
      ['f', { n: 1 }],
      ['f', { n: 2 }],
    ])
    expect(
      await calls([chunk({ tool_calls: [fn('f', '{"n":1}'), fn('f', '{"n":2}')] }), ...end]),
    ).toEqual([
      ['f', { n: 1 }],
      ['f', { n: 2 }],
    ])
    expect(
      await calls([callChunk(fn('f', '{"n":1}')), callChunk(fn('f', '{"n":2}')), ...end]),
    ).toEqual([
      ['f', { n: 1 }],
      ['f', { n: 2 }],
    ])
    expect(
      await calls([
        chunk({
          tool_calls: [
            { id: 'a', ...fn('f', '') },
            { id: 'b', ...fn('g', '') },
          ],
        }),
        callChunk({ id: 'b', function: { arguments: '{"n":2}' } }),
        callChunk({ id: 'a', function: { arguments: '{"n":1}' } }),
        ...end,
      ]),
    ).toEqual([
      ['f', { n: 1 }],
      ['g', { n: 2 }],
    ])
  })

  test('2 a new id on a used index opens a new call', async () => {
    const whole = (id: string, n: number) =>
      callChunk({ index: 0, id, function: { name: 'f', arguments: `{"n":${n}}` } })
    expect(await calls([whole('a', 1), whole('b', 2), whole('c', 3), ...end])).toEqual([
      ['f', { n: 1 }],
      ['f', { n: 2 }],
      ['f', { n: 3 }],
    ])
  })

  test('2 without ids, a named call behind a whole one on the same index is another', async () => {
    const whole = (name: string, input: unknown) =>
      callChunk({ index: 0, id: '', function: { name, arguments: input } })
    const decoded = await decodeEvents([
      whole('f', '{"n":1}'),
      whole('f', '{"n":2}'),
      whole('g', { n: 3 }),
      whole('h', '{}'),
      whole('i', '{}'),
      ...end,
    ])
    expect(decoded.calls.map(({ toolName, input }) => [toolName, input])).toEqual([
      ['f', { n: 1 }],
      ['f', { n: 2 }],
      ['g', { n: 3 }],
      ['h', {}],
      ['i', {}],
    ])
    expect(new Set(ids(decoded)).size).toBe(5)
  })

  test('3 a second object without a new id is malformed, with the whole text, and never {}', async () => {
    const decoded = await decodeEvents([
      callChunk({ index: 0, id: 'a', function: { name: 'f', arguments: '{"n":1}' } }),
      callChunk({ index: 0, function: { name: '', arguments: '{"n":2}' } }),
      ...end,
    ])
    expect(decoded.calls).toMatchObject([{ inputText: '{"n":1}{"n":2}', problem: 'malformed' }])
    expect(decoded.calls[0]?.input).toBeUndefined()
  })

  test('4 indexes may start anywhere, have holes, be huge or be text', async () => {
    const call = (index: unknown, name: string) =>
      callChunk({ index, id: `id-${name}`, function: { name, arguments: '{}' } })
    expect(
      await calls([call(2, 'a'), call(9, 'b'), call(1e9, 'c'), call('x', 'd'), ...end]),
    ).toEqual(['a', 'b', 'c', 'd'].map((name) => [name, {}]))
  })

  test('5 arguments may come as an object, also in index -1, and {} may open a text', async () => {
    expect(
      await calls([
        callChunk({ index: -1, id: 'a', function: { name: 'f', arguments: { deep: { n: 1 } } } }),
        ...end,
      ]),
    ).toEqual([['f', { deep: { n: 1 } }]])
    expect(
      await calls([
        callChunk({ index: 0, id: 'a', function: { name: 'f', arguments: {} } }),
        callChunk({ index: 0, function: { arguments: '{"n":' } }),
        callChunk({ index: 0, function: { arguments: '1}' } }),
        ...end,
      ]),
    ).toEqual([['f', { n: 1 }]])
    // A gateway that decodes as it goes sends each state of the object.
    expect(
      await calls([
        callChunk({ index: 0, id: 'a', function: { name: 'f', arguments: { n: 1 } } }),
        callChunk({ index: 0, id: 'a', function: { name: 'f', arguments: { n: 1, m: 2 } } }),
        ...end,
      ]),
    ).toEqual([['f', { n: 1, m: 2 }]])
    expect(
      await calls([
        callChunk({ index: 0, id: 'a', function: { name: 'f', arguments: [1] } }),
        ...end,
      ]),
    ).toEqual([['f', 'malformed']])
  })

  test('6 ids are minted where missing, empty or used by another call; phantoms are dropped', async () => {
    const decoded = await decodeEvents([
      callChunk({ index: 0, id: 'same', function: { name: 'a', arguments: '{}' } }),
      callChunk({ index: 1, id: 'same', function: { name: 'b', arguments: '{}' } }),
      callChunk({ index: 2, id: null, function: { name: 'c', arguments: '' } }),
      callChunk({ index: 2, id: '', function: { name: null, arguments: '{"x":1}' } }),
      callChunk({ index: 3, id: '', type: 'function' }),
      callChunk({ index: 4, id: 'lonely', function: {} }),
      callChunk(null),
      ...end,
    ])
    expect(violations(decoded)).toEqual([])
    expect(decoded.calls.map((call) => call.toolName)).toEqual(['a', 'b', 'c'])
    expect(ids(decoded)[0]).toBe('same')
    expect(ids(decoded)[1]).toMatch(/^call_[0-9a-f]{32}$/)
    expect(decoded.calls[2]?.input).toEqual({ x: 1 })
  })

  test('6 an id that comes late is taken while nothing was said', async () => {
    const decoded = await decodeEvents([
      callChunk({ index: 0, function: { name: 'a', arguments: '' } }),
      callChunk({ index: 0, id: 'late', function: { arguments: '{"x":1}' } }),
      ...end,
    ])
    expect(ids(decoded)).toEqual(['late'])
  })

  test('7 an id in every delta, and null or empty ids and names after it, change nothing', async () => {
    const piece = (id: unknown, name: unknown, input: unknown) =>
      callChunk({ index: 0, id, function: { name, arguments: input } })
    expect(
      await calls([
        piece('k', 'f', ''),
        piece('k', null, '{"n"'),
        piece('', '', ':'),
        piece(null, null, '1}'),
        ...end,
      ]),
    ).toEqual([['f', { n: 1 }]])
  })

  test('8 a name in every delta is one name; split names join while no argument came', async () => {
    const piece = (name: string, input: string) =>
      callChunk({ index: 0, id: 'k', function: { name, arguments: input } })
    expect(await calls([piece('f', ''), piece('f', '{"n"'), piece('f', ':1}'), ...end])).toEqual([
      ['f', { n: 1 }],
    ])
    expect(
      await calls([piece('read_', ''), piece('file', '{"n"'), piece('x', ':1}'), ...end]),
    ).toEqual([['read_file', { n: 1 }]])
  })

  test('8 another name after the first argument is not the name', async () => {
    const piece = (name: string, input: string) =>
      callChunk({ index: 0, id: 'k', function: { name, arguments: input } })
    expect(await calls([piece('f', '{'), piece('g', '"n":1}'), ...end])).toEqual([['f', { n: 1 }]])
  })

  test('8 a name in every delta without ids is one call, also where {} came first', async () => {
    const piece = (input: string) =>
      callChunk({ index: 0, function: { name: 'f', arguments: input } })
    expect(await calls([piece('{}'), piece('{"n"'), piece(':1}'), piece(''), ...end])).toEqual([
      ['f', { n: 1 }],
    ])
  })

  test.each([
    ['null', [null, '{"n":1}'], { n: 1 }],
    ['absent', [undefined, '{"n":1}'], { n: 1 }],
    ['empty only', ['', ''], {}],
    ['absent only', [undefined], {}],
    ['the text null', ['null'], {}],
    ['the text null in pieces', ['nu', 'll', ' '], {}],
    ['blank', [' ', '\n'], {}],
  ])('9 arguments that are %s', async (_, pieces, input) => {
    const events = pieces.map((text, at) =>
      callChunk({
        index: 0,
        id: 'a',
        function: { ...(at === 0 && { name: 'f' }), arguments: text },
      }),
    )
    expect(await calls([...events, ...end])).toEqual([['f', input]])
  })

  test.each([
    [['{}', '{"n":1}'], { n: 1 }],
    [['', '{}', '{"n"', ':1}'], { n: 1 }],
    [['{', '}', '{', '"n":1}'], { n: 1 }],
    [['{ } ', ' {"n":1}'], { n: 1 }],
    [['{}'], {}],
    [['{}', '{}'], {}],
    [['{}', 'x'], 'malformed'],
    [['{}', '{"n":1}', '{"n":2}'], 'malformed'],
  ])('10 of %j one leading {} is dropped, only before an object', async (pieces, input) => {
    const events = pieces.map((text) =>
      callChunk({ index: 0, id: 'a', function: { name: 'f', arguments: text } }),
    )
    expect(await calls([...events, ...end])).toEqual([['f', input]])
  })

  test('11 a stream that ends with [DONE] and no reason is judged by its content', async () => {
    const call = callChunk({ index: 0, id: 'a', function: { name: 'f', arguments: '{"n":1}' } })
    expect((await decodeEvents([call, '[DONE]'])).finish).toMatchObject({
      reason: 'tool-calls',
      rawReason: null,
    })
    expect((await decodeEvents([chunk({ content: 'a' }), '[DONE]'])).finish.reason).toBe('stop')
  })

  test('12 null and empty lists, null deltas and chunks without choices say nothing', async () => {
    const decoded = await decodeEvents([
      { id: '', choices: [], prompt_filter_results: [{ prompt_index: 0 }] },
      { choices: null },
      { choices: [{ index: 0, delta: null, finish_reason: null }] },
      { choices: [{ index: 0, finish_reason: null, content_filter_offsets: {} }] },
      chunk({ content: 'a', tool_calls: null, function_call: null }),
      chunk({ content: 'b', tool_calls: [] }),
      chunk({ content: '' }, 'stop'),
    ])
    expect([decoded.text, decoded.finish.reason]).toEqual(['ab', 'stop'])
    expect(decoded.calls).toEqual([])
  })

  test('13 roles may be missing, null or repeated', async () => {
    const decoded = await decodeEvents([
      chunk({ role: null, content: 'a' }),
      chunk({ content: 'b' }),
      chunk({ role: 'assistant', content: 'c' }, 'stop'),
    ])
    expect(decoded.text).toBe('abc')
  })

  test('14 a growing message beside the deltas is not read', async () => {
    const both = (text: string, whole: string, reason: string | null) => ({
      object: 'chat.completion',
      choices: [
        { index: 0, delta: { content: text }, message: { content: whole }, finish_reason: reason },
      ],
    })
    const last = { choices: [{ index: 0, message: { content: 'ab' }, finish_reason: 'stop' }] }
    expect((await decodeEvents([both('a', 'a', null), both('b', 'ab', null), last])).text).toBe(
      'ab',
    )
  })

  test('15 text may stand before, beside and after calls; other choices are left out', async () => {
    const decoded = await decodeEvents([
      chunk({ content: 'A' }),
      { choices: [{ index: 1, delta: { content: 'other' } }] },
      chunk({
        content: 'B',
        tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: '{"n":' } }],
      }),
      {
        choices: [
          { index: 1, delta: { tool_calls: [{ index: 0, id: 'z', function: { name: 'z' } }] } },
          {
            index: 0,
            delta: { content: 'C', tool_calls: [{ index: 0, function: { arguments: '1}' } }] },
          },
        ],
      },
      { choices: [{ index: 1, delta: {}, finish_reason: 'length' }] },
      ...end,
    ])
    expect(decoded.text).toBe('ABC')
    expect(decoded.calls).toMatchObject([{ toolCallId: 'a', input: { n: 1 } }])
    expect(decoded.finish).toMatchObject({ reason: 'tool-calls', rawReason: 'tool_calls' })
  })

  test.each(['max_output_tokens', 'MAX_TOKENS', 'length', 'max_tokens'])(
    '16 a native reason %s beside tool_calls is a cut turn',
    async (native) => {
      const finish = {
        choices: [
          { index: 0, delta: {}, finish_reason: 'tool_calls', native_finish_reason: native },
        ],
      }
      const decoded = await decodeEvents([
        callChunk({ index: 0, id: 'a', function: { name: 'f', arguments: '{"n":1}' } }),
        callChunk({ index: 1, id: 'b', function: { name: 'g', arguments: '{"text":"onc' } }),
        finish,
        '[DONE]',
      ])
      expect(decoded.calls).toMatchObject([{ input: { n: 1 } }, { problem: 'truncated' }])
      expect(decoded.finish).toMatchObject({ reason: 'length', rawReason: 'tool_calls' })
    },
  )

  test.each(['tool_calls', 'stop', 'eos'])(
    '16 a cut that calls itself %s is seen by the text of the call',
    async (reason) => {
      const decoded = await decodeEvents([
        callChunk({ index: 0, id: 'a', function: { name: 'f', arguments: '{"text":"onc' } }),
        chunk({}, reason),
        '[DONE]',
      ])
      expect(decoded.calls[0]).toMatchObject({ problem: 'truncated' })
      expect(decoded.finish.reason).toBe('length')
    },
  )

  test.each([
    ['', 'truncated'],
    ['{}', 'truncated'],
    ['null', 'truncated'],
    ['{"n":1}', { n: 1 }],
  ])('16 at the limit, last arguments %j are %j', async (text, outcome) => {
    const call = (index: number, input: string) =>
      callChunk({ index, id: `c${index}`, function: { name: 'f', arguments: input } })
    const decoded = await decodeEvents([call(0, '{}'), call(1, text), chunk({}, 'length')])
    expect(decoded.calls.map(({ input, problem }) => input ?? problem)).toEqual([{}, outcome])
    expect(decoded.finish.reason).toBe('length')
  })

  test('16 a native limit is a cut also where every call is whole', async () => {
    const finish = {
      index: 0,
      delta: {},
      finish_reason: 'tool_calls',
      native_finish_reason: 'max_tokens',
    }
    const decoded = await decodeEvents([
      callChunk({ index: 0, id: 'a', function: { name: 'f', arguments: '{"n":1}' } }),
      { choices: [finish] },
    ])
    expect(decoded.calls[0]?.input).toEqual({ n: 1 })
    expect(decoded.finish).toMatchObject({ reason: 'length', rawReason: 'tool_calls' })
  })

  test('16 at the limit, no arguments at all are cut arguments also in an earlier call', async () => {
    const decoded = await decodeEvents([
      callChunk({ index: 0, id: 'a', function: { name: 'f', arguments: '' } }),
      callChunk({ index: 1, id: 'b', function: { name: 'g', arguments: '{"n":' } }),
      chunk({}, 'length'),
    ])
    expect(decoded.calls.map((call) => call.problem)).toEqual(['truncated', 'truncated'])
  })

  test('17 padding and unknown fields say nothing', async () => {
    const decoded = await decodeEvents([
      chunk({ content: 'a', provider_metadata: { x: 1 }, audio: null }, null, {
        p: 'abcdefgh',
        obfuscation: 'zzz',
      }),
      { type: 'ping' },
      { hello: 'world' },
      42,
      null,
      chunk({}, 'stop'),
    ])
    expect([decoded.text, decoded.finish.reason]).toEqual(['a', 'stop'])
  })

  test('18 the signature of a thought is kept with its call', async () => {
    const extra = { google: { thought_signature: 'c2lnbmF0dXJl/+==' } }
    const decoded = await decodeEvents([
      callChunk({
        index: 0,
        id: 'g',
        extra_content: extra,
        function: { name: 'f', arguments: '{"n":1}' },
      }),
      ...end,
    ])
    expect(decoded.states).toEqual([
      {
        type: 'provider-state',
        format: 'openai-chat',
        toolCallId: 'g',
        state: { extra_content: extra },
      },
    ])
  })

  test('19 a stream that stops without reason or [DONE] is an error and runs nothing', async () => {
    const decoded = await decodeEvents([
      callChunk({ index: 0, id: 'a', function: { name: 'f', arguments: '{"n":1}' } }),
      callChunk({ index: 1, id: 'b', function: { name: 'g', arguments: '' } }),
    ])
    expect(violations(decoded)).toEqual([])
    expect(decoded.error?.code).toBe('MODEL_PROTOCOL')
    expect(decoded.calls.map((call) => call.problem)).toEqual(['truncated', 'truncated'])
    expect(decoded.finish).toMatchObject({ reason: 'error', rawReason: null })
  })

  test('20 a minted id fits the rule of the server', async () => {
    const decoded = await decodeEvents(
      [callChunk({ index: 0, function: { name: 'f', arguments: '{}' } }), ...end],
      { flavor: 'mistral' },
    )
    expect(ids(decoded)[0]).toMatch(/^[a-z0-9]{9}$/)
  })

  test('the legacy function_call is a call, unless it repeats one beside it', async () => {
    const same = { name: 'f', arguments: '{"n":1}' }
    expect(
      await calls([
        chunk({ function_call: same, tool_calls: [{ index: 4, id: 'a', function: same }] }),
        ...end,
      ]),
    ).toEqual([['f', { n: 1 }]])
    expect(
      await calls([
        chunk({ function_call: { name: 'f', arguments: '' } }),
        chunk({ function_call: { arguments: '{"n"' } }),
        chunk({ function_call: { arguments: ':1}' } }),
        chunk({}, 'function_call'),
      ]),
    ).toEqual([['f', { n: 1 }]])
  })
})

describe('what else a turn says', () => {
  test.each(['reasoning_content', 'reasoning', 'reasoning_text'])(
    '%s is reasoning',
    async (field) => {
      const decoded = await decodeEvents([
        chunk({ [field]: 'Hm' }),
        chunk({ [field]: '.' }, 'stop'),
      ])
      expect(decoded.reasoning).toBe('Hm.')
    },
  )

  test('reasoning that comes under two names is taken once', async () => {
    const both = chunk({ reasoning_content: 'Hm', reasoning: 'Hm' }, 'stop')
    expect((await decodeEvents([both])).reasoning).toBe('Hm')
  })

  test('content may be a list of text and thoughts', async () => {
    const decoded = await decodeEvents([
      chunk({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }] }] }),
      chunk({ content: [{ type: 'reasoning', summary: [{ type: 'summary_text', text: '.' }] }] }),
      chunk(
        {
          content: [
            { type: 'text', text: 'Yes' },
            { type: 'reference', reference_ids: [1] },
          ],
        },
        'stop',
      ),
    ])
    expect([decoded.reasoning, decoded.text]).toEqual(['Hm.', 'Yes'])
  })

  test('a refusal is told apart from text', async () => {
    const decoded = await decodeEvents([chunk({ refusal: 'No' }), chunk({ refusal: '.' }, 'stop')])
    expect([decoded.refusal, decoded.text]).toEqual(['No.', ''])
  })

  test('the last usage counts, wherever it stands', async () => {
    const usage = (n: number) => ({ prompt_tokens: n, completion_tokens: n, total_tokens: 2 * n })
    const last = async (events: readonly unknown[]) => (await decodeEvents(events)).finish.usage
    const three = { inputTokens: 3, outputTokens: 3, totalTokens: 6 }
    expect(
      await last([
        chunk({ content: 'a' }, null, { usage: usage(1) }),
        chunk({ content: 'b' }, null, { usage: usage(2) }),
        chunk({}, 'stop', { usage: usage(3) }),
        { choices: [], usage: null },
        { choices: [], usage: {} },
      ]),
    ).toEqual(three)
    expect(await last([chunk({}, 'stop'), { choices: [], usage: usage(3) }])).toEqual(three)
    expect(await last([chunk({}, 'stop', { x_groq: { usage: usage(3) } })])).toEqual(three)
    expect(
      await last([{ choices: [{ index: 0, delta: {}, finish_reason: 'stop', usage: usage(3) }] }]),
    ).toEqual(three)
    expect(
      await last([
        chunk({}, 'stop', {
          usage: {
            prompt_tokens: 1,
            prompt_cache_hit_tokens: 4,
            prompt_token_details: null,
            completion_tokens_details: { reasoning_tokens: 5 },
            cost: 0.1,
            total_tokens: '7',
          },
        }),
      ]),
    ).toEqual({ inputTokens: 1, cachedInputTokens: 4, reasoningTokens: 5 })
  })

  test.each([
    ['stop', 'stop'],
    ['eos', 'stop'],
    ['length', 'length'],
    ['model_length', 'length'],
    ['content_filter', 'content-filter'],
    ['tool_calls', 'other'],
    ['something_new', 'other'],
  ])('a turn of text that ends with %s ends with %s', async (raw, reason) => {
    const decoded = await decodeEvents([chunk({ content: 'a' }), chunk({}, raw)])
    expect(decoded.finish).toMatchObject({ reason, rawReason: raw })
  })

  test('a filtered turn runs nothing that was cut', async () => {
    const decoded = await decodeEvents([
      callChunk({ index: 0, id: 'a', function: { name: 'f', arguments: '' } }),
      chunk({}, 'content_filter'),
    ])
    expect(decoded.calls[0]).toMatchObject({ problem: 'truncated' })
    expect(decoded.finish.reason).toBe('content-filter')
  })

  test('signed pieces of reasoning_details are joined, others are kept as they came', async () => {
    const details = (...list: unknown[]) => chunk({ reasoning_details: list })
    const decoded = await decodeEvents([
      details({ type: 'reasoning.text', text: 'Let', format: 'anthropic-claude-v1', index: 0 }),
      details({ type: 'reasoning.text', text: ' me', format: 'anthropic-claude-v1', index: 0 }),
      details({
        type: 'reasoning.text',
        signature: 'SIG',
        format: 'anthropic-claude-v1',
        index: 0,
      }),
      details({ type: 'reasoning.text', text: 'Again', format: 'anthropic-claude-v1', index: 0 }),
      details({ type: 'reasoning.text', text: 'Next', format: 'anthropic-claude-v1', index: 1 }),
      details({ type: 'reasoning.encrypted', data: 'AAA', id: 'x', index: 2 }),
      details({ type: 'reasoning.encrypted', data: 'BBB', id: 'x', index: 2 }),
      chunk({ reasoning_content: 'one ' }),
      chunk({ reasoning_content: 'two' }, 'stop'),
    ])
    expect(decoded.states).toEqual([
      {
        type: 'provider-state',
        format: 'openai-chat',
        state: {
          reasoning_details: [
            {
              type: 'reasoning.text',
              text: 'Let me',
              signature: 'SIG',
              format: 'anthropic-claude-v1',
              index: 0,
            },
            { type: 'reasoning.text', text: 'Again', format: 'anthropic-claude-v1', index: 0 },
            { type: 'reasoning.text', text: 'Next', format: 'anthropic-claude-v1', index: 1 },
            { type: 'reasoning.encrypted', data: 'AAA', id: 'x', index: 2 },
            { type: 'reasoning.encrypted', data: 'BBB', id: 'x', index: 2 },
          ],
          reasoning_content: 'one two',
        },
      },
    ])
  })

  test('input streams as it comes, in the order of the answer', async () => {
    const decoded = await decodeEvents([
      chunk({ content: 'A' }),
      callChunk({ index: 0, id: 'a', function: { name: 'f', arguments: '' } }),
      callChunk({ index: 0, function: { arguments: '{"n"' } }),
      callChunk({ index: 0, function: { arguments: ':1}' } }),
      ...end,
    ])
    expect(decoded.events.map(({ type }) => type)).toEqual([
      'text-delta',
      'tool-input-start',
      'tool-input-delta',
      'tool-input-delta',
      'tool-input-end',
      'finish',
    ])
  })

  test('more calls or longer input than any model writes is a protocol error', async () => {
    const many = Array.from({ length: 300 }, (_, index) =>
      callChunk({ index, id: `c${index}`, function: { name: 'f', arguments: '{"n":1}' } }),
    )
    const flooded = await decodeEvents([...many, ...end])
    expect(violations(flooded)).toEqual([])
    expect(flooded.error).toMatchObject({ code: 'MODEL_PROTOCOL' })
    expect(flooded.calls.every((call) => call.problem === 'truncated')).toBe(true)
    const long = callChunk({ index: 0, function: { name: 'f', arguments: 'x'.repeat(1 << 20) } })
    const endless = await decodeEvents([long, long, long, long, long])
    expect(endless.error).toMatchObject({ code: 'MODEL_PROTOCOL' })
  })
})

test('a call whose input is held back keeps its place before the calls that follow', async () => {
  const events = [
    callChunk({ index: 0, id: 'a', function: { name: 'clear', arguments: '{}' } }),
    callChunk({ index: 1, id: 'b', function: { name: 'query', arguments: '{"sql":"x"}' } }),
    callChunk({ index: 2, id: 'c', function: { name: 'list' } }),
    ...end,
  ]
  expect(await calls(events)).toEqual([
    ['clear', {}],
    ['query', { sql: 'x' }],
    ['list', {}],
  ])
})

describe('what lost or foreign events may not do', () => {
  test('what stands behind [DONE] is not read, however the network splits the stream', async () => {
    const behind = chunk({ content: 'late' })
    const text = [chunk({ content: 'Hi' }), ...end, behind].map(sse).join('')
    for (const pieces of [text, split(new TextEncoder().encode(text), 1)])
      expect((await decodeBytes(pieces)).text).toBe('Hi')
  })

  test('another name behind a part of an input begins another call', async () => {
    expect(
      await calls([
        callChunk({ index: 0, function: { name: 'read', arguments: '{"path":"a' } }),
        callChunk({ index: 0, function: { name: 'write', arguments: '{"path":"b"}' } }),
        ...end,
      ]),
    ).toEqual([
      ['read', 'truncated'],
      ['write', { path: 'b' }],
    ])
  })

  test('an id without index behind a part of an input without id begins another call', async () => {
    const answer = await decodeEvents([
      callChunk({ function: { name: 'read', arguments: '{"path":"a' } }),
      callChunk({ id: 'c2', function: { name: 'read', arguments: '{"path":"b"}' } }),
      ...end,
    ])
    expect(answer.calls.map((call) => call.input ?? call.problem)).toEqual([
      'truncated',
      { path: 'b' },
    ])
    expect(ids(answer)[1]).toBe('c2')
  })

  test('an id that comes late, at an index, is of the call that is there', async () => {
    const answer = await decodeEvents([
      callChunk({ index: 0, function: { name: 'read', arguments: '' } }),
      callChunk({ index: 0, id: 'c1', function: { arguments: '{"path":"a"}' } }),
      ...end,
    ])
    expect([ids(answer), answer.calls[0]?.input]).toEqual([['c1'], { path: 'a' }])
    const later = await decodeEvents([
      callChunk({ index: 0, function: { name: 'read', arguments: '{"path":' } }),
      callChunk({ index: 0, id: 'c1', function: { arguments: '"a"}' } }),
      ...end,
    ])
    expect(later.calls.map((call) => call.input)).toEqual([{ path: 'a' }])
  })

  test('counts that no number holds are left out', async () => {
    const usage = '{"choices":[],"usage":{"prompt_tokens":1e400,"completion_tokens":2}}'
    const { finish } = await decodeEvents([chunk({ content: 'Hi' }, 'stop'), usage, '[DONE]'])
    expect(finish.usage).toEqual({ outputTokens: 2 })
  })

  test('an event that is nested beyond all measure is an error, and calls before it stay', async () => {
    const deep = `{"choices":${'['.repeat(600)}${']'.repeat(600)}}`
    const answer = await decodeEvents([
      callChunk({ index: 0, id: 'c1', function: { name: 'read', arguments: '{"path":"a"}' } }),
      deep,
      ...end,
    ])
    expect(answer.error).toMatchObject({
      code: 'MODEL_PROTOCOL',
      message: 'An event is nested deeper than 512 levels.',
    })
    expect(answer.calls[0]?.input).toEqual({ path: 'a' })
  })

  test('a name that goes on and on is kept no longer than any name is', async () => {
    const pieces = Array.from({ length: 3_000 }, (_, at) =>
      callChunk({ index: 0, function: { name: `n${at}` } }),
    )
    const answer = await decodeEvents([...pieces, ...end])
    expect(answer.calls[0]?.toolName.length).toBeLessThan(1_100)
  })
})
