import type { ConversationEvent, TerminalCallState } from '../../src/protocol/index.ts'
import { simulationStart } from './sim-clock.ts'

/** A handler that began. */
export interface Begin {
  readonly callId: string
  readonly attempt: number
  readonly at: number
  /** When the realm that runs it died; infinite while it lives. */
  readonly diedAt: () => number
  /** The call was not in the log, or settled there. */
  readonly isOver: boolean
  /** Whoever ran it had no lease any more. */
  readonly isLate: boolean
}

/** A handler that is about to give `value` back. */
export interface End {
  readonly callId: string
  readonly value: string
  readonly at: number
}

/** What happened outside of the log. */
export interface Evidence {
  readonly begins: readonly Begin[]
  readonly ends: readonly End[]
  /** Calls whose cancel was acknowledged before their end. */
  readonly cancelled: ReadonlySet<string>
}

interface Story {
  readonly callId: string
  readonly effect: string
  readonly toolName: string
  readonly timeoutMs: number
  readonly ends: {
    readonly state: TerminalCallState
    readonly output: unknown
    readonly errorCode: string | undefined
    readonly at: number
  }[]
  readonly decisions: number
}

/** So long may what ended take to be written down. */
export const journalAtMostMs = 2_000

/** Which of the invariants of the protocol a finished run broke. */
export function violationsOf(log: readonly ConversationEvent[], evidence: Evidence): string[] {
  const found: string[] = []
  for (const story of storiesOf(log)) found.push(...violationsIn(story, evidence))
  for (const { callId, isOver, isLate } of evidence.begins) {
    if (isOver) found.push(`I7: ${callId} began after its end, or before it was committed`)
    if (isLate) found.push(`R3: ${callId} began when its lease was over`)
  }
  const steps = log.flatMap((event) =>
    event.type === 'step-finished' ? [`${event.turnId} ${event.step}`] : [],
  )
  for (const step of new Set(steps))
    if (steps.filter((other) => other === step).length > 1)
      found.push(`I4: step ${step} has two messages`)
  return found
}

function* violationsIn(story: Story, evidence: Evidence): Generator<string> {
  const { callId, effect, ends, decisions } = story
  const begins = evidence.begins.filter((begin) => begin.callId === callId)
  const [end] = ends
  const attempts = new Set(begins.map(({ attempt }) => attempt))
  if (attempts.size < begins.length || (effect === 'once' && begins.length > 1))
    yield `I1: ${callId} (${effect}) began ${begins.length} times`
  if (ends.length !== 1) yield `I2: ${callId} has ${ends.length} outcomes`
  if (decisions > 1) yield `I10: ${callId} was decided ${decisions} times`
  if (!end) return
  yield* interruptionsOf(story, end, evidence)
  yield* cutShort(story, end, begins)
  const made = evidence.ends.filter((one) => one.callId === callId).map(({ value }) => value)
  if (end.state === 'output-available' && !made.includes(String(end.output)))
    yield `I6: ${callId} has the output ${String(end.output)}, which no handler gave`
  if (evidence.cancelled.has(callId) && end.state === 'timed-out' && begins.length === 0)
    yield `I11: ${callId} was cancelled and counts as never claimed`
}

/** A call times out when its time is up, and not before. */
function* cutShort(
  { callId, timeoutMs }: Story,
  end: Story['ends'][number],
  begins: readonly Begin[],
): Generator<string> {
  const last = begins.at(-1)
  if (end.state !== 'timed-out' || !last) return
  const restMs = Math.min(last.at + timeoutMs, last.diedAt()) - end.at
  // Clocks count in whole milliseconds.
  if (restMs > 1) yield `P49: ${callId} timed out ${Math.round(restMs)} ms too early`
}

/** What counts as interrupted was: its realm died, and before its handler had ended. */
function* interruptionsOf(
  { callId }: Story,
  end: Story['ends'][number],
  evidence: Evidence,
): Generator<string> {
  if (end.errorCode !== 'interrupted') return
  for (const begin of evidence.begins.filter((one) => one.callId === callId)) {
    if (begin.diedAt() > end.at) yield `I8: ${callId} counts as interrupted and its realm lived`
    const done = evidence.ends.find((one) => one.callId === callId)
    if (done && done.at + journalAtMostMs < begin.diedAt())
      yield `I8: ${callId} had ended and counts as interrupted`
  }
}

function storiesOf(log: readonly ConversationEvent[]): Story[] {
  const stories = new Map<string, Story>()
  for (const event of log) {
    if (event.type === 'call-created') {
      const { callId, effect, toolName, timeoutMs } = event.call
      stories.set(callId, { callId, effect, toolName, timeoutMs, ends: [], decisions: 0 })
    }
    if (event.type === 'call-settled') stories.get(event.callId)?.ends.push(outcomeOf(event))
    if (event.type === 'call-decided') {
      const story = stories.get(event.callId)
      if (story) stories.set(event.callId, { ...story, decisions: story.decisions + 1 })
    }
  }
  return [...stories.values()]
}

function outcomeOf({
  state,
  output,
  errorCode,
  at,
}: Extract<ConversationEvent, { type: 'call-settled' }>): Story['ends'][number] {
  return { state, output, errorCode, at: at - simulationStart }
}
