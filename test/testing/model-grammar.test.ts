import { expect, test } from 'vitest'
import { ToolwireError } from '../../src/index.ts'
import type { ModelEvent } from '../../src/ports/index.ts'
import { scriptedModel } from '../../src/testing/index.ts'
import { essence, gather } from '../../src/testing/model-suite/answer.ts'
import { grammarProblems } from '../../src/testing/model-suite/grammar.ts'

const model = scriptedModel([])

async function* streamOf(events: readonly ModelEvent[]): AsyncIterable<ModelEvent> {
  yield* events
}

async function problems(events: readonly ModelEvent[]): Promise<readonly string[]> {
  return grammarProblems(await gather(streamOf(events)), model)
}

const text: ModelEvent = { type: 'text-delta', text: 'Hi' }
const start: ModelEvent = { type: 'tool-input-start', toolCallId: 'a', toolName: 'look' }
const piece: ModelEvent = { type: 'tool-input-delta', toolCallId: 'a', delta: '{"n":1}' }
const end = {
  type: 'tool-input-end',
  toolCallId: 'a',
  toolName: 'look',
  inputText: '{"n":1}',
  input: { n: 1 },
} as const
const call = [start, piece, end]
const finish = (
  reason: Extract<ModelEvent, { type: 'finish' }>['reason'],
  usage = {},
): ModelEvent => ({
  type: 'finish',
  reason,
  rawReason: null,
  usage,
})
const error: ModelEvent = { type: 'error', error: new ToolwireError('MODEL_PROVIDER', 'No.') }
const state = (more: object): ModelEvent => ({
  type: 'provider-state',
  format: 'scripted',
  state: {},
  ...more,
})
const { input: _, ...without } = end
const cut = { ...without, problem: 'truncated' } as const

test.each<readonly [what: string, events: readonly ModelEvent[]]>([
  ['text', [text, finish('stop', { inputTokens: 1 })]],
  ['nothing', [finish('stop')]],
  ['a call', [text, ...call, state({}), state({ toolCallId: 'a' }), finish('tool-calls')]],
  ['a call that was cut', [start, piece, cut, finish('length')]],
  [
    'a malformed call',
    [start, { ...cut, inputText: '', problem: 'malformed' }, finish('tool-calls')],
  ],
  ['a failure', [text, ...call, error, finish('error')]],
])('%s keeps the grammar', async (_what, events) => {
  expect(await problems(events)).toEqual([])
})

const once = expect.stringContaining('"finish" comes once and last')

test.each<readonly [what: string, events: readonly ModelEvent[], problem: unknown]>([
  ['no finish', [text], once],
  ['no event', [], once],
  ['a finish twice', [text, finish('stop'), finish('stop')], once],
  ['a text behind the finish', [finish('stop'), text], once],
  ['an empty text', [{ type: 'text-delta', text: '' }, finish('stop')], 'A "text-delta" is empty.'],
  [
    'a start twice',
    [start, ...call, finish('tool-calls')],
    'Two calls have the id "a", or it is empty.',
  ],
  [
    'an id of two calls',
    [...call, ...call, finish('tool-calls')],
    'Two calls have the id "a", or it is empty.',
  ],
  [
    'an empty id',
    [...call.map((event) => ({ ...event, toolCallId: '' })), finish('tool-calls')],
    'Two calls have the id "", or it is empty.',
  ],
  [
    'a piece behind the end',
    [...call, piece, finish('tool-calls')],
    'A "tool-input-delta" comes outside of the call "a".',
  ],
  [
    'an end twice',
    [...call, end, finish('tool-calls')],
    'A "tool-input-end" comes outside of the call "a".',
  ],
  ['no end', [start, piece, finish('stop')], 'The call "a" has no end.'],
  [
    'pieces of another input',
    [start, end, finish('tool-calls')],
    'The pieces of the call "a" are "", its input "{"n":1}".',
  ],
  [
    'another name at the end',
    [start, piece, { ...end, toolName: 'read' }, finish('tool-calls')],
    'The call "a" changes its name.',
  ],
  [
    'input and problem',
    [start, piece, { ...end, problem: 'malformed' }, finish('tool-calls')],
    'The call "a" has either "input" or "problem".',
  ],
  [
    'neither input nor problem',
    [start, piece, without, finish('tool-calls')],
    'The call "a" has either "input" or "problem".',
  ],
  [
    'another input than was written',
    [start, piece, { ...end, input: { n: 2 } }, finish('tool-calls')],
    'The input of the call "a" is not what its text says: "{"n":1}".',
  ],
  [
    'an input of text that is no JSON',
    [start, { ...piece, delta: '{' }, { ...end, inputText: '{' }, finish('tool-calls')],
    'The input of the call "a" is not what its text says: "{".',
  ],
  [
    'state of no call',
    [state({ toolCallId: 'b' }), finish('stop')],
    'State comes for the call "b", which did not begin.',
  ],
  [
    'state of another format',
    [state({ format: 'other' }), finish('stop')],
    'State comes with the format "other".',
  ],
  [
    'an error without its reason',
    [error, finish('stop')],
    expect.stringContaining('the reason is "stop"'),
  ],
  [
    'a reason without its error',
    [finish('error')],
    expect.stringContaining('the reason is "error"'),
  ],
  ['an error twice', [error, error, finish('error')], '"error" comes twice.'],
  [
    'an error of another kind',
    // The type forbids it; an adapter in JavaScript can do it all the same.
    [{ type: 'error', error: new Error('x') as never }, finish('error')],
    'The error is no ToolwireError.',
  ],
  [
    'calls that are none',
    [finish('tool-calls')],
    'The reason is "tool-calls" without a call, or with one that was cut.',
  ],
  [
    'calls that are cut',
    [start, piece, cut, finish('tool-calls')],
    'The reason is "tool-calls" without a call, or with one that was cut.',
  ],
  [
    'calls that are not told of',
    [...call, finish('stop')],
    'The reason is "stop" although there are calls.',
  ],
  [
    'calls for another reason',
    [...call, finish('other')],
    'The reason is "other" although there are calls.',
  ],
  [
    'a count that is none',
    [finish('stop', { inputTokens: Number.NaN })],
    'A count of the usage is no number.',
  ],
])('%s breaks the grammar', async (_what, events, problem) => {
  expect(await problems(events)).toEqual([problem])
})

test('the essence of an answer is the same for other splits and ids, and for nothing else', async () => {
  const essenceOf = async (events: readonly ModelEvent[]): Promise<unknown> =>
    essence(await gather(streamOf(events)))
  const named = (...ids: readonly string[]): readonly ModelEvent[] =>
    ids.map((toolCallId) => ({ ...start, toolCallId }))
  const halves: readonly ModelEvent[] = [
    { type: 'text-delta', text: 'H' },
    { type: 'text-delta', text: 'i' },
  ]
  expect(await essenceOf(halves)).toEqual(await essenceOf([text]))
  expect(await essenceOf(named('a', 'b', 'a'))).toEqual(await essenceOf(named('x', 'y', 'x')))
  expect(await essenceOf(named('a', 'b', 'a'))).not.toEqual(await essenceOf(named('x', 'y', 'y')))
  expect(await essenceOf([text, ...call])).not.toEqual(await essenceOf([...call, text]))
  const pieces = [
    { ...piece, delta: '{' },
    { ...piece, toolCallId: 'b', delta: '}' },
  ]
  expect(await essenceOf(pieces)).not.toEqual(await essenceOf([{ ...piece, delta: '{}' }]))
})
