import { expect, test } from 'vitest'
import { openaiChat } from '../../src/models/openai-chat.ts'
import { type TextCallFamily, withTextCalls } from '../../src/models/text-calls.ts'
import type { FinishReason, Model, ModelEvent } from '../../src/ports/index.ts'
import { createToolServer } from '../../src/server/index.ts'
import { scriptedModel } from '../../src/testing/index.ts'
import { defineTool } from '../../src/tools/index.ts'
import * as z from 'zod'
import { ask, chunk, sse, violations } from './answer.ts'
import {
  callsOf,
  decoded,
  families,
  hear,
  hearText,
  joined,
  saying,
  text,
  tool,
  tools,
} from './text-calls-setup.ts'

const call = '<tool_call>{"name":"exec","arguments":{"command":"ls"}}</tool_call>'
const exec = 'exec {"command":"ls"}'

test('a call in the text runs, and its result goes back like any other', async () => {
  const script = scriptedModel([
    { text: `I look.\n${call}`, deltaChars: 3 },
    { text: 'It is empty.' },
  ])
  const ran: unknown[] = []
  const server = createToolServer({
    model: withTextCalls(script, { family: 'hermes' }),
    tools: [
      defineTool({
        name: 'exec',
        description: 'Runs a command.',
        inputSchema: z.object({ command: z.string() }),
        execute: (input) => {
          ran.push(input)
          return 'nothing'
        },
      }),
    ],
  })
  const run = server.run({ message: 'What is there?' })
  for await (const event of run) if (event.type === 'call') expect(event.call.toolName).toBe('exec')
  expect(ran).toEqual([{ command: 'ls' }])
  expect(script.requests[1]?.messages[1]?.parts).toMatchObject([
    { type: 'text', text: 'I look.\n' },
    { type: 'tool', toolName: 'exec', state: 'output-available', output: 'nothing' },
  ])
})

test('without it, text stays text', async () => {
  const answer = await ask(saying([text(call)]), { tools })
  expect(answer.text).toBe(call)
  expect(answer.calls).toEqual([])
})

test('a model keeps its name, its format and what it says of tools', () => {
  const plain = withTextCalls(saying([]), { family: 'hermes' })
  expect(plain).toMatchObject({ id: 'm', format: 'f' })
  expect(plain).not.toHaveProperty('checkTools')
  const checking: Model & { reports: string } = {
    ...saying([]),
    reports: 'no such tool',
    checkTools(these) {
      return these.map(({ name }) => ({ toolName: name, leftOut: this.reports, losses: [] }))
    },
  }
  expect(withTextCalls(checking, { family: 'hermes' }).checkTools?.([tool('a')])).toEqual([
    { toolName: 'a', leftOut: 'no such tool', losses: [] },
  ])
})

test.each([
  [[], 'is empty'],
  ['qwen', '"qwen"'],
  [['hermes', 'toString'], '"toString"'],
])('the family %j is refused by name', (family, words) => {
  expect(() => withTextCalls(saying([]), { family: family as TextCallFamily })).toThrow(
    expect.objectContaining({
      code: 'INVALID_OPTIONS',
      message: expect.stringContaining(words),
      hint: expect.stringContaining('qwen-coder'),
    }),
  )
})

test('nothing is a call in a request without tools, or with tools that it must not use', async () => {
  for (const asking of [{ tools: [] }, { toolChoice: 'none' as const }]) {
    const answer = await hearText(call, asking)
    expect(answer.text).toBe(call)
    expect(answer.finish.reason).toBe('stop')
  }
  const pieces = ['a <tool', '_call>'].map(text)
  const { events } = await ask(withTextCalls(saying(pieces), { family: 'hermes' }))
  expect(events.slice(0, -1)).toEqual(pieces)
})

test('a tool is called by its own name, or by the one that it has on the wire', async () => {
  const { wireName, heard: own } = await named('page.edit/element')
  expect(wireName).not.toBe('page.edit/element')
  expect(own).toEqual(['page.edit/element {}'])
  for (const name of [wireName, 'page.edit/element']) {
    const said = `<tool_call>{"name":"${name}","arguments":{}}</tool_call>`
    const heard = await hearText(said, { tools: [tool('page.edit/element')] })
    expect(callsOf(heard)).toEqual(['page.edit/element {}'])
  }
  const both = [tool('page.edit/element'), tool(wireName)]
  const said = `<tool_call>{"name":"${wireName}","arguments":{}}</tool_call>`
  expect(callsOf(await hearText(said, { tools: both }))).toEqual([`${wireName} {}`])
})

/** What a server is told a tool's name is, and what becomes of its call in the text of a real adapter. */
async function named(name: string): Promise<{ wireName: string; heard: readonly string[] }> {
  let wireName = ''
  const model = openaiChat({
    model: 'm',
    fetch: async (input, init) => {
      const body = (await new Request(input, init).json()) as {
        tools: { function: { name: string } }[]
      }
      wireName = body.tools[0]!.function.name
      const said = `<tool_call>{"name":"${wireName}","arguments":{}}</tool_call>`
      const events = said.split('').map((char) => chunk({ content: char }))
      return new Response([...events, chunk({}, 'stop'), '[DONE]'].map(sse).join(''))
    },
  })
  const answer = await ask(withTextCalls(model, { family: 'hermes' }), { tools: [tool(name)] })
  return { wireName, heard: callsOf(answer) }
}

test('text goes on at once, but for what may be the beginning of a call', async () => {
  const pieces = ['Hi <b>', 'there</b> <', 'i>', ' <tool', '_call', '> no']
  const answer = await hearText(pieces, { family: 'hermes' })
  expect(answer.events.slice(0, -1)).toEqual(
    ['Hi <b>', 'there</b> ', '<i>', ' ', '<tool_call> no'].map(text),
  )
  const within = ['a `', '`', '` [', ' {', '1', '\n[rm(', 'x'].map(text)
  const all = await hear(saying(within))
  expect(all.events.slice(0, -1)).toEqual(within)
})

test('a list or an object that is no call is held no longer than it could be one', async () => {
  const pieces = ['{"na', 'me": "al', 'ice", "a', 'ge": 7}']
  const answer = await hearText(pieces, { family: 'json' })
  expect(answer.events.slice(0, -1)).toEqual(
    ['{"name": "alice", "a', 'ge": 7}'].map((piece) => text(piece)),
  )
})

test('an input is said while it comes, and ends with its last brace', async () => {
  const seen: string[] = []
  const pieces = ['<tool_call>{"name":"exec","arguments":', '{"comm', 'and":"ls"', '}', '}']
  async function* stream(): AsyncGenerator<ModelEvent> {
    for (const piece of pieces) {
      yield text(piece)
      seen.push('|')
    }
    yield { type: 'finish', reason: 'stop', rawReason: null, usage: {} }
  }
  const model = withTextCalls({ id: 'm', format: 'f', stream }, { family: 'hermes' })
  for await (const event of model.stream({ messages: [], tools }))
    seen.push(event.type === 'tool-input-delta' ? event.delta : event.type)
  expect(seen.join(' ')).toBe('| tool-input-start {"comm | and":"ls" | } | tool-input-end | finish')
})

test('white space between calls goes with them, and stays where text follows', async () => {
  const wide = ' '.repeat(300)
  const answer = await hearText([`a \n${call}`, '\n', ` \n${call}`, ' \n', `b${call}\n`, wide], {
    family: 'hermes',
  })
  expect(callsOf(answer)).toEqual([exec, exec, exec])
  expect(answer.text).toBe(`a \n \nb\n${wide}`)
  expect(joined(answer).map((event) => event.type)).toEqual([
    'text-delta',
    ...Array.from({ length: 2 }, () => [
      'tool-input-start',
      'tool-input-delta',
      'tool-input-end',
    ]).flat(),
    'text-delta',
    'tool-input-start',
    'tool-input-delta',
    'tool-input-end',
    'text-delta',
    'finish',
  ])
})

test.each<[FinishReason, string, FinishReason]>([
  ['stop', call, 'tool-calls'],
  ['other', call, 'tool-calls'],
  ['tool-calls', call, 'tool-calls'],
  ['length', call, 'length'],
  ['content-filter', call, 'content-filter'],
  ['error', call, 'error'],
  ['stop', 'Hi', 'stop'],
  ['other', 'Hi', 'other'],
  ['stop', call.slice(0, -20), 'length'],
  ['other', call + call.slice(0, -20), 'length'],
])('an answer that ends with %s after %j ends with %s', async (reason, said, wanted) => {
  const { finish } = await hearText(said, { family: 'hermes', reason })
  expect(finish).toEqual({ type: 'finish', reason: wanted, rawReason: reason, usage: {} })
})

test('a call that was whole before the answer was cut has its input', async () => {
  const answer = await hearText(call + call.slice(0, 45), { family: 'hermes', reason: 'length' })
  expect(callsOf(answer)).toEqual([exec, 'exec truncated: {"comma'])
  expect(answer.calls[0]?.input).toEqual({ command: 'ls' })
  expect(answer.calls[1]).not.toHaveProperty('input')
})

test('an answer that is a bare call is one only if it is all of the answer', async () => {
  const bare = '{"name":"exec","arguments":{"command":"ls"}}'
  const heard = async (said: string, reason: FinishReason) =>
    callsOf(await hearText(said, { family: 'json', reason }))
  expect(await heard(bare, 'stop')).toEqual([exec])
  expect(await heard(bare, 'other')).toEqual([exec])
  expect(await heard(bare, 'length')).toEqual([])
  expect(await heard(bare.slice(0, -1), 'length')).toEqual(['exec truncated: {"command":"ls"}'])
  expect(await heard(bare + bare.slice(0, -4), 'length')).toEqual([
    exec,
    'exec truncated: {"command":"l',
  ])
  expect(await heard(bare.slice(0, 20), 'length')).toEqual([])
  expect(await heard('{"name":"exec","arguments":{"a":x', 'length')).toEqual([])
  expect(await heard(`\`\`\`json\n${bare}\n\`\`\``, 'length')).toEqual([exec])
  expect(await heard(`\`\`\`json\n${bare.slice(0, -4)}`, 'length')).toEqual([
    'exec truncated: {"command":"l',
  ])
})

test('a list of calls that is cut has the calls that are whole', async () => {
  const heard = async (said: string) =>
    callsOf(await hearText(said, { family: 'llama', reason: 'length' }))
  expect(await heard('[exec(command="a"), exec(command="b')).toEqual([
    'exec {"command":"a"}',
    'exec truncated: command="b',
  ])
  expect(await heard('[exec(command="a"), ex')).toEqual(['exec {"command":"a"}'])
  expect(await heard('[exec(command="a")')).toEqual(['exec {"command":"a"}'])
  expect(await heard('[exec(command="a"), rm(')).toEqual([])
  expect(await heard('[exec')).toEqual([])
})

test('an answer that fails or breaks off leaves no call open', async () => {
  const half = call.slice(0, 45)
  const error = { type: 'error', error: new Error('gone') } as unknown as ModelEvent
  const failed = await hear(saying([text(half), error], 'error'), { family: 'hermes' })
  expect(failed.events.map(({ type }) => type)).toEqual([
    'tool-input-start',
    'tool-input-delta',
    'tool-input-end',
    'error',
    'finish',
  ])
  expect(violations(failed)).toEqual([])

  for (const model of [saying([text(`a ${half}`)], 'lost'), throwing(`a ${half}`)]) {
    const events: ModelEvent[] = []
    const stream = withTextCalls(model, { family: 'hermes' }).stream({ messages: [], tools })
    const read = async (): Promise<void> => {
      for await (const event of stream) events.push(event)
    }
    if (model.id === 'throws') await expect(read()).rejects.toThrow('aborted')
    else await read()
    expect(events.map(({ type }) => type)).toEqual([
      'text-delta',
      'tool-input-start',
      'tool-input-delta',
      'tool-input-end',
    ])
    expect(events.at(-1)).toMatchObject({ problem: 'truncated', inputText: '{"comma' })
  }
  const held = await hear(saying([text('a <tool_'), error], 'error'), { family: 'hermes' })
  expect(held.text).toBe('a <tool_')
})

function throwing(said: string): Model {
  return {
    id: 'throws',
    format: 'f',
    async *stream() {
      yield text(said)
      throw new Error('aborted')
    },
  }
}

test('leaving the answer leaves the answer of the model', async () => {
  let left = false
  const model: Model = {
    id: 'm',
    format: 'f',
    async *stream() {
      try {
        for (;;) yield text('a')
      } finally {
        left = true
      }
    },
  }
  for await (const event of withTextCalls(model, { family: 'hermes' }).stream({
    messages: [],
    tools,
  })) {
    expect(event).toEqual(text('a'))
    break
  }
  expect(left).toBe(true)
})

test.each<[TextCallFamily, string]>([
  ['deepseek', '<｜DSML｜function_calls'],
  ['deepseek', '<｜DSML｜function_calls>'],
  ['deepseek', '<‖DSML‖tool_calls>\n'],
  ['deepseek', '<｜tool▁calls▁begin｜>'],
  ['hermes', '<tool_call'],
  ['hermes', '<tool_call>\n'],
  ['qwen-coder', '<function'],
  ['qwen-coder', '<tool_call>\n<function='],
  ['kimi', '<|tool_calls_section_begin|>'],
  ['kimi', '<|tool_calls_section_begin|><|tool_call_begin|>'],
  ['gpt-oss', '<|start|>assistant<|channel|>commentary'],
  ['llama', '<|python_tag|>'],
])(
  'of the family %s, the lone mark %j goes where the server decoded the call',
  async (family, mark) => {
    const own = decoded('get_time', { tz: 'UTC' })
    const before = await hear(saying([text('I look.\n'), text(mark), ...own], 'tool-calls'), {
      family,
    })
    expect(before.text).toBe('I look.\n')
    expect(callsOf(before)).toEqual(['get_time {"tz":"UTC"}'])
    expect(before.finish.reason).toBe('tool-calls')
    const behind = await hear(saying([...own, text(mark)], 'tool-calls'), { family })
    expect(behind.text).toBe('')

    const alone = await hear(saying([text(mark)]), { family })
    expect(alone.text).toBe(mark)
    const withText = await hear(saying([text(`${mark} is text`), ...own], 'tool-calls'), { family })
    expect(withText.text).toBe(`${mark} is text`)
  },
)

test('text that only looks like the beginning of a mark stays before a decoded call', async () => {
  for (const said of [
    'a <',
    'a <t',
    '{',
    '```',
    '```json\n{"name":"exec","arguments":{"a"',
    '[exec(',
    '{"name":"exec","arguments":{}}',
    '{"name":"exec","arguments":{"a"',
  ]) {
    const answer = await hear(saying([text(said), ...decoded('exec', {})], 'tool-calls'))
    expect(answer.text).toBe(said)
    expect(callsOf(answer)).toEqual(['exec {}'])
    expect(joined(answer).map(({ type }) => type)[0]).toBe('text-delta')
  }
})

test('calls of the text and calls that the server decoded stand in their order, with ids of their own', async () => {
  const kimi = '<|tool_call_begin|>functions.exec:0<|tool_call_argument_begin|>{}<|tool_call_end|>'
  const answer = await hear(
    saying(
      [text(call), ...decoded('get_time', {}, 'functions.exec:0'), text(kimi), text(call)],
      'tool-calls',
    ),
  )
  expect(callsOf(answer)).toEqual([exec, 'get_time {}', 'exec {}', exec])
  expect(violations(answer)).toEqual([])
})

test('a call that something else interrupts is cut, and what was no call yet is text', async () => {
  const own = decoded('get_time', {})
  const open = await hear(saying([text(call.slice(0, 45)), ...own, text('"a"}}')], 'tool-calls'))
  expect(callsOf(open)).toEqual(['exec truncated: {"comma', 'get_time {}'])
  expect(open.text).toBe('"a"}}')
  expect(open.finish.reason).toBe('length')
  const begun = await hear(saying([text('<tool_call>{"name":"exec"'), ...own], 'tool-calls'))
  expect(begun.text).toBe('<tool_call>{"name":"exec"')
  expect(begun.finish.reason).toBe('tool-calls')
})

test('a mark is not put together across a thought, and a thought is not read', async () => {
  const reasoning = (piece: string): ModelEvent => ({ type: 'reasoning-delta', text: piece })
  const answer = await hear(
    saying([reasoning(call), text('<tool_'), reasoning('hm'), text(call.slice(6)), text(call)]),
  )
  expect(answer.reasoning).toBe(`${call}hm`)
  expect(answer.text).toBe(`<tool_${call.slice(6)}`)
  expect(callsOf(answer)).toEqual([exec])
  expect(joined(answer).map(({ type }) => type)).toEqual([
    'reasoning-delta',
    'text-delta',
    'reasoning-delta',
    'text-delta',
    'tool-input-start',
    'tool-input-delta',
    'tool-input-end',
    'finish',
  ])
})

test('white space behind a call goes with it also where something else follows', async () => {
  const thought: ModelEvent = { type: 'reasoning-delta', text: 'hm' }
  const answer = await hear(saying([text(`${call}\n`), thought, text('b')]))
  expect(answer.text).toBe('b')
})

test('state of the provider and refusals go on as they are', async () => {
  const state: ModelEvent = { type: 'provider-state', format: 'f', state: { a: 1 } }
  const answer = await hear(
    saying([
      text('<tool_call>{"name":'),
      state,
      text('"exec"}'),
      { type: 'refusal-delta', text: 'No.' },
    ]),
  )
  expect(callsOf(answer)).toEqual(['exec {}'])
  expect(answer.states).toEqual([state])
  expect(answer.refusal).toBe('No.')
})

test('tokens of gpt-oss are taken off the names of calls that the server decoded', async () => {
  for (const name of [
    'exec',
    'exec<|channel|>commentary',
    'exec<|channel|>json',
    'functions.exec<|constrain|>json',
  ]) {
    const answer = await hear(saying(decoded(name, {}), 'tool-calls'), { family: 'gpt-oss' })
    expect(joined(answer).map((event) => 'toolName' in event && event.toolName)).toEqual([
      'exec',
      false,
      'exec',
      false,
    ])
  }
  for (const [name, family] of [
    ['rm<|channel|>commentary', 'gpt-oss'],
    ['exec<|channel|>commentary', 'hermes'],
  ] as const) {
    const answer = await hear(saying(decoded(name, {}), 'tool-calls'), { family })
    expect(answer.calls[0]?.toolName).toBe(name)
  }
})

test('an answer has no more calls than an answer may have; the others stay text', async () => {
  const many = await hearText(
    Array.from({ length: 260 }, () => call),
    { family: 'hermes' },
  )
  expect(many.calls).toHaveLength(256)
  expect(many.text).toBe(call.repeat(4))
  const bare = '{"name":"exec","arguments":{}}\n'.repeat(257)
  expect((await hearText(bare, { family: 'json' })).text).toBe(bare)
  const list = `[${'exec(),'.repeat(257)}]`
  expect((await hearText(list, { family: 'llama' })).text).toBe(list)
})

test('a call that never ends is cut at a bound, and what is no call by then is text', async () => {
  const piece = 'x'.repeat(64 * 1024)
  const pieces = Array.from({ length: 70 }, () => piece)
  for (const split of [pieces, [pieces.join('')]]) {
    const open = await hearText(['<tool_call>{"name":"exec","arguments":{"a":"', ...split])
    expect(open.calls).toMatchObject([{ toolName: 'exec', problem: 'truncated' }])
    expect(open.calls[0]?.inputText.length).toBeLessThan(4.2e6)
    expect(open.calls[0]!.inputText.length + open.text.length).toBe(70 * 64 * 1024 + 6)
    expect(open.finish.reason).toBe('length')
    const said = ['<tool_call>{"arguments":{"a":"', ...split]
    const unknown = await hearText(said)
    expect(unknown.calls).toEqual([])
    expect(unknown.text === said.join('')).toBe(true)
  }
})

test('a value that is deeper than any input is no call', async () => {
  const deep = `[exec(a=${'['.repeat(100_000)}${']'.repeat(100_000)})]`
  const answer = await hearText(deep, { family: 'llama' })
  expect(answer.text === deep).toBe(true)
  const fine = `[exec(a=${'['.repeat(60)}${']'.repeat(60)})]`
  expect((await hearText(fine, { family: 'llama' })).calls[0]?.problem).toBeUndefined()
})

test('every family is one that its own list names', () => {
  for (const family of families) expect(withTextCalls(saying([]), { family }).id).toBe('m')
})
