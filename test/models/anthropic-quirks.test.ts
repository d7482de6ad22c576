import { describe, expect, test } from 'vitest'
import { anthropic } from '../../src/models/anthropic.ts'
import { type Answer, ask, sse, violations } from './answer.ts'

/** What the adapter makes of a body. */
async function decodeBody(body: string): Promise<Answer> {
  const answer = await ask(anthropic({ model: 'm', fetch: async () => new Response(body) }))
  const same = answer.calls.length === new Set(answer.calls.map((call) => call.toolCallId)).size
  expect([violations(answer), same]).toEqual([[], true])
  return answer
}

function decode(...events: readonly unknown[]): Promise<Answer> {
  return decodeBody(events.flat().map(sse).join(''))
}

const start = (more = {}): unknown => ({
  type: 'message_start',
  message: {
    id: 'msg_1',
    role: 'assistant',
    content: [],
    stop_reason: null,
    usage: { input_tokens: 5, output_tokens: 1 },
    ...more,
  },
})
const open = (index: number, block: unknown): unknown => ({
  type: 'content_block_start',
  index,
  content_block: block,
})
const delta = (index: number, piece: unknown): unknown => ({
  type: 'content_block_delta',
  index,
  delta: piece,
})
const input = (index: number, json: string): unknown =>
  delta(index, { type: 'input_json_delta', partial_json: json })
const stop = (index: number): unknown => ({ type: 'content_block_stop', index })
const reason = (stopReason: string, more = {}): unknown => ({
  type: 'message_delta',
  delta: { stop_reason: stopReason, stop_sequence: null, stop_details: null },
  usage: { output_tokens: 9 },
  ...more,
})
const over = { type: 'message_stop' }

const use = (id: string, more = {}): unknown => ({
  type: 'tool_use',
  id,
  name: 'look',
  input: {},
  ...more,
})
/** A block that is a whole call. */
const call = (index: number, id: string, ...pieces: readonly string[]): unknown[] => [
  open(index, use(id)),
  ...pieces.map((piece) => input(index, piece)),
  stop(index),
]
const text = (index: number, said: string): unknown[] => [
  open(index, { type: 'text', text: '' }),
  delta(index, { type: 'text_delta', text: said }),
  stop(index),
]
const settled = ({ calls }: Answer): readonly unknown[] =>
  calls.map((each) => [each.toolCallId, each.input ?? each.problem])

describe('the quirks of Anthropic Messages', () => {
  test('1 a first empty piece, only empty pieces, and none at all are input or none', async () => {
    const answer = await decode(
      start(),
      call(0, 'a', '', '{"at"', ': 1}'),
      call(1, 'b', ''),
      call(2, 'c'),
      reason('tool_use'),
      over,
    )
    expect(settled(answer)).toEqual([
      ['a', { at: 1 }],
      ['b', {}],
      ['c', {}],
    ])
    expect(answer.finish).toMatchObject({ reason: 'tool-calls', rawReason: 'tool_use' })
  })

  test('1 a call begins to be shown with its block, long before its input', async () => {
    const answer = await decode(start(), open(0, use('a')), text(1, 'Hi'))
    expect(answer.events.slice(0, 2)).toEqual([
      { type: 'tool-input-start', toolCallId: 'a', toolName: 'look' },
      { type: 'text-delta', text: 'Hi' },
    ])
  })

  test('1 calls begin and end in the order of their blocks, also where the blocks overlap', async () => {
    const answer = await decode(
      start(),
      open(0, use('a')),
      open(1, use('b')),
      input(1, '{"at":2}'),
      stop(1),
      text(2, 'Hi'),
      input(0, '{"at":1}'),
      stop(0),
      reason('tool_use'),
      over,
    )
    expect(settled(answer)).toEqual([
      ['a', { at: 1 }],
      ['b', { at: 2 }],
    ])
    expect(answer.events.map(({ type }) => type).slice(0, 4)).toEqual([
      'tool-input-start',
      'tool-input-start',
      'tool-input-delta',
      'text-delta',
    ])
  })

  test('2 input that is no JSON in a closed block is malformed, with its text', async () => {
    const answer = await decode(
      start(),
      call(0, 'a', '{"name": Dave,', ' "at": 1}'),
      reason('tool_use'),
      over,
    )
    expect(answer.calls[0]).toMatchObject({
      problem: 'malformed',
      inputText: '{"name": Dave, "at": 1}',
    })
    expect(answer.error).toBeUndefined()
  })

  test('3 the input may come whole with the start of the block, and pieces count over it', async () => {
    const answer = await decode(
      start(),
      open(0, use('a', { input: { at: 1 } })),
      stop(0),
      open(1, use('b', { input: { at: 1 } })),
      input(1, '{"at":2}'),
      stop(1),
      reason('tool_use'),
      over,
    )
    expect(settled(answer)).toEqual([
      ['a', { at: 1 }],
      ['b', { at: 2 }],
    ])
  })

  test('3 a programmatic call may come whole with the start of the message', async () => {
    const caller = { type: 'code_execution_1', tool_id: 'srv_1' }
    const answer = await decode(
      start({
        content: [use('a', { input: { at: 1 }, caller })],
        container: { id: 'container_1', expires_at: 'soon' },
        stop_reason: 'tool_use',
      }),
      over,
    )
    expect(settled(answer)).toEqual([['a', { at: 1 }]])
    expect(answer.finish).toMatchObject({ reason: 'tool-calls', rawReason: 'tool_use' })
    expect(answer.states.map(({ toolCallId, state }) => [toolCallId, state])).toEqual([
      ['a', { caller }],
      [undefined, { container: 'container_1' }],
    ])
  })

  test.each(['server_tool_use', 'mcp_tool_use'])(
    '4 %s is the work of the server: no call, but kept with its result',
    async (type) => {
      const result = { type: 'web_search_tool_result', tool_use_id: 's', content: [{ x: 'é' }] }
      const answer = await decode(
        start(),
        open(0, { type, id: 's', name: 'web_search', input: {} }),
        input(0, ''),
        input(0, '{"query": "a'),
        input(0, ' b"}'),
        stop(0),
        open(1, result),
        stop(1),
        text(2, 'Found.'),
        reason('end_turn'),
        over,
      )
      expect(answer.calls).toEqual([])
      expect(answer.states.map(({ state }) => state)).toEqual([
        { type, id: 's', name: 'web_search', input: { query: 'a b' } },
        result,
      ])
      expect([answer.text, answer.finish.reason]).toEqual(['Found.', 'stop'])
    },
  )

  test('5 the caller of a call is kept with it', async () => {
    const answer = await decode(
      start(),
      open(0, use('a', { caller: { type: 'direct' } })),
      stop(0),
      reason('tool_use'),
      over,
    )
    expect(answer.states).toMatchObject([
      { toolCallId: 'a', state: { caller: { type: 'direct' } } },
    ])
  })

  test('6 an error inside a 200 ends the turn: a block that was closed is whole, one that was not is cut', async () => {
    const answer = await decode(
      start(),
      call(0, 'a', '{"at":1}'),
      open(1, use('b')),
      input(1, '{"at":2}'),
      { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
    )
    expect(settled(answer)).toEqual([
      ['a', { at: 1 }],
      ['b', 'truncated'],
    ])
    expect(answer.error).toMatchObject({
      code: 'MODEL_PROVIDER',
      retryable: true,
      providerCode: 'overloaded_error',
    })
    expect(answer.finish).toMatchObject({ reason: 'error', rawReason: null })
  })

  test('6 a stream that ends without message_stop is an error', async () => {
    const whole = [start(), text(0, 'Hi'), reason('end_turn')]
    expect((await decode(...whole)).error).toMatchObject({ code: 'MODEL_PROTOCOL' })
    expect((await decode(...whole, over)).error).toBeUndefined()
    expect((await decode(start(), call(0, 'a'))).calls[0]?.problem).toBe('truncated')
  })

  test('7 a second start of the same message changes nothing, one of another is an error', async () => {
    const first = [start(), open(0, use('a')), input(0, '{"at":')]
    const again = await decode(...first, start(), input(0, '1}'), stop(0), reason('tool_use'), over)
    expect(settled(again)).toEqual([['a', { at: 1 }]])
    const spliced = await decode(
      ...first,
      start({ id: 'msg_2' }),
      call(0, 'b', '{"at":2}'),
      reason('tool_use'),
      over,
    )
    expect(settled(spliced)).toEqual([['a', 'truncated']])
    expect(spliced.error).toMatchObject({ code: 'MODEL_PROTOCOL' })
  })

  test('7 a block that begins inside another with its index is an error, one behind it is another block', async () => {
    const inside = await decode(start(), open(0, use('a')), input(0, '{"a"'), open(0, use('b')))
    expect(settled(inside)).toEqual([['a', 'truncated']])
    expect(inside.error).toMatchObject({ code: 'MODEL_PROTOCOL' })
    const behind = await decode(
      start(),
      call(0, 'a', '{"at":1}'),
      call(0, 'b', '{"at":2}'),
      reason('tool_use'),
      over,
    )
    expect(settled(behind)).toEqual([
      ['a', { at: 1 }],
      ['b', { at: 2 }],
    ])
    const twice = await decode(
      start(),
      open(0, use('a')),
      open(0, use('a')),
      input(0, '{"at":1}'),
      stop(0),
      open(0, use('a')),
      reason('tool_use'),
      over,
    )
    expect(settled(twice)).toEqual([['a', { at: 1 }]])
  })

  test('8 [DONE] after the end, and in its place, does no harm', async () => {
    const done = 'event: data\ndata: [DONE]\n\n'
    const whole = [start(), ...text(0, 'Hi'), reason('end_turn')].map(sse).join('')
    for (const body of [whole + sse(over) + done, whole + done]) {
      const answer = await decodeBody(body)
      expect([answer.text, answer.finish.reason]).toEqual(['Hi', 'stop'])
    }
    expect((await decodeBody(sse(start()) + done)).error).toMatchObject({ code: 'MODEL_PROTOCOL' })
  })

  test('9 pause_turn is no turn for tools, and refusal no success', async () => {
    const paused = await decode(start(), text(0, 'Wait'), reason('pause_turn'), over)
    expect(paused.finish).toMatchObject({ reason: 'other', rawReason: 'pause_turn', paused: true })
    // What waits for a result of the client, or ends for another reason, is no pause.
    for (const other of [
      await decode(start(), call(0, 'toolu_1'), reason('pause_turn'), over),
      await decode(start(), text(0, 'Wait'), reason('new_reason'), over),
    ])
      expect(other.finish).not.toHaveProperty('paused')
    const refused = await decode(
      start(),
      text(0, 'Well'),
      reason('refusal', {
        delta: { stop_reason: 'refusal', stop_details: { type: 'refusal', explanation: 'x' } },
      }),
      over,
    )
    expect([refused.text, refused.finish.reason]).toEqual(['Well', 'content-filter'])
  })

  test('10 ids stay as the cloud that serves the model writes them', async () => {
    const answer = await decode(
      start(),
      call(0, 'toolu_vrtx_01'),
      call(1, 'toolu_bdrk_01'),
      reason('tool_use'),
      over,
    )
    expect(answer.calls.map((each) => each.toolCallId)).toEqual(['toolu_vrtx_01', 'toolu_bdrk_01'])
  })
})

test.each(['max_tokens', 'model_context_window_exceeded'])(
  '%s cuts the last block, though it is closed, and no other',
  async (limit) => {
    const cut = async (last: readonly string[]): Promise<Answer> =>
      decode(start(), call(0, 'a'), call(1, 'b', ...last), reason(limit), over)
    for (const pieces of [[], [''], ['{"at": "x']]) {
      const answer = await cut(pieces)
      expect(settled(answer)).toEqual([
        ['a', {}],
        ['b', 'truncated'],
      ])
      expect(answer.finish.reason).toBe('length')
    }
    expect(settled(await cut(['{"at":1}']))[1]).toEqual(['b', { at: 1 }])
  },
)

test('thinking, its signature and what was redacted are kept whole, also in two blocks', async () => {
  const thinking = (index: number, said: string, signature: string): unknown[] => [
    open(index, { type: 'thinking', thinking: '', signature: '' }),
    delta(index, { type: 'thinking_delta', thinking: said.slice(0, 3) }),
    delta(index, { type: 'thinking_delta', thinking: said.slice(3) }),
    delta(index, { type: 'signature_delta', signature }),
    stop(index),
  ]
  const answer = await decode(
    start(),
    thinking(0, 'First é\u0000', 'S+/='),
    open(1, { type: 'redacted_thinking', data: 'R+/=' }),
    stop(1),
    call(2, 'a', '{"at":1}'),
    thinking(3, 'Second', 'T+/='),
    reason('tool_use'),
    over,
  )
  expect(answer.reasoning).toBe('First é\u0000Second')
  expect(answer.states.map(({ state }) => state)).toEqual([
    { type: 'thinking', thinking: 'First é\u0000', signature: 'S+/=' },
    { type: 'redacted_thinking', data: 'R+/=' },
    { type: 'thinking', thinking: 'Second', signature: 'T+/=' },
  ])
})

test('citations are kept with the text that they belong to, and compaction is no text', async () => {
  const citation = { type: 'web_search_result_location', encrypted_index: 'E+/=' }
  const answer = await decode(
    start(),
    open(0, { type: 'compaction', content: null }),
    delta(0, { type: 'compaction_delta', content: 'So far' }),
    delta(0, { type: 'compaction_delta', content: ' so good' }),
    stop(0),
    open(1, { type: 'text', text: '', citations: [] }),
    delta(1, { type: 'text_delta', text: 'Cited' }),
    delta(1, { type: 'citations_delta', citation }),
    stop(1),
    reason('end_turn'),
    over,
  )
  expect(answer.text).toBe('Cited')
  expect(answer.states.map(({ state }) => state)).toEqual([
    { type: 'compaction', content: 'So far so good' },
    { type: 'text', text: 'Cited', citations: [citation] },
  ])
})

test('thinking that was cut is not kept, since its signature is missing', async () => {
  const answer = await decode(
    start(),
    open(0, { type: 'thinking', thinking: 'Hm', signature: '' }),
    { type: 'error', error: { type: 'api_error', message: 'Gone' } },
  )
  expect([answer.reasoning, answer.states]).toEqual(['Hm', []])
})

test('unknown events, blocks, pieces and fields are skipped, and a text may lack its start', async () => {
  const answer = await decode(
    { type: 'ping' },
    start(),
    { type: 'future_event', index: 0 },
    open(0, { type: 'future_block', at: 1 }),
    delta(0, { type: 'future_delta', text: 'x' }),
    stop(0),
    delta(1, { type: 'text_delta', text: 'Hi' }),
    input(7, '{"at":1}'),
    stop(9),
    reason('end_turn'),
    over,
  )
  expect([answer.text, answer.calls, answer.states]).toEqual(['Hi', [], []])
  expect(answer.finish.reason).toBe('stop')
})

test('pieces behind the end of a block change nothing', async () => {
  const answer = await decode(
    start(),
    call(0, 'a', '{"at":1}'),
    input(0, '{"at":2}'),
    text(1, 'x'),
    delta(1, { type: 'text_delta', text: 'y' }),
    reason('tool_use'),
    over,
  )
  expect([settled(answer), answer.text]).toEqual([[['a', { at: 1 }]], 'x'])
})

test('S7 the event field tells the type where the data does not', async () => {
  const typed = (event: string, data: object): string =>
    `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
  const answer = await decodeBody(
    typed('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Hi' } }) +
      typed('message_delta', { delta: { stop_reason: 'end_turn' } }) +
      typed('message_stop', {}),
  )
  expect([answer.text, answer.finish.reason]).toEqual(['Hi', 'stop'])
})

test('S8 an event that cannot be read is a protocol error, and closed blocks before it are whole', async () => {
  const answer = await decode(
    start(),
    call(0, 'a', '{"at":1}'),
    open(1, use('b')),
    '{"type":"content_block_delta"{"type":"ping"}',
    reason('tool_use'),
    over,
  )
  expect(settled(answer)).toEqual([
    ['a', { at: 1 }],
    ['b', 'truncated'],
  ])
  expect(answer.error).toMatchObject({ code: 'MODEL_PROTOCOL' })
})

test('S9 a whole message may come instead of a stream, and an error in any envelope', async () => {
  const message = {
    type: 'message',
    id: 'msg_1',
    content: [
      { type: 'thinking', thinking: 'Hm', signature: 'S' },
      { type: 'text', text: 'Hi' },
      use('a', { input: { at: 1 } }),
    ],
    stop_reason: 'tool_use',
    usage: { input_tokens: 3, output_tokens: 4 },
  }
  for (const body of [message, { data: message, success: true }]) {
    const answer = await decodeBody(JSON.stringify(body))
    expect([answer.reasoning, answer.text, settled(answer)]).toEqual([
      'Hm',
      'Hi',
      [['a', { at: 1 }]],
    ])
    expect(answer.finish).toMatchObject({ reason: 'tool-calls', usage: { totalTokens: 7 } })
  }
  for (const [body, code] of [
    ['{"type":"error","error":{"type":"api_error","message":"No"}}', 'MODEL_PROVIDER'],
    ['{"error":{"message":"No"}}', 'MODEL_PROVIDER'],
    ['{"detail":"Not Found"}', 'MODEL_PROVIDER'],
    ['{"data":null,"success":false}', 'MODEL_PROTOCOL'],
    ['<!doctype html>', 'MODEL_PROTOCOL'],
    ['', 'MODEL_PROTOCOL'],
  ] as const)
    expect((await decodeBody(body)).error?.code).toBe(code)
})

test('usage adds up, with what the cache gave, and later counts correct earlier ones', async () => {
  const answer = await decode(
    start({
      usage: {
        input_tokens: 5,
        output_tokens: 1,
        cache_read_input_tokens: 100,
        cache_creation_input_tokens: 20,
      },
    }),
    reason('end_turn', {
      usage: {
        input_tokens: 7,
        output_tokens: 9,
        cache_read_input_tokens: null,
        output_tokens_details: { thinking_tokens: 4 },
      },
    }),
    over,
  )
  expect(answer.finish.usage).toEqual({
    inputTokens: 127,
    outputTokens: 9,
    totalTokens: 136,
    reasoningTokens: 4,
    cachedInputTokens: 100,
  })
})

describe('what lost events may not do', () => {
  test('an input that came with the start counts where the stop was lost', async () => {
    const answer = await decode(
      start(),
      open(0, use('a', { input: { at: 1 } })),
      reason('tool_use'),
      over,
    )
    expect(settled(answer)).toEqual([['a', { at: 1 }]])
  })

  test('a call whose input and stop were lost is cut', async () => {
    const answer = await decode(start(), open(0, use('a')), reason('tool_use'), over)
    expect(settled(answer)).toEqual([['a', 'truncated']])
  })

  test('where an input has no room, it and what stands behind it are cut', async () => {
    const answer = await decode(
      start(),
      open(0, use('a', { input: { at: 'x'.repeat(5_000_000) } })),
      open(1, use('b', { input: { at: 2 } })),
      reason('tool_use'),
      over,
    )
    expect(answer.error?.message).toContain('longer than 4194304')
    expect(settled(answer)).toEqual([
      ['a', 'truncated'],
      ['b', 'truncated'],
    ])
  })

  test('an error in plain text cuts the calls that are open', async () => {
    const body = [start(), open(0, use('a')), input(0, '{"at":1}')].map(sse).join('')
    const answer = await decodeBody(`${body}event: error\ndata: upstream gone\n\n`)
    expect(answer.error).toMatchObject({ code: 'MODEL_PROVIDER' })
    expect(settled(answer)).toEqual([['a', 'truncated']])
  })

  test('counts that no number holds are left out', async () => {
    const counts = '{"type":"message_delta","delta":{},"usage":{"output_tokens":1e400}}'
    const { finish } = await decode(start(), text(0, 'Hi'), reason('end_turn'), counts, over)
    expect(finish.usage).toEqual({ inputTokens: 5 })
  })
})
