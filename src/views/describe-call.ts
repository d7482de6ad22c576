import { isObject } from '../base/index.ts'
import { type CallState, type ToolPart, isTerminal } from '../protocol/index.ts'
import { type OwnStrings, type ToolStrings, fill, stringsOf } from './strings.ts'

/** What a call looks like at a glance, for the color of its mark. */
export type CallTone = 'waiting' | 'asking' | 'running' | 'done' | 'failed' | 'stopped'

/** What is to be shown of a call, in words, without a look. */
export interface CallDescription {
  readonly label: string
  readonly tone: CallTone
  /** The state, in words. */
  readonly status: string
  /** How long it has run, in words; absent before it began. */
  readonly elapsed?: string
  readonly progress?: CallProgress
  /** Little time is left. */
  readonly warning?: string
  readonly problem?: CallProblem
  readonly canCancel: boolean
  readonly canUndo: boolean
  /** Where taking it back stands, once somebody asked for that. */
  readonly undoStatus?: string
}

export interface CallProgress {
  /** From 0 to 1, where that can be told. */
  readonly fraction?: number
  readonly text?: string
}

export interface CallProblem {
  readonly text: string
  /** What to do. */
  readonly advice: string
  readonly code: string
}

export interface DescribeOptions {
  /** What people call the tool. Default: its name, in words. */
  readonly title?: string
  /** Wall clock, milliseconds since 1970. */
  readonly now: number
  readonly strings?: OwnStrings
}

const tones: Record<CallState, CallTone> = {
  'input-streaming': 'waiting',
  'input-available': 'waiting',
  'approval-requested': 'asking',
  queued: 'waiting',
  executing: 'running',
  'output-available': 'done',
  'output-error': 'failed',
  denied: 'stopped',
  cancelled: 'stopped',
  'timed-out': 'failed',
  'outcome-unknown': 'failed',
  'input-invalid': 'failed',
}

/** What to show of `call` at the time `now`. */
export function describeCall(call: ToolPart, options: DescribeOptions): CallDescription {
  const strings = stringsOf(options.strings)
  const { state, undo } = call
  const isRunning = state === 'executing'
  const elapsedMs = elapsedOf(call, options.now)
  const progress = isRunning ? progressOf(call.progress) : undefined
  const warning = isRunning ? warningOf(call, options.now, strings) : undefined
  const problem = problemOf(call, strings)
  const undoStatus = undoStatusOf(call, strings)
  return {
    label: options.title ?? wordsOf(call.toolName),
    tone: tones[state],
    status: strings.states[state],
    ...(elapsedMs !== undefined && { elapsed: spanOf(elapsedMs, strings) }),
    ...(progress && { progress }),
    ...(warning !== undefined && { warning }),
    ...(problem && { problem }),
    canCancel: state === 'queued' || isRunning,
    canUndo: isTerminal(state) && undo?.state === 'possible',
    ...(undoStatus !== undefined && { undoStatus }),
  }
}

/** How far a call is, of what tools commonly tell: a fraction, a count and a total, a percentage, a message. */
export function progressOf(update: unknown): CallProgress | undefined {
  if (typeof update === 'string') return { text: update }
  if (typeof update === 'number') return isFraction(update) ? { fraction: update } : undefined
  if (!isObject(update)) return undefined
  const fraction = fractionOf(update)
  const text = ['message', 'text', 'status', 'label', 'step']
    .map((name) => update[name])
    .find((value) => typeof value === 'string')
  if (fraction === undefined && text === undefined) return undefined
  return { ...(fraction !== undefined && { fraction }), ...(text !== undefined && { text }) }
}

function fractionOf(update: Record<string, unknown>): number | undefined {
  const { total, percent = update['percentage'] } = update
  const done = ['done', 'progress', 'fraction', 'completed', 'current', 'loaded']
    .map((name) => update[name])
    .find((value) => typeof value === 'number')
  if (done !== undefined && typeof total === 'number' && total > 0)
    return Math.min(1, Math.max(0, done / total))
  if (typeof percent === 'number' && isFraction(percent / 100)) return percent / 100
  return done !== undefined && isFraction(done) ? done : undefined
}

function isFraction(value: number): boolean {
  return value >= 0 && value <= 1
}

function elapsedOf({ state, timings }: ToolPart, now: number): number | undefined {
  const { startedAt, finishedAt } = timings
  if (startedAt === undefined) return undefined
  if (state === 'executing') return Math.max(0, now - startedAt)
  const tookMs = finishedAt === undefined ? 0 : finishedAt - startedAt
  // What was over at once needs no time beside it.
  return tookMs < 1_000 ? undefined : tookMs
}

/** A fifth of the time is left, or less. */
function warningOf(call: ToolPart, now: number, strings: ToolStrings): string | undefined {
  const { timings, timeoutMs } = call
  if (timings.startedAt === undefined || timeoutMs === undefined) return undefined
  const leftMs = timings.startedAt + timeoutMs - now
  if (leftMs > timeoutMs / 5) return undefined
  return fill(strings.deadline, { time: spanOf(Math.max(0, leftMs), strings) })
}

function problemOf(call: ToolPart, strings: ToolStrings): CallProblem | undefined {
  const { state, errorCode: code = state, errorText, errorForUser } = call
  if (tones[state] !== 'failed' && !(state === 'denied' && code !== 'denied')) return undefined
  // A prototype has names, too.
  const known = Object.hasOwn(strings.advice, code) ? strings.advice[code] : undefined
  const time = spanOf(call.retryAfterMs ?? 0, strings)
  return {
    text: errorForUser ?? errorText ?? strings.states[state],
    advice: fill(known ?? strings.advice['default'] ?? '', { time }),
    code,
  }
}

function undoStatusOf({ undo }: ToolPart, strings: ToolStrings): string | undefined {
  switch (undo?.state) {
    case 'possible': {
      const why = undo.errorForUser ?? undo.errorText
      return undo.errorCode === undefined ? undefined : [strings.undoFailed, why].join(' ').trim()
    }
    case 'approval-requested':
    case 'undoing':
      return strings.undoing
    case 'undone':
      return strings.undone
    case 'unknown':
      return strings.undoUnknown
    case undefined:
      return undefined
  }
}

function spanOf(ms: number, { minutes, seconds }: ToolStrings): string {
  const whole = Math.round(ms / 1_000)
  if (whole < 60) return fill(seconds, { seconds: whole })
  return fill(minutes, { minutes: Math.floor(whole / 60), seconds: whole % 60 })
}

/** `addWidget`, `add_widget` and `crm.add-widget` as words. */
function wordsOf(name: string): string {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[_\-./:]+/g, ' ')
    .trim()
    .toLowerCase()
  return words === '' ? name : words.charAt(0).toUpperCase() + words.slice(1)
}
