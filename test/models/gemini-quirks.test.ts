import { describe, expect, test } from 'vitest'
import { gemini } from '../../src/models/gemini.ts'
import { type Answer, ask, split, sse, violations } from './answer.ts'

function decodeBytes(bytes: ReadableStream<Uint8Array> | string): Promise<Answer> {
  return ask(gemini({ model: 'm', fetch: async () => new Response(bytes) }))
}

async function decode(...chunks: readonly unknown[]): Promise<Answer> {
  const answer = await decodeBytes(chunks.map(sse).join(''))
  expect(violations(answer)).toEqual([])
  return answer
}

/** A chunk of candidate 0 with `parts`. */
function chunk(parts: readonly unknown[], finishReason?: unknown, more = {}): unknown {
  const content = { role: 'model', parts }
  return { candidates: [{ content, ...(finishReason !== undefined && { finishReason }) }], ...more }
}

function call(name: string, args?: unknown, more = {}): unknown {
  return { functionCall: { name, ...(args !== undefined && { args }), ...more } }
}

function partial(more: object): unknown {
  return { functionCall: { willContinue: true, ...more } }
}

const stop = chunk([{ text: '' }], 'STOP')

function results({ calls }: Answer): readonly unknown[] {
  return calls.map(({ toolName, input, problem }) => [toolName, input ?? problem])
}

describe('numbered quirks', () => {
  test('1 calls come with STOP, in the same chunk, a later one, or one without content', async () => {
    const one = call('look', { at: 1 })
    const bare = { candidates: [{ finishReason: 'STOP', index: 0 }] }
    for (const chunks of [[chunk([one], 'STOP')], [chunk([one]), stop], [chunk([one]), bare]]) {
      const answer = await decode(...chunks)
      expect(results(answer)).toEqual([['look', { at: 1 }]])
      expect(answer.finish).toMatchObject({ reason: 'tool-calls', rawReason: 'STOP' })
    }
  })

  test('2 ids are kept and noted where they came, and minted where not, also for one tool twice', async () => {
    const answer = await decode(
      chunk([call('look', { at: 1 }, { id: 'fc1' }), call('look', { at: 2 })]),
      chunk([call('look', { at: 3 })], 'STOP'),
    )
    const ids = answer.calls.map(({ toolCallId }) => toolCallId)
    expect(ids[0]).toBe('fc1')
    expect(new Set(ids).size).toBe(3)
    expect(ids[1]).toMatch(/./)
    expect(answer.states.map(({ toolCallId, state }) => [toolCallId, state])).toEqual([
      ['fc1', { id: 'fc1' }],
    ])
  })

  test('3 args may be empty, null or missing', async () => {
    const answer = await decode(
      chunk([call('a'), call('b', {}), call('c', null, { id: 'x' })], 'STOP'),
    )
    expect(results(answer)).toEqual([
      ['a', {}],
      ['b', {}],
      ['c', {}],
    ])
  })

  test('3 at the limit, a last call without args is cut, and one with args is whole', async () => {
    const cut = await decode(chunk([call('a', {}), call('b', {})], 'MAX_TOKENS'))
    expect(results(cut)).toEqual([
      ['a', {}],
      ['b', 'truncated'],
    ])
    const whole = await decode(chunk([call('a', { x: 1 })], 'MAX_TOKENS'))
    expect(results(whole)).toEqual([['a', { x: 1 }]])
    expect(whole.finish.reason).toBe('length')
  })

  test('4 arguments with paths are put together, and shown as they come', async () => {
    const answer = await decode(
      chunk([partial({ name: 'cook', id: 'p1' })]),
      chunk([
        partial({
          partialArgs: [{ jsonPath: '$.dish.name', stringValue: 'Soup "of', willContinue: true }],
        }),
      ]),
      chunk([partial({ partialArgs: [{ jsonPath: '$.dish.name', stringValue: ' the" day\n' }] })]),
      chunk([partial({})]),
      chunk([
        partial({
          partialArgs: [
            { jsonPath: '$.dish.steps[0].text', stringValue: 'Cut' },
            { jsonPath: '$.dish.steps[0].minutes', numberValue: 0 },
            { jsonPath: '$.dish.steps[1].text', stringValue: '' },
          ],
        }),
      ]),
      chunk([
        partial({
          partialArgs: [
            { jsonPath: '$.hot', boolValue: false },
            { jsonPath: "$['a b'].c", nullValue: null },
            { jsonPath: '$["\\\\"].c', numberValue: 3 },
          ],
        }),
      ]),
      chunk([{ functionCall: {} }], 'STOP'),
    )
    expect(results(answer)).toEqual([
      [
        'cook',
        {
          dish: {
            name: 'Soup "of the" day\n',
            steps: [{ text: 'Cut', minutes: 0 }, { text: '' }],
          },
          hot: false,
          'a b': { c: null },
          '\\': { c: 3 },
        },
      ],
    ])
    const deltas = answer.events.filter((event) => event.type === 'tool-input-delta')
    expect(deltas[0]).toMatchObject({ toolCallId: 'p1', delta: '{"dish":{"name":"Soup \\"of' })
    expect(answer.events[0]).toMatchObject({ type: 'tool-input-start', toolName: 'cook' })
  })

  test('4 a whole call may use paths in one part, and is whole also at the limit', async () => {
    const part = {
      name: 'divide',
      partialArgs: [
        { jsonPath: '$.by', numberValue: 2 },
        { jsonPath: '$.of', numberValue: 100 },
      ],
    }
    for (const reason of ['STOP', 'MAX_TOKENS']) {
      const answer = await decode(chunk([{ functionCall: part }], reason))
      expect(results(answer)).toEqual([['divide', { by: 2, of: 100 }]])
    }
  })

  test('4 a missing last piece is no loss where another call or the finish follows', async () => {
    const a = partial({ name: 'a', partialArgs: [{ jsonPath: '$.x', stringValue: '1' }] })
    const b = partial({ name: 'b', partialArgs: [{ jsonPath: '$.y[0]', stringValue: '2' }] })
    const answer = await decode(chunk([a]), chunk([b]), stop)
    expect(results(answer)).toEqual([
      ['a', { x: '1' }],
      ['b', { y: ['2'] }],
    ])
    expect(answer.finish.reason).toBe('tool-calls')
  })

  test.each([
    ['the limit', chunk([], 'MAX_TOKENS'), 'length'],
    ['a filter', chunk([], 'SAFETY'), 'content-filter'],
    ['an error', { error: { code: 500, message: 'Gone' } }, 'error'],
    ['nothing', undefined, 'error'],
  ])('4 arguments with paths that end with %s are cut', async (_, end, reason) => {
    const open = partial({ name: 'a', partialArgs: [{ jsonPath: '$.x', stringValue: '1' }] })
    const bare = partial({ name: 'b' })
    for (const last of [open, bare]) {
      const answer = await decode(chunk([last]), ...(end ? [end] : []))
      expect(answer.calls.map(({ problem }) => problem)).toEqual(['truncated'])
      expect(answer.finish.reason).toBe(reason)
    }
  })

  test('4 a value for something closed is said again, and counts', async () => {
    const answer = await decode(
      chunk([
        partial({
          name: 'a',
          partialArgs: [
            { jsonPath: '$.x.y', stringValue: 'one' },
            { jsonPath: '$.z', numberValue: 1 },
            { jsonPath: '$.x.y', stringValue: ' two' },
            { jsonPath: '$.x.l[1]', boolValue: true },
            { jsonPath: '$.z', numberValue: 2 },
            { jsonPath: '$.x.l.k', numberValue: 4 },
            { jsonPath: '$.x', stringValue: 'flat' },
            { jsonPath: '$.__proto__.p', stringValue: 'own' },
          ],
        }),
      ]),
      stop,
    )
    const [first] = answer.calls
    expect(first?.input).toEqual(JSON.parse('{"x":"flat","z":2,"__proto__":{"p":"own"}}'))
    expect(first?.inputText).toContain('{"y":"one two","l":[null,true]}')
    expect(first?.inputText).toContain('{"y":"one two","l":{"k":4}}')
  })

  test('4 items of a list that have no members are missing, and hold their place', async () => {
    const pieces = [{ jsonPath: '$.l[2].a', numberValue: 1 }]
    const answer = await decode(
      chunk([{ functionCall: { name: 'a', partialArgs: pieces } }], 'STOP'),
    )
    expect(results(answer)).toEqual([['a', { l: [null, null, { a: 1 }] }]])
  })

  test('4 a name and an id that come with each piece are one call, and whole args repeat the pieces', async () => {
    const piece = (stringValue: string, more = {}): unknown =>
      partial({ name: 'a', id: 'p1', partialArgs: [{ jsonPath: '$.x', stringValue }], ...more })
    const answer = await decode(
      chunk([piece('1')]),
      chunk([piece('2')]),
      chunk([{ functionCall: { args: { x: '12' } } }], 'STOP'),
    )
    expect(results(answer)).toEqual([['a', { x: '12' }]])
  })

  test('4 an id that comes again behind a whole call is another call', async () => {
    const whole = { name: 'a', id: 'p1', partialArgs: [{ jsonPath: '$.x', numberValue: 1 }] }
    const answer = await decode(chunk([{ functionCall: whole }, { functionCall: whole }], 'STOP'))
    expect(results(answer)).toEqual([
      ['a', { x: 1 }],
      ['a', { x: 1 }],
    ])
    expect(answer.calls[0]?.toolCallId).not.toBe(answer.calls[1]?.toolCallId)
  })

  test('args without a name, behind a call that was whole, are a call of their own', async () => {
    const answer = await decode(
      chunk(
        [call('a', { x: 1 }), { functionCall: {} }, { functionCall: { args: { y: 2 } } }],
        'STOP',
      ),
    )
    expect(results(answer)).toEqual([
      ['a', { x: 1 }],
      ['', { y: 2 }],
    ])
  })

  test.each(['x', '$', '$[0]', '$.a[', '$.a..b', '$.a[99999]', '', 7])(
    '4 the path %j is a protocol error',
    async (jsonPath) => {
      const piece = { jsonPath, stringValue: '1' }
      const answer = await decode(chunk([partial({ name: 'a', partialArgs: [piece] })]), stop)
      expect(answer.error?.code).toBe('MODEL_PROTOCOL')
      expect(answer.calls.every((each) => each.problem === 'truncated')).toBe(true)
    },
  )

  test('5 empty text says nothing, unless it carries a signature; a signature may stand alone', async () => {
    const answer = await decode(
      chunk([{ text: '' }, { text: 'Hi' }]),
      chunk([{ text: '', thoughtSignature: 'S+1/=' }, { thoughtSignature: 'S2' }]),
      chunk([{ text: ' there', thoughtSignature: 'S3' }], 'STOP'),
    )
    expect(answer.text).toBe('Hi there')
    expect(answer.events.map(({ type }) => type)).toEqual([
      'text-delta',
      'provider-state',
      'provider-state',
      'text-delta',
      'provider-state',
      'finish',
    ])
    expect(answer.states.map(({ state }) => state)).toEqual([
      { text: '', thoughtSignature: 'S+1/=' },
      { thoughtSignature: 'S2' },
      { text: ' there', thoughtSignature: 'S3' },
    ])
  })

  test('6 candidates without content and content without parts say nothing', async () => {
    const answer = await decode(
      { candidates: [{ index: 0 }] },
      { candidates: [{ content: { role: 'model' } }] },
      { candidates: [] },
      { usageMetadata: { promptTokenCount: 3 } },
      stop,
    )
    expect([answer.text, answer.finish.reason]).toEqual(['', 'stop'])
  })

  test('6 a blocked prompt is an error that says why, and is not sent again', async () => {
    const answer = await decode({ promptFeedback: { blockReason: 'PROHIBITED_CONTENT' } })
    expect(answer.error).toMatchObject({
      code: 'MODEL_PROVIDER',
      providerCode: 'PROHIBITED_CONTENT',
      retryable: false,
    })
    expect(answer.finish).toMatchObject({ reason: 'error', rawReason: 'PROHIBITED_CONTENT' })
  })

  test.each(['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'TOO_MANY_TOOL_CALLS', 10])(
    '7 %s is an error that quotes the model, and runs nothing that is half',
    async (finishReason) => {
      const finishMessage = 'Malformed function call: print(default_api.look(at="Rome"))'
      const answer = await decode(
        chunk([{ text: 'Sure' }, call('look', { at: 1 }), partial({ name: 'b' })]),
        { candidates: [{ finishReason, finishMessage }] },
      )
      expect(answer.error).toMatchObject({
        code: 'MODEL_PROVIDER',
        retryable: true,
        failedGeneration: finishMessage,
        message: expect.stringContaining('at="Rome"'),
      })
      expect(results(answer)).toEqual([
        ['look', { at: 1 }],
        ['b', 'truncated'],
      ])
      expect(answer.finish).toMatchObject({ reason: 'error', rawReason: `${finishReason}` })
    },
  )

  test('8 text goes on behind a first finish, and the last reason counts', async () => {
    const answer = await decode(
      chunk([call('server_tool', { q: 1 })], 'STOP'),
      chunk([
        {
          functionResponse: { name: 'server_tool', response: { ok: true } },
          thoughtSignature: 'S',
        },
      ]),
      chunk([{ text: 'Found' }], 'MAX_TOKENS'),
    )
    expect([answer.text, answer.states]).toEqual(['Found', []])
    expect(answer.finish).toMatchObject({ reason: 'length', rawReason: 'MAX_TOKENS' })
  })

  test('9 an error may be a chunk, also in an array, and calls before it do not run', async () => {
    const error = { code: 503, message: 'Overloaded', status: 'UNAVAILABLE' }
    for (const event of [{ error }, [{ error }]]) {
      const answer = await decode(chunk([call('look', { at: 1 })]), event)
      expect(answer.error).toMatchObject({ message: expect.stringContaining('Overloaded') })
      expect(answer.error).toMatchObject({ providerCode: '503', retryable: true })
      expect(answer.calls[0]).toMatchObject({ problem: 'truncated' })
    }
  })

  test('9 without alt=sse the answer is one array, and is read as it comes', async () => {
    const chunks = [chunk([{ text: '[{"\\' }]), chunk([call('a', { x: '}]' })]), stop]
    const bodies = [
      JSON.stringify(chunks),
      JSON.stringify(chunks, null, 2),
      `[${chunks.map((each) => JSON.stringify(each)).join('\r\n,\r\n')}\r\n]\r\n`,
      chunks.map((each) => JSON.stringify(each)).join('\n'),
    ]
    for (const body of bodies)
      for (let seed = 1; seed < 8; seed++) {
        const answer = await decodeBytes(split(new TextEncoder().encode(body), seed))
        expect(violations(answer)).toEqual([])
        expect(answer.text).toBe('[{"\\')
        expect(results(answer)).toEqual([['a', { x: '}]' }]])
        expect(answer.error).toBeUndefined()
      }
    const early = new ReadableStream<Uint8Array>({
      start: (body) => body.enqueue(new TextEncoder().encode(bodies[0]!.slice(0, -10))),
    })
    const model = gemini({ model: 'm', fetch: async () => new Response(early) })
    for await (const event of model.stream({ messages: [] })) {
      expect(event).toEqual({ type: 'text-delta', text: '[{"\\' })
      break
    }
  })

  test('9 an array that breaks off is an error, and its calls do not run', async () => {
    const body = JSON.stringify([chunk([call('a', { x: 1 })]), stop])
    const answer = await decodeBytes(body.slice(0, -20))
    expect(violations(answer)).toEqual([])
    expect(answer.error?.code).toBe('MODEL_PROTOCOL')
    expect(results(answer)).toEqual([['a', 'truncated']])
    const only = await decodeBytes('[{"error":{"code":400,"message":"No such model"}}]')
    expect(only.error?.message).toContain('No such model')
  })

  test('10 what the server ran is no call and no text, and is kept in its place', async () => {
    const code = { executableCode: { language: 'PYTHON', code: '1+1' }, thoughtSignature: 'S' }
    const output = { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '2' } }
    const answer = await decode(chunk([code]), chunk([output]), chunk([{ text: '2' }], 'STOP'))
    expect(answer.calls).toEqual([])
    expect(answer.text).toBe('2')
    expect(answer.states.map(({ state }) => state)).toEqual([code, output])
  })

  test('11 parallel calls come in one chunk or several; other candidates are left out', async () => {
    const other = { content: { parts: [call('other'), { text: 'other' }] }, index: 1 }
    const answer = await decode(
      {
        candidates: [{ content: { parts: [call('a', { n: 1 }), call('a', { n: 2 })] } }, other],
      },
      { candidates: [other] },
      chunk([call('a', { n: 3 })], 'STOP'),
    )
    expect(results(answer)).toEqual([
      ['a', { n: 1 }],
      ['a', { n: 2 }],
      ['a', { n: 3 }],
    ])
    expect(answer.text).toBe('')
  })
})

test('a call begins where it stands among texts, and its signature belongs to it', async () => {
  const signed = { ...(call('look', {}) as object), thoughtSignature: 'S' }
  const answer = await decode(chunk([signed]), chunk([{ text: 'Looking.' }], 'STOP'))
  const [first] = answer.calls
  expect(answer.events[0]).toMatchObject({ type: 'tool-input-start', toolName: 'look' })
  expect(answer.states).toEqual([
    {
      type: 'provider-state',
      format: 'gemini',
      toolCallId: first?.toolCallId,
      state: { thoughtSignature: 'S' },
    },
  ])
})

test('thoughts are reasoning', async () => {
  const answer = await decode(
    chunk([{ text: 'Hm', thought: true }]),
    chunk([{ text: 'A' }], 'STOP'),
  )
  expect([answer.reasoning, answer.text]).toEqual(['Hm', 'A'])
  expect(answer.states).toEqual([])
})

test.each([
  ['STOP', 'stop'],
  [1, 'stop'],
  ['MAX_TOKENS', 'length'],
  [2, 'length'],
  ['SAFETY', 'content-filter'],
  ['RECITATION', 'content-filter'],
  ['IMAGE_SAFETY', 'content-filter'],
  ['SPII', 'content-filter'],
  [8, 'content-filter'],
  ['LANGUAGE', 'other'],
  ['OTHER', 'other'],
  ['SOMETHING_NEW', 'other'],
])('the reason %j is %s', async (finishReason, reason) => {
  const answer = await decode(chunk([{ text: 'a' }], finishReason))
  expect(answer.finish).toMatchObject({ reason, rawReason: `${finishReason}` })
})

test('an unspecified reason is none', async () => {
  const answer = await decode(chunk([{ text: 'a' }], 'FINISH_REASON_UNSPECIFIED'))
  expect(answer.finish).toMatchObject({ reason: 'error', rawReason: null })
})

test('usage grows; thoughts are output, and results of the tools of the server input', async () => {
  const answer = await decode(
    chunk([{ text: 'a' }], undefined, {
      usageMetadata: { promptTokenCount: 9, totalTokenCount: 9 },
    }),
    chunk([], 'STOP', {
      usageMetadata: {
        promptTokenCount: 10,
        toolUsePromptTokenCount: 5,
        candidatesTokenCount: 3,
        thoughtsTokenCount: 4,
        cachedContentTokenCount: 2,
        totalTokenCount: 22,
      },
    }),
    { usageMetadata: { trafficType: 'ON_DEMAND' } },
  )
  expect(answer.finish.usage).toEqual({
    inputTokens: 15,
    outputTokens: 7,
    totalTokens: 22,
    reasoningTokens: 4,
    cachedInputTokens: 2,
  })
})

test('an answer that stops without a reason is an error, also behind [DONE]', async () => {
  const answer = await decode(chunk([{ text: 'a' }, call('b', { x: 1 })]), '[DONE]')
  expect(answer.error).toMatchObject({ code: 'MODEL_PROTOCOL' })
  expect(answer.error?.message).toContain('stopped before')
  expect(results(answer)).toEqual([['b', 'truncated']])
  const done = await decode(chunk([call('b', { x: 1 })], 'STOP'), '[DONE]')
  expect(results(done)).toEqual([['b', { x: 1 }]])
})

test('what breaks behind the finish takes nothing from the calls', async () => {
  const whole = chunk([call('a', {})], 'STOP')
  const broken = new ReadableStream<Uint8Array>({
    start: (body) => body.enqueue(new TextEncoder().encode(sse(whole))),
    pull: (body) => body.error(new TypeError('terminated')),
  })
  const network = await decodeBytes(broken)
  expect(violations(network)).toEqual([])
  expect([results(network), network.finish.reason]).toEqual([[['a', {}]], 'tool-calls'])
  for (const last of [{ error: { code: 500, message: 'Gone' } }, '{"half']) {
    const failed = await decodeBytes(`${sse(whole)}${sse(last)}${sse('[DONE]')}`)
    expect(violations(failed)).toEqual([])
    expect([results(failed), failed.finish.reason]).toEqual([[['a', {}]], 'error'])
  }
  const cut = new ReadableStream<Uint8Array>({
    start: (body) => body.enqueue(new TextEncoder().encode(sse(chunk([call('a', {})])))),
    pull: (body) => body.error(new TypeError('terminated')),
  })
  expect((await decodeBytes(cut)).error?.code).toBe('MODEL_NETWORK')
})

test.each([
  ['', 'no event'],
  ['hello', 'no event'],
  ['{"data":1}', 'no event'],
  ['<!doctype html><title>Sign in</title>', 'Sign in'],
])('a 200 with %j is an error that says so', async (body, words) => {
  const answer = await decodeBytes(body)
  expect(answer.error).toMatchObject({ code: 'MODEL_PROTOCOL' })
  expect(answer.error?.message).toContain(words)
})

test('an event that cannot be read is an error, and takes nothing from calls before it', async () => {
  const answer = await decode(chunk([call('a', { x: 1 })]), '{"candidates":[{"content"', stop)
  expect(answer.error?.code).toBe('MODEL_PROTOCOL')
  expect(results(answer)).toEqual([['a', { x: 1 }]])
  const array = await decodeBytes(`[${JSON.stringify(chunk([{ text: 'a' }]))},nonsense\n]`)
  expect(array.error?.message).toContain('nonsense')
})

describe('partial arguments without end', () => {
  const begin = chunk([partial({ name: 'write' })])
  const piece = (jsonPath: string, stringValue: string): unknown =>
    chunk([{ functionCall: { partialArgs: [{ jsonPath, stringValue }] } }])

  test('an input that has no room for its end is cut, and an error says so', async () => {
    const long = 'x'.repeat(4 * 1024 * 1024 - 7)
    const answer = await decode(begin, piece('$.a', long), stop)
    expect(answer.error).toMatchObject({ code: 'MODEL_PROTOCOL' })
    expect(results(answer)).toEqual([['write', 'truncated']])
    const room = await decode(begin, piece('$.a', long.slice(10)), stop)
    expect(room.calls[0]?.input).toEqual({ a: long.slice(10) })
  })

  test('a path is no deeper than an input may be', async () => {
    const deep = await decode(begin, piece(`$${'.a'.repeat(257)}`, 'x'), stop)
    expect(deep.error?.message).toContain('path')
    const fits = await decode(begin, piece(`$${'.a'.repeat(256)}`, 'x'), stop)
    expect(results(fits)).toEqual([['write', expect.any(Object)]])
  })
})
