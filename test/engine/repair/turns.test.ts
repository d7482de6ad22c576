// A turn over the server: what the model wrote, what was made of it, what ran, and what the model reads of it.
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { openaiChat } from '../../../src/models/openai-chat.ts'
import type { Model } from '../../../src/ports/index.ts'
import type { ConversationEvent, ToolPart } from '../../../src/protocol/index.ts'
import {
  type RepairHook,
  type RepairRequest,
  type ToolServerOptions,
  createToolServer,
} from '../../../src/server/index.ts'
import { historyValidators } from '../../../src/testing/history-validators.ts'
import {
  type ScriptCall,
  type ScriptStep,
  scriptedModel,
  virtualClock,
} from '../../../src/testing/index.ts'
import { type AnyTool, defineTool } from '../../../src/tools/index.ts'
import { setup } from '../../server/setup.ts'
import { finish, playedModel, text } from '../played-model.ts'
import { chatAnswer, playedServer } from '../wire.ts'

interface Played {
  readonly calls: readonly ToolPart[]
  /** Inputs that the handlers got. */
  readonly ran: readonly unknown[]
  readonly events: readonly ConversationEvent[]
  readonly errors: readonly { readonly error: unknown }[]
  /** What the model was told after its calls, as Chat Completions. */
  readonly told: Promise<unknown>
}

const search = (ran: unknown[], more: Partial<AnyTool> = {}): AnyTool =>
  defineTool({
    name: 'search',
    description: 'Searches.',
    inputSchema: z.object({ q: z.string(), limit: z.number().optional() }),
    execute(input) {
      ran.push(input)
      return 'found'
    },
    ...more,
  })

const read = (ran: unknown[]): AnyTool =>
  defineTool({
    name: 'read_file',
    description: 'Reads a file.',
    inputSchema: z.object({ path: z.string() }),
    execute(input) {
      ran.push(input)
      return 'text'
    },
  })

/** Runs a turn in which the model asks for `calls` and then says that it is done. */
async function play(
  calls: readonly ScriptCall[],
  {
    step,
    tool,
    ...options
  }: Partial<ToolServerOptions> & { step?: ScriptStep; tool?: Partial<AnyTool> } = {},
): Promise<Played> {
  const ran: unknown[] = []
  const events: ConversationEvent[] = []
  const errors: { error: unknown }[] = []
  const model = scriptedModel([{ toolCalls: calls, ...step }, { text: 'Done.' }])
  const server = createToolServer({
    model,
    tools: [search(ran, tool), read(ran)],
    onEvent: ({ event }) => events.push(event),
    onError: (report) => errors.push(report),
    ...options,
  })
  const result = await server.run({ message: 'Hi' }).result
  await server.close()
  expect(result).toMatchObject({ reason: 'stop', text: 'Done.' })
  const [, second] = model.requests
  return {
    calls: result.calls,
    ran,
    events,
    errors,
    told: second ? told(second.messages) : told([]),
  }
}

/** What these messages are on the wire; a history that the server would refuse fails the test. */
async function told(messages: Parameters<typeof wire>[0]): Promise<unknown> {
  const body = await wire(messages)
  expect(historyValidators['openai-chat'](body)).toEqual([])
  return body['messages']
}

async function wire(
  messages: NonNullable<Parameters<ReturnType<typeof openaiChat>['stream']>[0]>['messages'],
) {
  const { fetch, bodies } = playedServer(chatAnswer({ content: '.' }))
  for await (const _ of openaiChat({ model: 'm', fetch }).stream({ messages }));
  return bodies[0]!
}

const call = (inputText: string, toolName = 'search'): readonly ScriptCall[] => [
  { toolName, inputText },
]

const repairs = ({ events }: Played): unknown[] =>
  events.flatMap((event) =>
    event.type === 'call-repaired' ? [[event.stage, event.reason, event.after]] : [],
  )

describe('without `repair`', () => {
  test('nothing is repaired, and the model reads what is wrong with its own words', async () => {
    const played = await play([
      ...call("{'q':'a'}"),
      ...call('{"q":"a","limit":"2"}'),
      ...call('{"q":"a"}', 'functions.search'),
      ...call('{"q":"a'),
    ])
    expect(played.ran).toEqual([])
    expect(played.events.map(({ type }) => type)).not.toContain('call-repaired')
    expect(played.calls.map(({ errorCode }) => errorCode)).toEqual([
      'malformed-input',
      'invalid-input',
      'unknown-tool',
      'truncated-input',
    ])
    const [malformed, invalid, unknown, truncated] = played.calls.map(({ errorText }) => errorText)
    expect(malformed).toBe(
      `Not run. The input is not one JSON object: "'" is not expected behind "{". The input was: {'q':'a'}`,
    )
    expect(invalid).toMatch(/\/limit: .*number.* The input was: \{"q":"a","limit":"2"\}$/)
    expect(unknown).toBe('There is no tool "functions.search". Available: search, read_file.')
    expect(truncated).toMatch(/cut off.* The input was: \{"q":"a$/)
    for (const { repairs: none } of played.calls) expect(none).toBeUndefined()
    await played.told
  })

  test('a name that is like that of a tool is answered with the nearest', async () => {
    const { calls } = await play(call('{}', 'serch'))
    expect(calls[0]?.errorText).toMatch(/Available: search, read_file\. Nearest: "search"\.$/)
  })

  test('of a long input the model reads the beginning, in whole characters', async () => {
    const { calls } = await play(call(`{${' '.repeat(498)}😀`))
    expect(calls[0]?.errorText).toMatch(/The input was: \{ {498}…$/)
  })

  test('many tools and a long name are told in part', async () => {
    const tools = Array.from({ length: 52 }, (_, index) =>
      defineTool({
        name: `t${index}`,
        description: 'Does nothing.',
        inputSchema: z.object({}),
        execute: () => 1,
      }),
    )
    const { calls } = await play(call('{}', 'x'.repeat(1_000)), { tools })
    expect(calls[0]?.errorText).toMatch(
      /^There is no tool "x{128}…"\. Available: t0, t1, .*, t49 and 2 more\.$/,
    )
  })

  test('an input that is nested without end settles the call, and the turn goes on', async () => {
    const deep = `{"q":${'['.repeat(2_000)}${']'.repeat(2_000)}}`
    const played = await play(call(deep), { repair: {} })
    expect(played.calls[0]).toMatchObject({ state: 'input-invalid', errorCode: 'malformed-input' })
    expect(played.calls[0]?.input).toBeUndefined()
    await played.told
  })
})

describe('with the built-in stages', () => {
  test.each<[string, string, string]>([
    ['code-fence', 'search', '```json\n{"q":"a"}\n```'],
    ['double-encoded', 'search', String.raw`"{\"q\":\"a\"}"`],
    ['tolerant-syntax', 'search', "{q:'a',} // so"],
    ['tool-name', 'Functions.Search', '{"q":"a"}'],
  ])('%s: the call runs once, with its own event', async (stage, toolName, inputText) => {
    const played = await play(call(inputText, toolName), { repair: {} })
    expect(played.ran).toEqual([{ q: 'a' }])
    expect(played.calls).toMatchObject([{ toolName: 'search', input: { q: 'a' }, output: 'found' }])
    const [repaired, ...others] = played.events.filter(({ type }) => type === 'call-repaired')
    expect(others).toEqual([])
    expect(repaired).toEqual({
      type: 'call-repaired',
      callId: expect.any(String),
      at: expect.any(Number),
      stage,
      reason: stage === 'tool-name' ? 'unknown-tool' : 'malformed',
      before: { toolName, inputText },
      after: { toolName: 'search', inputText: expect.stringContaining('a') },
    })
    const types = played.events.map(({ type }) => type)
    expect(types.indexOf('call-repaired')).toBe(types.indexOf('call-created') + 1)
    expect(await played.told).toMatchObject([
      {},
      { tool_calls: [{ function: { name: 'search', arguments: '{"q":"a"}' } }] },
      { content: 'found' },
    ])

    const stages = { [stage]: false }
    const without = await play(call(inputText, toolName), { repair: { stages } })
    expect(without.ran).toEqual([])
    expect(without.calls[0]?.state).toBe('input-invalid')
  })

  test('coerce: values take the type of the schema', async () => {
    const played = await play(call('{"q":5,"limit":"2"}'), { repair: {} })
    expect(played.ran).toEqual([{ q: '5', limit: 2 }])
    expect(repairs(played)).toEqual([
      ['coerce', 'schema', { toolName: 'search', inputText: '{"q":"5","limit":2}' }],
    ])
    const without = await play(call('{"q":5,"limit":"2"}'), {
      repair: { stages: { coerce: false } },
    })
    expect(without.calls[0]?.state).toBe('input-invalid')
  })

  test('coerce leaves no trace where the input does not fit all the same', async () => {
    const played = await play(call('{"q":null,"limit":"2"}'), { repair: {} })
    expect(played.calls).toMatchObject([
      { state: 'input-invalid', errorCode: 'invalid-input', input: { q: null, limit: '2' } },
    ])
    expect(repairs(played)).toEqual([])
  })

  test('one call goes through all that it takes, in order', async () => {
    const played = await play(call("```\n{'q':'a','limit':'2',}\n```", 'tools.Search'), {
      repair: {},
    })
    expect(played.ran).toEqual([{ q: 'a', limit: 2 }])
    expect(repairs(played).map((repair) => (repair as unknown[])[0])).toEqual([
      'code-fence',
      'tolerant-syntax',
      'tool-name',
      'coerce',
    ])
    expect(played.calls[0]?.repairs?.map(({ stage }) => stage)).toEqual([
      'code-fence',
      'tolerant-syntax',
      'tool-name',
      'coerce',
    ])
  })

  test('what is valid runs as it is', async () => {
    const played = await play(call('{ "q": "a" }'), { repair: {} })
    expect(played.ran).toEqual([{ q: 'a' }])
    expect(repairs(played)).toEqual([])
    expect(played.calls[0]?.repairs).toBeUndefined()
  })

  test.each([
    ['cut in a string', '{"q":"a'],
    ['cut behind a value', '{"q":"a","limit":2'],
    ['cut with other quotes', "{'q':'a'"],
    ['cut in a fence', '```json\n{"q":"a"}'],
    ['cut in a string in a string', String.raw`"{\"q\":\"a\"`],
  ])('a text that is %s is never run, whatever is on', async (_, inputText) => {
    const played = await play(call(inputText), { repair: { stages: { split: true } } })
    expect(played.ran).toEqual([])
    expect(played.calls).toMatchObject([
      { state: 'input-invalid', errorCode: 'truncated-input', inputText },
    ])
    expect(repairs(played)).toEqual([])
    await played.told
  })

  test('in an answer that came to its limit no text is repaired', async () => {
    const asked = { toolCallId: 'c', toolName: 'search' }
    const model = playedModel(
      'm',
      [
        { type: 'tool-input-start', ...asked },
        { type: 'tool-input-end', ...asked, inputText: "{'q':'a'}", problem: 'malformed' },
        finish('length'),
      ],
      [text('Done.'), finish()],
    )
    const ran: unknown[] = []
    const server = createToolServer({ model, tools: [search(ran)], repair: {} })
    const { calls } = await server.run({ message: 'Hi' }).result
    await server.close()
    expect(ran).toEqual([])
    expect(calls).toMatchObject([{ state: 'input-invalid', errorCode: 'truncated-input' }])
  })

  test('permission and approval come after the repair', async () => {
    const denied = await play(call("{'q':'a'}"), { repair: {}, tool: { permission: 'web' } })
    expect(denied.calls).toMatchObject([{ state: 'denied', input: { q: 'a' } }])
    expect(denied.ran).toEqual([])

    const asked = setup({
      steps: [{ toolCalls: call("{'q':'a'}") }, { text: 'Done.' }],
      serverTools: [search([], { approval: true })],
      repair: {},
    })
    await asked.say('Hi')
    const [waiting] = asked.client.getSnapshot().calls
    expect(waiting).toMatchObject({ state: 'approval-requested', input: { q: 'a' } })
    expect(waiting?.repairs).toMatchObject([{ stage: 'tolerant-syntax' }])
    await asked.end()
  })
})

describe('several calls in one', () => {
  const uses = JSON.stringify({
    tool_uses: [
      { recipient_name: 'functions.search', parameters: { q: 'a' } },
      { recipient_name: 'functions.read_file', parameters: { path: 'p' } },
      { recipient_name: 'functions.search', parameters: { q: 7 } },
    ],
  })

  test('a wrapper becomes its calls, in its place and in order', async () => {
    const played = await play(
      [
        { toolName: 'search', input: { q: 'first' }, toolCallId: 'call_a' },
        { toolName: 'multi_tool_use.parallel', inputText: uses, toolCallId: 'call_b' },
        { toolName: 'search', input: { q: 'last' }, toolCallId: 'call_b_2' },
      ],
      { repair: {} },
    )
    expect(
      played.calls.map(({ toolCallId, toolName, input }) => [toolCallId, toolName, input]),
    ).toEqual([
      ['call_a', 'search', { q: 'first' }],
      ['call_b', 'search', { q: 'a' }],
      ['call_b_3', 'read_file', { path: 'p' }],
      ['call_b_4', 'search', { q: '7' }],
      ['call_b_2', 'search', { q: 'last' }],
    ])
    expect(played.ran).toHaveLength(5)
    expect(played.calls.map((part) => part.repairs?.map(({ stage }) => stage))).toEqual([
      undefined,
      ['parallel-wrapper'],
      ['parallel-wrapper'],
      ['parallel-wrapper', 'coerce'],
      undefined,
    ])
    await played.told
  })

  test.each([
    ['mistral', 'abcDEF123', /^[a-zA-Z0-9]{9}$/],
    ['kimi', 'functions.search:3', /^functions\.search:[4-6]$/],
    ['openai', `call_${'x'.repeat(35)}`, /^.{1,40}$/],
  ] as const)('new ids have the form that %s insists on', async (flavor, id, form) => {
    const asked = { function: { name: 'multi_tool_use.parallel', arguments: uses } }
    const { fetch, bodies } = playedServer(
      chatAnswer({ tool_calls: [{ index: 0, id, type: 'function', ...asked }] }, 'tool_calls'),
      chatAnswer({ content: 'Done.' }),
    )
    const ran: unknown[] = []
    const server = createToolServer({
      model: openaiChat({ model: 'm', flavor, fetch }),
      tools: [search(ran), read(ran)],
      repair: {},
    })
    const { calls } = await server.run({ message: 'Hi' }).result
    await server.close()
    expect(ran).toHaveLength(3)
    const ids = calls.map(({ toolCallId }) => toolCallId)
    expect(ids[0]).toBe(id)
    expect(new Set(ids).size).toBe(3)
    for (const one of ids.slice(1)) expect(one).toMatch(form)
    for (const body of bodies)
      expect(historyValidators['openai-chat'](body, { flavor })).toEqual([])
  })

  test('an id that the provider uses in every answer stays its own there', async () => {
    const asked = { toolName: 'multi_tool_use.parallel', inputText: uses, toolCallId: 'call_0' }
    const model = scriptedModel([{ toolCalls: [asked] }, { toolCalls: [asked] }, { text: 'Done.' }])
    const server = createToolServer({ model, tools: [search([]), read([])], repair: {} })
    const { calls } = await server.run({ message: 'Hi' }).result
    await server.close()
    expect(
      calls.map(({ toolCallId, providerToolCallId }) => [toolCallId, providerToolCallId]),
    ).toEqual([
      ['call_0', undefined],
      ['call_0_2', undefined],
      ['call_0_3', undefined],
      ['call_0_4', 'call_0'],
      ['call_0_5', undefined],
      ['call_0_6', undefined],
    ])
    await told(model.requests[2]!.messages)
  })

  test('two inputs in one call are two calls only where that was asked for', async () => {
    const inputText = '{"q":"a"}{"q":"b"}'
    const off = await play(call(inputText), { repair: {} })
    expect(off.ran).toEqual([])
    expect(off.calls).toMatchObject([{ state: 'input-invalid', inputText }])
    const on = await play(call(inputText), { repair: { stages: { split: true } } })
    expect(on.ran).toEqual([{ q: 'a' }, { q: 'b' }])
    expect(on.calls.map(({ repairs: all }) => all?.map(({ stage }) => stage))).toEqual([
      ['split'],
      ['split'],
    ])
    await on.told
  })
})

describe('the hook', () => {
  /** A hook that answers in turn, and what it was asked. */
  function answering(...answers: readonly ReturnType<RepairHook>[]): {
    hook: RepairHook
    asked: RepairRequest[]
  } {
    const asked: RepairRequest[] = []
    const hook: RepairHook = (request) => {
      asked.push(request)
      return answers[asked.length - 1] ?? null
    }
    return { hook, asked }
  }

  test.each([
    ['malformed', 'search', '{"q": Dave}', 'malformed-input'],
    ['truncated', 'search', '{"q": "Da', 'truncated-input'],
    ['truncated', 'lookup', '{"q": "Da', 'unknown-tool'],
    ['schema', 'search', '{"q": null}', 'invalid-input'],
    ['unknown-tool', 'lookup', '{"q":"Dave"}', 'unknown-tool'],
    ['unknown-tool', 'lookup', '{"q": Dave}', 'unknown-tool'],
  ])(
    'is told "%s" of %s(%s), and its call runs once',
    async (reason, toolName, inputText, code) => {
      const { hook, asked } = answering({ toolName: 'search', input: { q: 'Dave' } })
      const played = await play(call(inputText, toolName), { repair: hook })
      expect(asked).toHaveLength(1)
      expect(asked[0]).toMatchObject({
        reason,
        inputText,
        call: { toolName, toolCallId: 'call_1_0' },
      })
      expect(asked[0]?.issues[0]?.message).toBeTypeOf('string')
      expect(played.ran).toEqual([{ q: 'Dave' }])
      expect(played.calls).toMatchObject([{ toolName: 'search', state: 'output-available' }])
      expect(repairs(played)).toEqual([
        ['hook', reason, { toolName: 'search', inputText: '{"q":"Dave"}' }],
      ])
      await played.told

      const refused = await play(call(inputText, toolName), { repair: () => null })
      expect(refused.ran).toEqual([])
      expect(refused.calls).toMatchObject([{ state: 'input-invalid', errorCode: code }])
      expect(refused.calls[0]?.errorText).toContain(reason === 'unknown-tool' ? 'lookup' : '')
      expect(repairs(refused)).toEqual([])
    },
  )

  test('gets all that it takes to repair', async () => {
    const { hook, asked } = answering(null)
    await play(call('{"q":null}'), { repair: hook })
    const [request] = asked
    expect(request).toMatchObject({
      call: { input: { q: null } },
      issues: [{ path: '/q', message: expect.stringContaining('string') }],
      inputSchema: { type: 'object', required: ['q'] },
      tools: [{ name: 'search' }, { name: 'read_file' }],
      messages: [{ role: 'user', parts: [{ text: 'Hi' }] }],
    })
    expect(request?.signal.aborted).toBe(false)
    const unknown = answering(null)
    await play(call('{}', 'lookup'), { repair: unknown.hook })
    expect(unknown.asked[0]).not.toHaveProperty('inputSchema')
  })

  test('is not asked where a stage repairs the call, or where nothing is wrong', async () => {
    const { hook, asked } = answering(null)
    await play([...call("{'q':'a'}"), ...call('{"q":"a"}')], { repair: hook })
    expect(asked).toEqual([])
  })

  test('sees what the stages left, and is told once they are off what the model wrote', async () => {
    const on = answering({ input: { q: 'a' } })
    const played = await play(call("{'q':None}", 'Search'), { repair: on.hook })
    expect(on.asked).toMatchObject([
      { reason: 'schema', inputText: '{"q":null}', call: { toolName: 'search' } },
    ])
    expect(played.calls[0]?.repairs?.map(({ stage }) => stage)).toEqual([
      'tolerant-syntax',
      'tool-name',
      'hook',
    ])
    const off = answering(null)
    const stages = { 'tolerant-syntax': false, 'tool-name': false }
    await play(call("{'q':None}", 'Search'), { repair: { hook: off.hook, stages } })
    expect(off.asked).toMatchObject([{ reason: 'unknown-tool', inputText: "{'q':None}" }])
  })

  test('is asked again about what it made, with what is wrong now', async () => {
    const { hook, asked } = answering({ toolName: 'search' }, { input: { q: 'a' } })
    const played = await play(call('{"x":1}', 'lookup'), { repair: hook })
    expect(asked.map(({ reason }) => reason)).toEqual(['unknown-tool', 'schema'])
    expect(asked[1]).toMatchObject({ call: { toolName: 'search', input: { x: 1 } } })
    expect(played.ran).toEqual([{ q: 'a' }])
    expect(repairs(played)).toEqual([
      ['hook', 'unknown-tool', { toolName: 'search', inputText: '{"x":1}' }],
      ['hook', 'schema', { toolName: 'search', inputText: '{"q":"a"}' }],
    ])
  })

  test('is asked no more often than it may be, and then the model reads of its own call', async () => {
    const bad = { input: { q: 1 } }
    const two = answering(bad, bad, bad)
    const played = await play(call('{"x":1}'), { repair: two.hook })
    expect(two.asked).toHaveLength(2)
    expect(played.ran).toEqual([])
    expect(played.calls).toMatchObject([{ state: 'input-invalid', input: { x: 1 } }])
    expect(played.calls[0]?.errorText).toMatch(/The input was: \{"x":1\}$/)
    expect(played.calls[0]?.repairs).toBeUndefined()
    const one = answering(bad, bad)
    await play(call('{"x":1}'), { repair: { hook: one.hook, maxAttempts: 1 } })
    expect(one.asked).toHaveLength(1)
  })

  test.each<[string, ReturnType<RepairHook>]>([
    ['an input as text', { inputText: '{"q":"a"}' }],
    ['text beside the old input', { input: { x: 1 }, inputText: '{"q":"a"}' }],
    [
      'fields that are none of a call',
      { input: { q: 'a' }, toolCallId: 'other' } as { input: { q: string } },
    ],
    ['a promise', Promise.resolve({ input: { q: 'a' } })],
  ])('may give %s', async (_, answer) => {
    const played = await play(call('{"x":1}'), { repair: () => answer })
    expect(played.ran).toEqual([{ q: 'a' }])
    expect(played.calls[0]).toMatchObject({ input: { q: 'a' }, toolCallId: 'call_1_0' })
  })

  test.each([
    ['text that is no JSON', { inputText: "{'q':'a'}" }],
    ['text that is cut', { inputText: '{"q":"a"' }],
    ['a tool that is not there', { toolName: 'lookup', input: { q: 'a' } }],
    ['the same call', {}],
  ])('may not give %s: that is checked like any call', async (_, answer) => {
    const played = await play(call('{"x":1}'), { repair: () => answer })
    expect(played.ran).toEqual([])
    expect(played.calls).toMatchObject([{ state: 'input-invalid', errorCode: 'invalid-input' }])
    expect(played.errors).toEqual([])
  })

  test.each<[string, unknown]>([
    ['a text', '{"q":"a"}'],
    ['a list', [{ q: 'a' }]],
    ['an input that is a text', { input: '{"q":"a"}' }],
    ['a name that is none', { toolName: 7 }],
    ['a text that is none', { inputText: 7 }],
    ['an input that JSON cannot carry', { input: { q: 'a', limit: Number.NaN } }],
  ])('that gives %s is reported, and not asked again', async (_, answer) => {
    let asked = 0
    const repair = (): never => {
      asked++
      // Hooks without types give back anything.
      return answer as never
    }
    const played = await play(call('{"x":1}'), { repair })
    expect(asked).toBe(1)
    expect(played.ran).toEqual([])
    expect(played.calls).toMatchObject([{ state: 'input-invalid', errorCode: 'invalid-input' }])
    expect(played.errors).toMatchObject([{ error: { code: 'INVALID_INPUT' }, toolName: 'search' }])
  })

  test('that throws is reported, and the call settles as if it had given nothing', async () => {
    const error = new Error('no key')
    for (const repair of [
      () => Promise.reject(error),
      () => {
        throw error
      },
    ] as RepairHook[]) {
      const played = await play(call('{"q":"a'), { repair })
      expect(played.ran).toEqual([])
      expect(played.calls).toMatchObject([{ state: 'input-invalid', errorCode: 'truncated-input' }])
      expect(played.errors).toMatchObject([
        { error, toolCallId: 'call_1_0', errorId: expect.any(String), turnId: expect.any(String) },
      ])
      expect(JSON.stringify(played.calls)).not.toContain('no key')
      await played.told
    }
  })

  test('repairs each call by itself', async () => {
    const hook: RepairHook = ({ inputText }) => ({ input: { q: inputText.length.toString() } })
    const played = await play([...call('{"x":1}'), ...call('{"q":"ok"}'), ...call('{"xyz":1}')], {
      repair: hook,
    })
    expect(played.ran).toEqual([{ q: '7' }, { q: 'ok' }, { q: '9' }])
  })
})

describe('a hook that does not answer', () => {
  const hanging: ScriptStep[] = [{ toolCalls: call('{"q":1,"x":"') }, { text: 'Done.' }]

  test('is given up after its time, told so, and what it says later counts for nothing', async () => {
    const ran: unknown[] = []
    let late: (answer: { input: { q: string } }) => void = () => {}
    let signal: AbortSignal | undefined
    const { say, client, world, errors, end } = setup({
      steps: hanging,
      serverTools: [search(ran)],
      repair: {
        timeoutMs: 5_000,
        hook(request) {
          signal = request.signal
          return new Promise((resolve) => {
            late = resolve
          })
        },
      },
    })
    await say('Hi', 4_999)
    expect(signal?.aborted).toBe(false)
    await world.advance(1)
    expect(signal?.aborted).toBe(true)
    late({ input: { q: 'late' } })
    await world.advance(100)
    const { calls, status } = client.getSnapshot()
    expect(calls).toMatchObject([{ state: 'input-invalid', errorCode: 'truncated-input' }])
    expect(status).toBe('ready')
    expect(ran).toEqual([])
    expect(errors).toMatchObject([{ error: { message: expect.stringContaining('5000 ms') } }])
    await end()
    expect(world.pendingTimers).toBe(0)
  })

  test('keeps the turn on this node for as long as it may take', async () => {
    const { say, client, world, end } = setup({
      steps: hanging,
      serverTools: [search([])],
      repair: {
        timeoutMs: 120_000,
        hook: () =>
          new Promise((resolve) => {
            world.setTimer(100_000, () => resolve({ input: { q: 'slow' } }))
          }),
      },
    })
    await say('Hi', 101_000)
    expect(client.getSnapshot().calls).toMatchObject([{ input: { q: 'slow' }, output: 'found' }])
    await end()
  })

  test('is told when the turn is stopped, and nothing is reported', async () => {
    let signal: AbortSignal | undefined
    let asked = 0
    const { say, client, world, errors, end } = setup({
      steps: [{ toolCalls: [...call('{"q":'), ...call('{"q":')] }],
      serverTools: [search([])],
      repair: (request) => {
        asked++
        signal = request.signal
        return new Promise(() => {})
      },
    })
    await say('Hi', 1_000)
    const stopping = client.stop()
    await world.advance(1_000)
    await stopping
    expect(signal?.aborted).toBe(true)
    expect(client.getSnapshot()).toMatchObject({
      status: 'ready',
      calls: [{ state: 'input-invalid' }, { state: 'input-invalid' }],
    })
    expect(asked).toBe(1)
    expect(errors).toEqual([])
    await end()
    expect(world.pendingTimers).toBe(0)
  })
})

test('a call that was stopped in the making stands in its message', async () => {
  const model: Model = {
    id: 'm',
    format: 'f',
    async *stream({ signal }) {
      yield { type: 'tool-input-start', toolCallId: 'c', toolName: 'search' }
      yield { type: 'tool-input-delta', toolCallId: 'c', delta: '{"q":' }
      await new Promise((_, reject) =>
        signal?.addEventListener('abort', () => reject(new Error('stopped'))),
      )
    },
  }
  const { say, client, world, end } = setup({
    steps: [],
    model,
    serverTools: [search([])],
    repair: {},
  })
  await say('Hi')
  const stopping = client.stop()
  await world.advance(1_000)
  await stopping
  expect(client.getSnapshot().calls).toMatchObject([
    { toolCallId: 'c', inputText: '{"q":', state: 'input-invalid' },
  ])
  await end()
})

test('an answer that failed asks no hook', async () => {
  let asked = 0
  const server = createToolServer({
    world: virtualClock(),
    model: scriptedModel([{ toolCalls: call('{"q":'), error: 'overloaded' }]),
    modelRetry: { attempts: 1 },
    tools: [search([])],
    repair() {
      asked++
    },
  })
  const { reason, calls } = await server.run({ message: 'Hi' }).result
  expect(reason).toBe('error')
  expect(calls).toMatchObject([{ state: 'input-invalid' }])
  expect(asked).toBe(0)
  await server.close()
})

test('a client sees what was done to a call', async () => {
  const ran: unknown[] = []
  const { say, client, errors, end } = setup({
    steps: [{ toolCalls: call("{'q':'a'}") }, { text: 'Done.' }],
    clientTools: [search(ran)],
    repair: {},
  })
  await say('Hi')
  expect(ran).toEqual([{ q: 'a' }])
  expect(client.getSnapshot().calls).toMatchObject([
    {
      state: 'output-available',
      input: { q: 'a' },
      repairs: [
        {
          stage: 'tolerant-syntax',
          reason: 'malformed',
          before: { toolName: 'search', inputText: "{'q':'a'}" },
          after: { toolName: 'search', inputText: '{"q":"a"}' },
        },
      ],
    },
  ])
  expect(errors).toEqual([])
  await end()
})
