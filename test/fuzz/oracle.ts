// What holds of every answer, whatever came: the promises of src/ports/model.ts, and that no call has another
// input than the stream gave it.
import { isDeepStrictEqual } from 'node:util'
import type { ModelEvent } from '../../src/ports/index.ts'
import { readBody } from './body.ts'
import { allOf, ruleFindings } from './event-rules.ts'
import { type Format, type WrittenCall, marksIn } from './grammar.ts'
import { readPieces } from './pieces.ts'
import type { Group, Reading } from './reader.ts'

type CallEnd = Extract<ModelEvent, { type: 'tool-input-end' }>

export interface Decoded {
  readonly events: readonly ModelEvent[]
  /** What the iteration threw; `undefined` where it came to its end. */
  readonly thrown: unknown
}

export interface Expectation {
  readonly format: Format
  readonly bytes: Uint8Array
  /** What has to come out, where nothing was lost. */
  readonly calls: readonly WrittenCall[] | undefined
  /** Whether each piece still says whose it is. */
  readonly keyed: boolean
  /** Whether the connection broke behind the bytes. */
  readonly broke: boolean
}

/** What is wrong with an answer. */
export function findings({ events, thrown }: Decoded, expected: Expectation): readonly string[] {
  if (thrown !== undefined) return [`it throws ${messageOf(thrown)}`]
  const { format, bytes } = expected
  const calls = allOf(events, 'tool-input-end')
  const reading = readPieces(format, readBody(bytes, format))
  return [
    // In Responses, the end of a call says all of its input once more.
    ...ruleFindings(events, format === 'openai-responses'),
    ...endFindings(events, reading, expected),
    ...calls.flatMap((call) => [...originFindings(call, reading)]),
    ...(expected.keyed && calls.some(isMerged) ? ['two calls are merged'] : []),
    ...(expected.calls ? exactFindings(calls, expected.calls) : []),
  ]
}

/** The same where the caller aborted. Who aborts while the end is being told may hear it. */
export function abortFindings({ events, thrown }: Decoded): readonly string[] {
  const isAborted = thrown instanceof Error && 'code' in thrown && thrown.code === 'ABORTED'
  const isFinished = thrown === undefined && events.at(-1)?.type === 'finish'
  return isAborted || isFinished ? [] : [`an abort ends in ${messageOf(thrown)}`]
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : typeof thrown
}

function isMerged({ input, inputText }: CallEnd): boolean {
  return input !== undefined && marksIn(inputText).length > 1
}

/** A stream that does not say that it ended is cut, and so are its calls. */
function* endFindings(
  events: readonly ModelEvent[],
  { ended, unreadable, unplaced, groups }: Reading,
  { broke }: Expectation,
): Generator<string> {
  const calls = allOf(events, 'tool-input-end')
  const failed = allOf(events, 'error').length > 0
  if (!ended && !failed) yield broke ? 'a break is no error' : 'it ends, and nothing said so'
  // What was whole before something unreadable is whole.
  if (ended || unreadable || unplaced) return
  const mayBeWhole = (id: string): boolean =>
    groups.some(({ ids, told }) => told && (isMinted(id) || ids.has(id)))
  if (calls.some(({ input, toolCallId }) => input && !mayBeWhole(toolCallId)))
    yield 'a call of a cut stream has input'
}

function* originFindings(
  { toolCallId, inputText, toolName, input }: CallEnd,
  { groups, unplaced }: Reading,
): Generator<string> {
  if (unplaced) return
  const ours = isMinted(toolCallId) ? groups : groups.filter(({ ids }) => ids.has(toolCallId))
  const excerpt = inputText.slice(0, 200)
  if (ours.length === 0) yield `an id came from nowhere: ${toolCallId.slice(0, 80)}`
  // What two streams sent to one place may stand in one text, if nobody uses it.
  else if (!(input ? ours : [allIn(groups)]).some((group) => hasRoom(group, inputText)))
    yield `a call has more than was sent to it: ${excerpt}`
  else if (input && !ours.some((group) => explains(group, inputText)))
    yield `an input is not what was sent to one call: ${excerpt}`
  if (toolName && !groups.some(({ names }) => names.join('').includes(toolName)))
    yield `a name came from nowhere: ${toolName.slice(0, 80)}`
}

function allIn(groups: readonly Group[]): Group {
  return {
    ids: new Set(),
    names: [],
    named: new Set(),
    told: false,
    pieces: groups.flatMap(({ pieces }) => pieces),
    wholes: groups.flatMap(({ wholes }) => wholes),
    values: groups.flatMap(({ values }) => values),
  }
}

/** As the world of run-case.ts mints them. */
function isMinted(toolCallId: string): boolean {
  return toolCallId.includes('minted')
}

function hasRoom({ pieces, wholes, values }: Group, inputText: string): boolean {
  const sent = [...pieces, ...wholes, ...values].reduce((sum, { length }) => sum + length, 0)
  // Paths are written out, and a value out of order repeats what stands around it.
  return inputText.length <= (values.length > 0 ? 2 + 64 * sent : Math.max(2, sent))
}

/** Whether `inputText` is what one call was sent: a whole, a run of pieces, or nothing. */
function explains(group: Group, inputText: string): boolean {
  const { pieces, wholes, values, named } = group
  if (wholes.includes(inputText)) return true
  if (values.length > 0) return marksIn(inputText).every((mark) => values.join('').includes(mark))
  // Where a name may begin a call, what came before it is of another.
  const inRuns = wholes.length === 0 || named.size > 0
  const mayBeBlank = inRuns ? hasBlankRun(pieces, named) : wholes.some(isBlank)
  if (inputText === '{}' && mayBeBlank) return true
  const borders = [...pieces.keys()].filter((at) => isBorder(at, group))
  const isRun = (from: number, to: number): boolean => {
    const run = pieces.slice(from, to).join('')
    return run.endsWith(inputText) && isBlank(run.slice(0, run.length - inputText.length))
  }
  return [...borders, pieces.length].some((to) => borders.some((from) => isRun(from, to)))
}

/** Whether a call may begin with a piece: some servers send all calls to one place, and no ids. */
function isBorder(at: number, { pieces, named }: Group): boolean {
  const before = pieces.slice(0, at).join('').trim()
  // What came with its name may be no text at all, and belongs to nothing.
  const behindName = named.has(at - 1) && !opens(pieces[at - 1])
  const begins = opens(pieces[at]) && (behindName || /(?:\}|null)$/.test(before))
  return before === '' || named.has(at) || begins
}

function opens(piece = ''): boolean {
  return piece.trimStart().startsWith('{')
}

/** Whether nothing came behind some name, up to the next. */
function hasBlankRun(pieces: readonly string[], named: ReadonlySet<number>): boolean {
  const ends = [...named, pieces.length].filter((at) => at > 0 || pieces.length === 0)
  return ends.some((end, nth) => pieces.slice(nth > 0 ? ends[nth - 1] : 0, end).every(isBlank))
}

function isBlank(text: string): boolean {
  return /^\s*(?:\{\s*\}|null)?\s*$/.test(text)
}

function* exactFindings(
  calls: readonly CallEnd[],
  written: readonly WrittenCall[],
): Generator<string> {
  const got = calls.map(({ toolName, input }) => ({ name: toolName, input }))
  const wanted = written.map(({ name, input }) => ({ name, input }))
  if (!isDeepStrictEqual(got, wanted)) return yield 'a sound stream gives other calls'
  const ids = written.every(({ id }, at) => !id || id === calls[at]?.toolCallId)
  if (!ids) yield 'a sound stream gives other ids'
}
