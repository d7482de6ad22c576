import { describe, expect, test } from 'vitest'
import { openaiResponses } from '../../src/models/openai-responses.ts'
import { type Answer, ask, sse, violations } from './answer.ts'

/** What the adapter makes of a body. */
async function decodeBody(body: string): Promise<Answer> {
  return ask(openaiResponses({ model: 'm', fetch: async () => new Response(body) }))
}

async function decode(...events: readonly unknown[]): Promise<Answer> {
  const answer = await decodeBody(events.flat().map(sse).join(''))
  expect(violations(answer)).toEqual([])
  return answer
}

const created = { type: 'response.created', response: { id: 'resp_1', status: 'in_progress' } }
const added = (at: number, item: unknown): unknown => ({
  type: 'response.output_item.added',
  output_index: at,
  item,
})
const finished = (at: number, item: unknown): unknown => ({
  type: 'response.output_item.done',
  output_index: at,
  item,
})
const input = (at: number, delta: string, more = {}): unknown => ({
  type: 'response.function_call_arguments.delta',
  output_index: at,
  item_id: `fc_${at}`,
  delta,
  ...more,
})
const said = (at: number, delta: string, more = {}): unknown => ({
  type: 'response.output_text.delta',
  output_index: at,
  content_index: 0,
  delta,
  ...more,
})
const ended = (status: string, more = {}): unknown => ({
  type: `response.${status}`,
  response: { id: 'resp_1', status, output: [], ...more },
})
const completed = ended('completed')

const fc = (at: number, args: string, more = {}): object => ({
  id: `fc_${at}`,
  type: 'function_call',
  status: 'completed',
  call_id: `call_${at}`,
  name: 'look',
  arguments: args,
  ...more,
})
/** An item that is a whole call. */
const call = (at: number, args: string, more = {}): unknown[] => [
  added(at, fc(at, '', { status: 'in_progress', ...more })),
  input(at, args),
  finished(at, fc(at, args, more)),
]
const message = (text: string, more = {}): object => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text, annotations: [] }],
  ...more,
})
const settled = ({ calls }: Answer): readonly unknown[] =>
  calls.map((each) => [each.toolCallId, each.input ?? each.problem])

describe('the quirks of OpenAI Responses', () => {
  test('1 the call has the id that pairs its result, and keeps the one of its item', async () => {
    const answer = await decode(created, call(0, '{"at":1}'), completed)
    expect(settled(answer)).toEqual([['call_0', { at: 1 }]])
    expect(answer.states).toMatchObject([
      { toolCallId: 'call_0', state: { id: 'fc_0', type: 'function_call' } },
    ])
    expect(answer.finish).toMatchObject({ reason: 'tool-calls', rawReason: 'completed' })
  })

  test('2 ids of items may change with every event', async () => {
    const answer = await decode(
      created,
      added(0, fc(0, '', { id: 'a' })),
      input(0, '{"at"', { item_id: 'b' }),
      added(1, fc(1, '', { id: 'c' })),
      input(1, '{"at":2}', { item_id: 'd' }),
      input(0, ':1}', { item_id: 'e' }),
      finished(0, fc(0, '{"at":1}', { id: 'f' })),
      finished(1, fc(1, '{"at":2}', { id: 'g' })),
      ended('completed', {
        output: [fc(0, '{"at":1}', { id: 'h' }), fc(1, '{"at":2}', { id: 'i' })],
      }),
    )
    expect(settled(answer)).toEqual([
      ['call_0', { at: 1 }],
      ['call_1', { at: 2 }],
    ])
    expect(answer.states.map(({ state }) => (state as { id: string }).id)).toEqual(['f', 'g'])
  })

  test('3 what did not stream is taken from the last event, and what did is not taken twice', async () => {
    const reasoning = { id: 'rs_1', type: 'reasoning', summary: [], encrypted_content: 'E' }
    const output = [reasoning, message('Hi'), fc(2, '{"at":1}')]
    const alone = await decode(created, ended('completed', { output }))
    expect([alone.text, settled(alone)]).toEqual(['Hi', [['call_2', { at: 1 }]]])
    expect(alone.states).toContainEqual(expect.objectContaining({ state: reasoning }))
    const streamed = await decode(
      created,
      added(0, reasoning),
      finished(0, reasoning),
      said(1, 'Hi'),
      call(2, '{"at":1}'),
      // The places differ, since something was left out.
      ended('completed', { output: output.slice(1) }),
    )
    expect([streamed.text, settled(streamed)]).toEqual(['Hi', [['call_2', { at: 1 }]]])
    expect(streamed.states.filter(({ toolCallId }) => !toolCallId)).toHaveLength(1)
  })

  test('3 a call that streamed is not taken again where its id changed', async () => {
    const output = [fc(0, '{"at":1}', { call_id: 'other' })]
    const answer = await decode(created, call(0, '{"at":1}'), ended('completed', { output }))
    expect(settled(answer)).toEqual([['call_0', { at: 1 }]])
  })

  test('4 an end that says nothing takes nothing away, and an empty opening counts for nothing', async () => {
    const answer = await decode(
      created,
      added(0, fc(0, '')),
      input(0, '{"at":1}'),
      finished(0, fc(0, '')),
      added(1, fc(1, '')),
      input(1, '{"at":2}'),
      finished(1, fc(1, '{}')),
      added(2, fc(2, '')),
      input(2, '{}{"at"'),
      input(2, ':3}'),
      finished(2, fc(2, '{}{"at":3}')),
      completed,
    )
    expect(answer.calls.map((each) => each.input)).toEqual([{ at: 1 }, { at: 2 }, { at: 3 }])
  })

  test('4 the whole input at the end counts over its pieces, and may come without any', async () => {
    const answer = await decode(
      created,
      added(0, fc(0, '')),
      { type: 'response.function_call_arguments.done', output_index: 0, arguments: '{"at":1}' },
      finished(0, fc(0, '{"at":1}')),
      added(1, fc(1, '')),
      input(1, '{"at":'),
      finished(1, fc(1, '{"at":2}')),
      added(2, fc(2, '')),
      finished(2, fc(2, '')),
      completed,
    )
    expect(settled(answer)).toEqual([
      ['call_0', { at: 1 }],
      ['call_1', { at: 2 }],
      ['call_2', {}],
    ])
    const other = await decodeBody(
      [added(0, fc(0, '')), input(0, '{"at":"lost a piece'), finished(0, fc(0, '{"at":3}'))]
        .concat(completed)
        .map(sse)
        .join(''),
    )
    expect(settled(other)).toEqual([['call_0', { at: 3 }]])
  })

  test('4 texts that come only whole are said, and none twice', async () => {
    const part = { output_index: 0, content_index: 0 }
    const answer = await decode(
      created,
      said(0, 'Hel'),
      { type: 'response.output_text.done', ...part, text: 'Hello' },
      finished(0, message('Hello')),
      { type: 'response.refusal.done', ...part, output_index: 1, refusal: 'No.' },
      finished(1, message('', { content: [{ type: 'refusal', refusal: 'No.' }] })),
      { type: 'response.reasoning_text.done', ...part, output_index: 2, text: 'Hm.' },
      { type: 'response.reasoning_summary_text.delta', output_index: 3, delta: 'So' },
      finished(3, { type: 'reasoning', summary: [{ type: 'summary_text', text: 'So it is.' }] }),
      // What was shown cannot be taken back.
      said(4, ' Bye'),
      { type: 'response.output_text.done', output_index: 4, content_index: 0, text: ' Good bye' },
      finished(4, message(' Good bye')),
      completed,
    )
    expect([answer.text, answer.refusal, answer.reasoning]).toEqual([
      'Hello Bye',
      'No.',
      'Hm.So it is.',
    ])
  })

  test('5 event fields, comments and [DONE] are not needed and do no harm', async () => {
    const typed = (event: string, data: object): string =>
      `event: ${event}\ndata: ${JSON.stringify(data)}\n\n: keep-alive\n\n`
    const answer = await decodeBody(
      typed('response.output_text.delta', { output_index: 0, delta: 'Hi' }) +
        typed('response.completed', { response: { status: 'completed' } }) +
        'data: [DONE]\n\n',
    )
    expect([answer.text, answer.finish.reason]).toEqual(['Hi', 'stop'])
    expect((await decode(created, said(0, 'Hi'), '[DONE]')).error?.code).toBe('MODEL_PROTOCOL')
  })

  test('6 what the server runs itself is no call, and is kept', async () => {
    const items = [
      { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { query: 'é' } },
      { type: 'tool_search_call', id: 'ts_1', call_id: null, execution: 'server' },
      { type: 'mcp_call', id: 'mcp_1', name: 'ask', arguments: '{"a":1}', output: 'x' },
      {
        type: 'custom_tool_call',
        id: 'ctc_1',
        call_id: 'xs_call_1',
        name: 'x_search',
        input: '{}',
      },
      { type: 'future_call', id: 'f_1' },
    ]
    const answer = await decode(
      created,
      items.flatMap((item, at) => [
        added(at, item),
        { type: 'response.custom_tool_call_input.delta', output_index: at, delta: '{}' },
        finished(at, item),
      ]),
      { type: 'response.shell_call_command.added', output_index: 9, command: 'ls' },
      completed,
    )
    expect([answer.calls, answer.finish.reason]).toEqual([[], 'stop'])
    expect(answer.states.map(({ state }) => state)).toEqual(items)
  })

  test('6 a custom call is a call, with its text as it stands', async () => {
    const item = { type: 'custom_tool_call', id: 'ctc_1', call_id: 'c', name: 'exec', input: '' }
    const answer = await decode(
      created,
      added(0, item),
      { type: 'response.custom_tool_call_input.delta', output_index: 0, delta: 'ls ' },
      { type: 'response.custom_tool_call_input.done', output_index: 0, input: 'ls -l' },
      finished(0, { ...item, input: 'ls -l' }),
      completed,
    )
    expect(answer.calls).toMatchObject([{ toolCallId: 'c', toolName: 'exec', inputText: 'ls -l' }])
    expect(answer.calls[0]).not.toHaveProperty('input')
  })

  test('7 namespace and caller are kept with the call, also where it was cut', async () => {
    const more = { namespace: 'crm', caller: { type: 'program', caller_id: 'p' } }
    const whole = await decode(created, call(0, '{}', more), completed)
    expect(whole.states).toMatchObject([{ toolCallId: 'call_0', state: more }])
    const cut = await decode(created, added(0, fc(0, '', more)))
    expect(cut.states).toMatchObject([{ toolCallId: 'call_0', state: more }])
  })

  test('8 an id that one answer uses twice becomes two', async () => {
    const answer = await decode(
      created,
      call(0, '{"at":1}', { call_id: 'same' }),
      call(1, '{"at":2}', { call_id: 'same' }),
      completed,
    )
    expect(answer.calls.map((each) => each.input)).toEqual([{ at: 1 }, { at: 2 }])
    expect(new Set(answer.calls.map((each) => each.toolCallId)).size).toBe(2)
  })

  test('9 an item that is incomplete is cut, also with no input at all', async () => {
    for (const args of ['{"at":"x', '']) {
      const answer = await decode(
        created,
        call(0, '{"at":1}'),
        added(1, fc(1, '')),
        input(1, args),
        finished(1, fc(1, args, { status: 'incomplete' })),
        ended('incomplete', { incomplete_details: { reason: 'max_output_tokens' } }),
      )
      expect(settled(answer)).toEqual([
        ['call_0', { at: 1 }],
        ['call_1', 'truncated'],
      ])
      expect(answer.finish).toMatchObject({ reason: 'length', rawReason: 'incomplete' })
    }
    const odd = await decode(
      added(0, fc(0, '')),
      finished(0, fc(0, '', { status: 'incomplete' })),
      completed,
    )
    expect(settled(odd)).toEqual([['call_0', 'truncated']])
    const told = await decode(added(0, fc(0, '')), finished(0, fc(0, '')), ended('incomplete'))
    expect(settled(told)).toEqual([['call_0', {}]])
    const untold = await decode(
      created,
      added(0, fc(0, '', { status: undefined })),
      finished(0, fc(0, '', { status: undefined })),
      ended('incomplete', { incomplete_details: { reason: 'max_output_tokens' } }),
    )
    expect(settled(untold)).toEqual([['call_0', 'truncated']])
    const filtered = await decode(
      said(0, 'Hi'),
      ended('incomplete', { incomplete_details: { reason: 'content_filter' } }),
    )
    expect(filtered.finish.reason).toBe('content-filter')
  })

  test('10 a stream that was resumed may begin anywhere, also inside a call', async () => {
    const answer = await decode(
      said(0, 'lo'),
      { type: 'response.function_call_arguments.delta', output_index: 1, delta: '1}' },
      completed,
    )
    expect([answer.text, settled(answer)]).toEqual(['lo', [[expect.any(String), 'malformed']]])
    const whole = await decodeBody(
      [input(1, '1}'), finished(1, fc(1, '{"at":1}')), completed].map(sse).join(''),
    )
    expect(whole.calls).toMatchObject([
      { toolCallId: 'call_1', toolName: 'look', input: { at: 1 } },
    ])
  })

  test('11 the wrapper that models invent for parallel calls comes out as it is', async () => {
    const args = '{"tool_uses":[{"recipient_name":"functions.look","parameters":{}}]}'
    const answer = await decode(call(0, args, { name: 'multi_tool_use.parallel' }), completed)
    expect(answer.calls).toMatchObject([{ toolName: 'multi_tool_use.parallel', inputText: args }])
  })

  test('12 several items at one place are several', async () => {
    const at0 = (event: unknown): unknown => ({ ...(event as object), output_index: 0 })
    const answer = await decode(
      [call(0, '{"at":1}'), call(1, '{"at":2}'), said(2, 'Hi'), call(3, '{"at":3}')]
        .flat()
        .map(at0),
      completed,
    )
    expect([answer.text, settled(answer)]).toEqual([
      'Hi',
      [
        ['call_0', { at: 1 }],
        ['call_1', { at: 2 }],
        ['call_3', { at: 3 }],
      ],
    ])
  })

  test('12 what is told of an item at the place of a whole one is not of that', async () => {
    const inputDone = (id: string, args: string): unknown => ({
      type: 'response.function_call_arguments.done',
      output_index: 1,
      item_id: id,
      arguments: args,
    })
    const answer = await decode(
      added(0, fc(0, '')),
      added(1, fc(1, '')),
      inputDone('fc_1', '{"at":2}'),
      input(1, ' ', { item_id: 'fc_2' }),
      finished(1, fc(1, '{"at":2}')),
      // The event in which the third began was lost.
      inputDone('fc_2', '{"at":3}'),
      finished(0, fc(0, '{"at":1}')),
      completed,
    )
    expect(settled(answer)).toEqual([
      ['call_0', { at: 1 }],
      ['call_1', { at: 2 }],
    ])
  })

  test('12 an item whose first piece came before it is known by its id too', async () => {
    const answer = await decode(
      input(1, '{"at":'),
      added(1, fc(1, '')),
      added(1, fc(2, '')),
      input(1, '1}'),
      input(1, '{"at":2}', { item_id: 'fc_2' }),
      finished(1, fc(1, '{"at":1}')),
      finished(1, fc(2, '{"at":2}')),
      completed,
    )
    expect(settled(answer)).toEqual([
      ['call_1', { at: 1 }],
      ['call_2', { at: 2 }],
    ])
  })

  test('12 pieces of several calls may be mixed, and places left out or be the same', async () => {
    const bare = (event: unknown): unknown => ({ ...(event as object), output_index: undefined })
    const at0 = (event: unknown): unknown => ({ ...(event as object), output_index: 0 })
    const mixed = [
      added(0, fc(0, '')),
      added(1, fc(1, '')),
      input(1, '{"at":'),
      input(0, '{"at":1'),
      input(1, '2}'),
      input(0, '}'),
      finished(1, fc(1, '{"at":2}')),
      finished(0, fc(0, '{"at":1}')),
    ]
    for (const events of [mixed, mixed.map(bare), mixed.map(at0)])
      expect(settled(await decode(events, completed))).toEqual([
        ['call_0', { at: 1 }],
        ['call_1', { at: 2 }],
      ])
  })
})

test.each([
  { type: 'error', code: 'rate_limit_exceeded', message: 'Slow down', param: null },
  { type: 'error', error: { code: 'rate_limit_exceeded', message: 'Slow down' } },
  { error: { code: 'rate_limit_exceeded', message: 'Slow down' } },
  ended('failed', { error: { code: 'rate_limit_exceeded', message: 'Slow down' } }),
])('an error in a 200 ends the turn: %j', async (event) => {
  const answer = await decode(
    created,
    call(0, '{"at":1}'),
    added(1, fc(1, '')),
    input(1, '{"at":2}'),
    event,
  )
  expect(answer.error).toMatchObject({
    code: 'MODEL_PROVIDER',
    providerCode: 'rate_limit_exceeded',
    message: expect.stringContaining('Slow down'),
    retryable: true,
  })
  // What the server had said to be whole is whole.
  expect(settled(answer)).toEqual([
    ['call_0', { at: 1 }],
    ['call_1', 'truncated'],
  ])
})

test('the failure of the response says more than the event before it', async () => {
  const answer = await decode(
    created,
    { type: 'error', error: { message: 'Something' } },
    ended('failed', { error: { code: 'server_error', message: 'Exactly this' } }),
  )
  expect(answer.error?.message).toContain('Exactly this')
  expect(answer.finish).toMatchObject({ reason: 'error', rawReason: 'failed' })
  const bare = await decode(created, ended('cancelled'))
  expect(bare.error?.message).toContain('cancelled')
})

test('a stream that stops is an error, and what is open in it is cut', async () => {
  const answer = await decode(
    created,
    added(0, fc(0, '')),
    input(0, '{"at":1}'),
    call(1, '{"at":2}'),
  )
  expect(settled(answer)).toEqual([
    ['call_0', 'truncated'],
    ['call_1', { at: 2 }],
  ])
  expect(answer.error).toMatchObject({ code: 'MODEL_PROTOCOL' })
})

test('S8 an event that cannot be read is a protocol error, and whole items before it stay', async () => {
  const answer = await decode(created, call(0, '{"at":1}'), added(1, fc(1, '')), '{"type":"a"}{"b"')
  expect(settled(answer)).toEqual([
    ['call_0', { at: 1 }],
    ['call_1', 'truncated'],
  ])
  expect(answer.error).toMatchObject({ code: 'MODEL_PROTOCOL' })
})

test('S9 a whole response may come instead of a stream, and an error in any envelope', async () => {
  const response = {
    object: 'response',
    status: 'completed',
    output: [message('Hi'), fc(1, '{"at":1}')],
    usage: {
      input_tokens: 3,
      output_tokens: 4,
      total_tokens: 7,
      input_tokens_details: { cached_tokens: 2 },
      output_tokens_details: { reasoning_tokens: 1 },
    },
  }
  for (const body of [response, { data: response, success: true }]) {
    const answer = await decodeBody(JSON.stringify(body))
    expect([answer.text, settled(answer)]).toEqual(['Hi', [['call_1', { at: 1 }]]])
    expect(answer.finish.usage).toEqual({
      inputTokens: 3,
      outputTokens: 4,
      totalTokens: 7,
      reasoningTokens: 1,
      cachedInputTokens: 2,
    })
  }
  for (const [body, code] of [
    ['{"error":{"message":"No"}}', 'MODEL_PROVIDER'],
    ['{"object":"response","status":"failed","error":{"message":"No"}}', 'MODEL_PROVIDER'],
    ['{"object":"response","status":"in_progress"}', 'MODEL_PROTOCOL'],
    ['{"detail":"Not Found"}', 'MODEL_PROVIDER'],
    ['{"data":null,"success":false}', 'MODEL_PROTOCOL'],
    ['<!doctype html>', 'MODEL_PROTOCOL'],
  ] as const)
    expect((await decodeBody(body)).error?.code).toBe(code)
})

test('reasoning and what names a message are kept in their places', async () => {
  const reasoning = {
    id: 'rs_1',
    type: 'reasoning',
    summary: [{ type: 'summary_text', text: 'Hm' }],
    encrypted_content: 'E+/=',
  }
  const answer = await decode(
    created,
    added(0, { ...reasoning, encrypted_content: 'other' }),
    finished(0, reasoning),
    said(1, 'Hi'),
    finished(1, message('Hi', { phase: 'commentary' })),
    completed,
  )
  expect(answer.events.map(({ type }) => type)).toEqual([
    'reasoning-delta',
    'provider-state',
    'text-delta',
    'provider-state',
    'finish',
  ])
  expect(answer.states.map(({ state }) => state)).toEqual([
    reasoning,
    { id: 'msg_1', type: 'message', role: 'assistant', status: 'completed', phase: 'commentary' },
  ])
})

describe('what lost and repeated events may not do', () => {
  test('a call whose end was lost has the input that stands in the whole output', async () => {
    const answer = await decode(
      created,
      added(0, fc(0, '', { status: 'in_progress' })),
      ended('completed', { output: [fc(0, '{"at":1}')] }),
    )
    expect(settled(answer)).toEqual([['call_0', { at: 1 }]])
  })

  test('a call of which nothing but the start came is cut, whatever became of the response', async () => {
    const answer = await decode(created, added(0, fc(0, '', { status: 'in_progress' })), completed)
    expect(settled(answer)).toEqual([['call_0', 'truncated']])
  })

  test('an end of the input that says nothing is the end of a call without input', async () => {
    const done = {
      type: 'response.function_call_arguments.done',
      output_index: 0,
      item_id: 'fc_0',
      arguments: '',
    }
    const answer = await decode(
      created,
      added(0, fc(0, '', { status: 'in_progress' })),
      done,
      completed,
    )
    expect(settled(answer)).toEqual([['call_0', {}]])
  })

  test('another call at the place of one that was lost is not taken for it', async () => {
    const answer = await decode(
      created,
      added(0, fc(0, '', { status: 'in_progress' })),
      ended('completed', { output: [fc(1, '{"at":1}')] }),
    )
    expect(settled(answer)).toEqual([['call_0', 'truncated']])
  })

  test('a whole answer may hold several items of a kind', async () => {
    const output = [message('One. '), message('Two.', { id: 'msg_2' })]
    const body = JSON.stringify({ object: 'response', status: 'completed', output })
    expect((await decodeBody(body)).text).toBe('One. Two.')
  })

  test('an item that ends twice is kept once', async () => {
    const reasoning = { id: 'rs_1', type: 'reasoning', summary: [], encrypted_content: 'E' }
    const answer = await decode(
      created,
      added(0, reasoning),
      finished(0, reasoning),
      finished(0, reasoning),
      completed,
    )
    expect(answer.states.map(({ state }) => state)).toEqual([reasoning])
  })

  test('pieces without a place belong to the item with their id, or to the latest', async () => {
    const lost = { output_index: undefined }
    const answer = await decode(
      created,
      added(0, fc(0, '')),
      added(1, fc(1, '')),
      input(0, '{"at":1}', lost),
      input(1, '{"at":', { ...lost, item_id: undefined }),
      input(1, '2}', lost),
      completed,
    )
    expect(settled(answer)).toEqual([
      ['call_0', { at: 1 }],
      ['call_1', { at: 2 }],
    ])
  })
})
