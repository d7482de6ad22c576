import { type ErrorReport, type ServerGuards, takingBack } from '../guards/index.ts'
import type { CallOutcome, ConversationEvent } from '../protocol/index.ts'
import type { AnyTool } from '../tools/index.ts'
import { type Call, findCall, scopeOf, takenBackBy } from '../turn/index.ts'
import type { Conversation } from './conversation.ts'
import { guardedCall } from './guarded-call.ts'
import type { Observation } from './observation.ts'

interface GrantOptions {
  readonly guards: ServerGuards
  /** The definition by which the server judges a call. */
  readonly toolOf: (call: Call) => AnyTool | null
  readonly observation: Observation
  readonly onError: (report: ErrorReport) => void
}

/** A call that a client runs, within the server's guards. */
interface Grant {
  readonly attempt: number
  /** `null` once the call may run, or the outcome of a guard that refused it. */
  readonly refusal: Promise<CallOutcome | null>
  /** What the guards make of the client's outcome. */
  readonly finish: (outcome: CallOutcome) => Promise<CallOutcome>
  readonly traceparent: () => string | undefined
}

/**
 * The server's guards around what clients run: they stand between a client's claim and the answer that lets it
 * begin, and between its result and the log. A client has guards of its own, but nothing rests on them.
 */
export class ClientGrants {
  readonly #options: GrantOptions
  readonly #grants = new Map<string, Grant>()

  constructor(options: GrantOptions) {
    this.#options = options
  }

  /** What the model sees of an output, where the tool says nothing else. */
  get maxModelOutputChars(): number {
    return this.#options.guards.maxModelOutputChars
  }

  /** Why a call that a client was just granted is not to run, or `null`; the same for each claim of an attempt. */
  async refusalOf(conversation: Conversation, callId: string): Promise<CallOutcome | null> {
    const call = findCall(conversation.state, callId)
    const own = call ? this.#options.toolOf(call) : null
    const taken = call && takenBackBy(conversation.state, call)
    const tool = own && taken ? takingBack(own, taken) : own
    if (call?.phase.state !== 'executing' || !tool) return null
    const { attempt } = call.phase
    const known = this.#grants.get(callId)
    if (known?.attempt === attempt) return known.refusal
    return this.#guard(conversation, call, { tool, attempt }).refusal
  }

  /** Under which the client goes on with the trace of an attempt that it was just granted. */
  traceparent(callId: string, attempt: number): string | undefined {
    const grant = this.#grants.get(callId)
    return grant?.attempt === attempt ? grant.traceparent() : undefined
  }

  /** What the guards make of a client's outcome; as it is where another node granted the call. */
  async finish(callId: string, attempt: number, outcome: CallOutcome): Promise<CallOutcome> {
    const grant = this.#grants.get(callId)
    return grant?.attempt === attempt ? grant.finish(outcome) : outcome
  }

  #guard(
    conversation: Conversation,
    call: Call,
    { tool, attempt }: { readonly tool: AnyTool; readonly attempt: number },
  ): Grant {
    const { guards, observation, onError } = this.#options
    const { callId } = call
    const controller = new AbortController()
    let begin = (_: null): void => {}
    let end = (_: CallOutcome): void => {}
    const begun = new Promise<null>((resolve) => (begin = resolve))
    const ended = new Promise<CallOutcome>((resolve) => (end = resolve))
    const run = (): Promise<CallOutcome> => {
      begin(null)
      return ended
    }
    const cancelGraceMs = scopeOf(conversation.state, call)?.policy.cancelGraceMs ?? 0
    const work = guardedCall(call, { conversation, tool, attempt, signal: controller.signal })
    const { traceparent, run: observe } = observation.attempt(call, { conversation, attempt })
    const whole = observe(() => guards.run(work, run, { cancelGraceMs, onError }))
    let isOver = false
    void whole.then(() => (isOver = true))
    const refusal = Promise.race([begun, whole])
    const finish = (outcome: CallOutcome): Promise<CallOutcome> => {
      end(outcome)
      return whole
    }
    const grant = { attempt, refusal, finish, traceparent }
    this.#grants.set(callId, grant)
    followEnd(conversation, callId, (outcome) => {
      if (this.#grants.get(callId) === grant) this.#grants.delete(callId)
      end(outcome)
      if (!isOver) controller.abort()
    })
    return grant
  }
}

/** Calls `listener` once when the attempt is over, however: also by the clock, or by another node. */
function followEnd(
  conversation: Conversation,
  callId: string,
  listener: (outcome: CallOutcome) => void,
): void {
  const finish = (outcome: CallOutcome): void => {
    offCommit()
    offLoss()
    listener(outcome)
  }
  const offCommit = conversation.onCommit((events) => {
    const last = events.find((event) => endsAttempt(event, callId))
    if (last) finish(last.type === 'call-settled' ? last : lost)
  })
  const offLoss = conversation.onLoss(() => finish(lost))
}

function endsAttempt(
  event: ConversationEvent,
  id: string,
): event is Extract<ConversationEvent, { type: 'call-settled' | 'call-queued' }> {
  return (event.type === 'call-settled' || event.type === 'call-queued') && event.callId === id
}

const lost: CallOutcome = { state: 'outcome-unknown', errorCode: 'outcome-unknown' }
