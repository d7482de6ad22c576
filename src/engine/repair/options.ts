import { type JsonObject, ToolwireError, isObject } from '../../base/index.ts'
import type { Message, RepairReason, RepairStage, ToolDescriptor } from '../../protocol/index.ts'
import type { Awaitable, ValidationIssue } from '../../tools/index.ts'

/** How calls are repaired that cannot run as the model wrote them. */
export interface RepairOptions {
  /** Built-in stages by name. Default: all are on but `split`. */
  readonly stages?: Partial<Readonly<Record<RepairStage, boolean>>>
  /** Asked about what the stages could not repair. */
  readonly hook?: RepairHook
  /** How often the hook is asked about one call. Default: 2. */
  readonly maxAttempts?: number
  /** How long it may take to answer, in milliseconds. Default: 30,000. */
  readonly timeoutMs?: number
}

/**
 * Makes a new call of one that cannot run, or gives nothing where it cannot. What it gives is checked like any
 * call: its tool has to be there, its input has to fit the schema, and permission and approval come after it.
 * What it throws goes to `onError`, and the call settles as if the hook had given nothing.
 */
export type RepairHook = (
  request: RepairRequest,
) => Awaitable<RepairedCall | null | undefined | void>

/** A call that cannot run, and all that it takes to repair it. */
export interface RepairRequest {
  readonly call: {
    readonly toolCallId: string
    readonly toolName: string
    /** Absent where `inputText` is no JSON object. */
    readonly input?: JsonObject
  }
  /** What is wrong. The input of a `truncated` call is not all there: only asking again makes it whole. */
  readonly reason: RepairReason
  /** The input as text. */
  readonly inputText: string
  /** What is wrong in detail, as the validator says it; `path` is a JSON Pointer. */
  readonly issues: readonly ValidationIssue[]
  /** The JSON Schema of the input; absent where there is no such tool. */
  readonly inputSchema?: JsonObject
  /** The tools that the model was offered. */
  readonly tools: readonly ToolDescriptor[]
  /** What the model was told before it wrote the call. */
  readonly messages: readonly Message[]
  /** Aborts when the turn is stopped or the time is up. */
  readonly signal: AbortSignal
}

/** The call to run instead; what is left out stays as it was. */
export interface RepairedCall {
  readonly toolName?: string
  readonly input?: Readonly<Record<string, unknown>>
  /** The input as strict JSON, instead of `input`. */
  readonly inputText?: string
}

/** Repair as it was asked for. */
export interface Repair {
  readonly stages: ReadonlySet<RepairStage>
  readonly hook: RepairHook | undefined
  readonly maxAttempts: number
  readonly timeoutMs: number
}

const defaultStages: Readonly<Record<RepairStage, boolean>> = {
  'code-fence': true,
  'double-encoded': true,
  'tolerant-syntax': true,
  // Whether two objects are two calls is a guess, if a good one.
  split: false,
  'parallel-wrapper': true,
  'tool-name': true,
  coerce: true,
}
const defaults = { maxAttempts: 2, timeoutMs: 30_000 }
const optionNames = ['stages', 'hook', 'maxAttempts', 'timeoutMs']

/** @throws {@link ToolwireError} `INVALID_OPTIONS` for a name or a value that is none of an option */
export function repairOf(option: RepairHook | RepairOptions | undefined): Repair | null {
  if (option === undefined) return null
  const options = typeof option === 'function' ? { hook: option } : option
  checkOptions(options)
  const { stages = {}, hook, maxAttempts, timeoutMs } = options
  const names = Object.keys(defaultStages) as RepairStage[] // the keys of a record by stage
  return {
    stages: new Set(names.filter((stage) => stages[stage] ?? defaultStages[stage])),
    hook,
    maxAttempts: maxAttempts ?? defaults.maxAttempts,
    timeoutMs: timeoutMs ?? defaults.timeoutMs,
  }
}

function checkOptions(options: unknown): void {
  if (!isObject(options)) throw invalid('it is neither a function nor an object')
  checkNames(options, optionNames, 'option')
  const { stages, hook, maxAttempts = 1, timeoutMs = 1 } = options
  if (stages !== undefined) checkStages(stages)
  if (hook !== undefined && typeof hook !== 'function') throw invalid('"hook" is no function')
  if (!Number.isInteger(maxAttempts) || Number(maxAttempts) < 1)
    throw invalid('"maxAttempts" is no whole number from 1 on')
  if (!Number.isFinite(timeoutMs) || Number(timeoutMs) <= 0)
    throw invalid('"timeoutMs" is no positive number')
}

function checkStages(stages: unknown): void {
  if (!isObject(stages)) throw invalid('"stages" is no object')
  checkNames(stages, Object.keys(defaultStages), 'stage')
  const other = Object.keys(stages).find((stage) => typeof stages[stage] !== 'boolean')
  if (other !== undefined) throw invalid(`the stage "${other}" is neither true nor false`)
}

function checkNames(given: object, known: readonly string[], kind: string): void {
  const unknown = Object.keys(given).find((name) => !known.includes(name))
  if (unknown !== undefined)
    throw invalid(`there is no ${kind} "${unknown}"; there are ${known.join(', ')}`)
}

function invalid(what: string): ToolwireError {
  return new ToolwireError('INVALID_OPTIONS', `\`repair\` cannot be used: ${what}.`, {
    hint: 'Pass a function, or `{ stages, hook, maxAttempts, timeoutMs }`; see docs/guides/repair.md.',
  })
}
