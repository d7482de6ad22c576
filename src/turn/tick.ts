import type { ReplyStatus } from '../protocol/index.ts'
import { isKnownTool, namesAtClients, toolFor } from './catalogs.ts'
import type { Draft } from './draft.ts'
import { type Call, type ConversationState, type Turn, callsOf, isSettled } from './state.ts'
import { cancelled, leaseOver, settle, settleNotRun, unknownOutcome } from './transitions.ts'

/** Closes all that is overdue. Any node may do so at any time; doing it twice changes nothing. */
export function tick(draft: Draft): ReplyStatus {
  for (const call of callsOf(draft.state))
    if (!isSettled(call) && dueAt(call) <= draft.now) close(draft, call)
  const { turn } = draft
  if (turn?.running && turn.stopRequested && turn.running.leaseUntil <= draft.now)
    draft.emit({
      type: 'turn-finished',
      turnId: turn.turnId,
      reason: 'stopped',
      at: draft.now,
    })
  return 'accepted'
}

/** When the next `tick` has something to do, or `null`. */
export function nextDue(state: ConversationState): number | null {
  const times = callsOf(state).map(dueAt)
  if (state.turn?.running) times.push(state.turn.running.leaseUntil)
  const first = Math.min(...times)
  return Number.isFinite(first) ? first : null
}

/** Whether the model step of `turn` may be taken over, its owner being silent. A stopped one only ends. */
export function stepAbandoned({ running, stopRequested }: Turn, now: number): boolean {
  return running !== null && !stopRequested && running.leaseUntil <= now
}

function dueAt({ phase }: Call): number {
  switch (phase.state) {
    case 'approval-requested':
    case 'queued':
      return phase.expiresAt
    case 'executing':
      // A silent holder may still come back with its result, so its own deadline rests meanwhile.
      return Math.min(
        phase.cancelUntil ?? Infinity,
        phase.suspectUntil ?? Math.min(phase.leaseUntil, phase.closesAt),
      )
    default:
      return Infinity
  }
}

function close(draft: Draft, call: Call): void {
  const { phase } = call
  switch (phase.state) {
    case 'approval-requested':
      return settle(draft, call, {
        state: 'denied',
        errorCode: 'approval-expired',
        errorText: 'Nobody answered the question whether this call is allowed.',
      })
    case 'queued':
      return notStarted(draft, call)
    case 'executing':
      if (phase.cancelUntil !== null && phase.cancelUntil <= draft.now)
        return settle(draft, call, cancelled)
      if (phase.suspectUntil !== null) return settle(draft, call, unknownOutcome)
      // Whoever cancelled it is told so, also where the deadline comes first.
      if (phase.closesAt <= draft.now)
        return settle(draft, call, phase.cancelUntil === null ? timedOut(call) : cancelled)
      return leaseOver(draft, call, phase)
    default:
  }
}

/** Nobody ran it in time. Who offered the tool and did not come for it is not counted on any more. */
function notStarted(draft: Draft, call: Call): void {
  const { state } = draft
  if (call.executor === 'client' && state.catalogs.size > 0 && !isKnownTool(state, call)) {
    const names = namesAtClients(state).join(', ') || 'none'
    return settleNotRun(draft, call, {
      state: 'output-error',
      errorCode: 'unknown-tool',
      errorText: `Not run: the tool "${call.toolName}" is gone. Tools of the clients: ${names}.`,
    })
  }
  for (const [clientId, catalog] of state.catalogs)
    if (call.executor === 'client' && !catalog.isAway && toolFor(catalog, call))
      draft.emit({ type: 'client-left', clientId, at: draft.now })
  settleNotRun(draft, call, {
    state: 'timed-out',
    errorCode: 'not-started',
    errorText: 'Not run: nothing that can run this tool was connected and free in time.',
  })
}

function timedOut(call: Call): Parameters<typeof settle>[2] {
  return {
    state: 'timed-out',
    errorCode: 'timed-out',
    errorText: `No result within ${call.timeoutMs} ms. The call may have had an effect: check before you repeat it.`,
  }
}
