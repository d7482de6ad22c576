import { isObject } from '../base/index.ts'
import { type CallState, callStates, isTerminal } from '../protocol/index.ts'
import type { RecordedLine } from '../testing/index.ts'

/** How long a call stood in one state; times in ms since 1970 by the clock of the server. */
export interface Segment {
  readonly state: CallState
  readonly from: number
  readonly to: number
}

/** The life of one call, as far as a log tells it. */
export interface CallTrace {
  readonly callId: string
  readonly toolName: string
  /** Of calls in one turn, which share an axis. */
  readonly turnId: string
  readonly state: CallState
  readonly segments: readonly Segment[]
  readonly executor: string
  /** The client or node that held it last. */
  readonly holder: string
  readonly attempts: number
  readonly repairs: number
  /** Whether it takes another call back. */
  readonly isUndo: boolean
  readonly input: unknown
  /** Fields of its outcome, once it has one. */
  readonly outcome: Readonly<Record<string, unknown>> | null
  /** From its first moment to its last, in ms. */
  readonly durationMs: number
  /** Of the attempt that ended it, from the grant; `null` where it did not run. */
  readonly runMs: number | null
}

/** The calls in a log, in the order in which they came. Reads what it understands and passes over the rest. */
export function callTraces(lines: readonly RecordedLine[]): readonly CallTrace[] {
  return new Tracer(lines).traces()
}

type Fields = Readonly<Record<string, unknown>>

interface Trace {
  readonly callId: string
  readonly toolName: string
  readonly turnId: string
  readonly marks: { state: CallState; at: number }[]
  executor: string
  isUndo: boolean
  holder: string
  attempts: number
  repairs: number
  input: unknown
  outcome: Fields | null
}

class Tracer {
  readonly #calls = new Map<string, Trace>()
  /** When the model began to write a call, by its id at the provider. */
  readonly #drafts = new Map<string, number>()
  /** What the client handed in, by call; the server does not send it back. */
  readonly #outputs = new Map<unknown, unknown>()
  /** From the time of the log to that of the server, as of the event that came with the least delay. */
  #ahead = -Infinity
  #latest = -Infinity

  constructor(lines: readonly RecordedLine[]) {
    for (const line of lines) {
      if (!('way' in line) || !isObject(line.frame)) continue
      if (line.way === 'up') this.#takeUp(line.frame)
      else this.#takeDown(line.frame, line.at)
    }
  }

  traces(): CallTrace[] {
    return [...this.#calls.values()].flatMap((trace) => this.#finished(trace) ?? [])
  }

  #takeUp({ c: command }: Fields): void {
    if (isObject(command) && command['type'] === 'result')
      this.#outputs.set(command['callId'], command['output'])
  }

  #takeDown({ k, c, e, h, state }: Fields, at: number): void {
    if (k === 'd' && isObject(h)) this.#takeDraft(h, at)
    if (k === 'snap' && isObject(state)) this.#takeState(state)
    if (k === 'e' && isObject(e)) this.#takeEvent(c === undefined ? e : this.#whole(e), at)
  }

  #whole(event: Fields): Fields {
    return { ...event, output: this.#outputs.get(event['callId']) }
  }

  #takeDraft(head: Fields, at: number): void {
    const id = head['toolCallId']
    if (typeof id === 'string' && !this.#drafts.has(id)) this.#drafts.set(id, at)
  }

  #takeEvent(event: Fields, lineAt: number): void {
    const { type, at, call, callId } = event
    if (typeof at === 'number') {
      this.#ahead = Math.max(this.#ahead, at - lineAt)
      this.#latest = Math.max(this.#latest, at)
    }
    const isNew = type === 'call-created' || type === 'undo-started'
    if (isNew && isObject(call)) this.#open(call, number(at))
    const trace = typeof callId === 'string' ? this.#calls.get(callId) : undefined
    if (trace) change(trace, event)
  }

  #open(call: Fields, at: number): Trace | null {
    const { callId, toolName, turnId, executor, undoOf, toolCallId } = call
    if (typeof callId !== 'string' || this.#calls.has(callId)) return null
    const trace: Trace = {
      callId,
      toolName: text(toolName),
      turnId: text(turnId),
      marks: [{ state: 'input-available', at }],
      executor: text(executor),
      isUndo: undoOf !== undefined,
      holder: '',
      attempts: 0,
      repairs: 0,
      input: call['input'] ?? call['inputText'],
      outcome: null,
    }
    const draftAt = this.#drafts.get(text(toolCallId))
    if (draftAt !== undefined && undoOf === undefined && this.#ahead > -Infinity)
      trace.marks.unshift({ state: 'input-streaming', at: Math.min(at, draftAt + this.#ahead) })
    this.#calls.set(callId, trace)
    return trace
  }

  /** The calls that a state is in the midst of; what is over stands in its messages, without ids of calls. */
  #takeState({ turn }: Fields): void {
    const calls = isObject(turn) && Array.isArray(turn['calls']) ? turn['calls'] : []
    for (const call of calls.filter(isObject)) {
      const { phase, timings } = call
      if (!isObject(phase) || !isObject(timings)) continue
      const trace = this.#open(call, number(timings['createdAt']))
      if (trace) resume(trace, phase, timings)
      for (const at of Object.values(timings)) this.#latest = Math.max(this.#latest, number(at))
    }
  }

  #finished(trace: Trace): CallTrace | null {
    const { marks, attempts, ...rest } = trace
    const last = marks.at(-1)
    if (!last) return null
    const isOver = isTerminal(last.state)
    const end = isOver ? last.at : Math.max(this.#latest, last.at)
    const segments = marks
      .map(({ state, at }, index) => ({ state, from: at, to: marks[index + 1]?.at ?? end }))
      .filter(({ state }) => !isTerminal(state))
    const ran = segments.findLast(({ state }) => state === 'executing')
    return {
      ...rest,
      attempts,
      state: last.state,
      segments,
      durationMs: end - (marks[0]?.at ?? end),
      runMs: ran ? ran.to - ran.from : null,
    }
  }
}

const stateAfter: Readonly<Record<string, CallState>> = {
  'call-approval-requested': 'approval-requested',
  'call-queued': 'queued',
  'call-granted': 'executing',
}

function change(trace: Trace, event: Fields): void {
  const { type, at, attempt, holder, input } = event
  if (type === 'call-repaired') trace.repairs++
  if (type === 'call-edited') trace.input = input
  if (typeof holder === 'string') trace.holder = holder
  if (type === 'call-granted') trace.attempts = Math.max(trace.attempts, number(attempt))
  const state = type === 'call-settled' ? callState(event['state']) : stateAfter[text(type)]
  const isSettled = isTerminal(trace.marks.at(-1)?.state ?? 'queued')
  if (!state || isSettled) return
  trace.marks.push({ state, at: number(at) })
  if (type === 'call-settled') trace.outcome = outcomeOf(event)
}

function resume(trace: Trace, phase: Fields, timings: Fields): void {
  const state = callState(phase['state'])
  const { queuedAt, startedAt, finishedAt } = timings
  const passed = [
    { state: 'queued', at: queuedAt },
    { state: 'executing', at: startedAt },
    { state, at: finishedAt },
  ] as const
  for (const { state: one, at } of passed)
    if (one && typeof at === 'number') trace.marks.push({ state: one, at })
  const last = trace.marks.at(-1)
  if (state && last && last.state !== state) trace.marks.push({ state, at: last.at })
  trace.attempts = number(phase['attempt'] ?? (startedAt === undefined ? 0 : 1))
  trace.holder = text(phase['holder'])
  if (state && isTerminal(state)) trace.outcome = outcomeOf(phase)
}

function outcomeOf(fields: Fields): Fields {
  const { type: _, callId: __, at: ___, ...outcome } = fields
  return outcome
}

function callState(value: unknown): CallState | undefined {
  return callStates.find((state) => state === value)
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
