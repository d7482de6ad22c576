import type { CallOutcome } from '../protocol/index.ts'
import type { Draft } from './draft.ts'
import { type Call, type ExecutingPhase, isSettled } from './state.ts'

/** Offers a call to whoever may run it. */
export function offer(draft: Draft, callId: string, attempt: number): void {
  if (!draft.turn) return
  const expiresAt = draft.now + draft.turn.policy.offerTimeoutMs
  draft.emit({ type: 'call-queued', callId, attempt, expiresAt, at: draft.now })
}

/**
 * Takes every call that waits for its start as far as it may go: to the question, or to an offer. A call
 * starts once no earlier call that shares a conflict key with it is open.
 */
export function advance(draft: Draft): void {
  for (const call of draft.turn?.calls ?? [])
    if (call.phase.state === 'input-available' && !isBlocked(draft, call)) start(draft, call)
}

function isBlocked(draft: Draft, { callId, conflictKeys = [] }: Call): boolean {
  for (const earlier of draft.turn?.calls ?? []) {
    if (earlier.callId === callId) return false
    if (!isSettled(earlier) && earlier.conflictKeys?.some((key) => conflictKeys.includes(key)))
      return true
  }
  return false
}

function start(draft: Draft, { callId, approvalId, approval }: Call): void {
  if (!draft.turn) return
  if (approvalId === undefined || approval?.approved) return offer(draft, callId, 1)
  const expiresAt = draft.now + draft.turn.policy.approvalTimeoutMs
  draft.emit({ type: 'call-approval-requested', callId, approvalId, expiresAt, at: draft.now })
}

/** Gives a call its one outcome. */
export function settle(draft: Draft, callId: string, outcome: CallOutcome): void {
  draft.emit({ type: 'call-settled', callId, ...outcome, at: draft.now })
}

export const cancelled: CallOutcome = {
  state: 'cancelled',
  errorCode: 'cancelled',
  errorText: 'Cancelled by the user.',
}

/**
 * Cancels a call. Before the grant that is final at once; after it the holder has `cancelGraceMs` to
 * answer, which is never less than the lease, so that a begin under a late grant still comes first.
 */
export function cancelCall(draft: Draft, call: Call): void {
  if (isSettled(call)) return
  if (call.phase.state !== 'executing') return settle(draft, call.callId, cancelled)
  if (call.phase.cancelUntil !== null || !draft.turn) return
  const { cancelGraceMs, leaseMs } = draft.turn.policy
  const closesAt = draft.now + Math.max(cancelGraceMs, leaseMs)
  draft.emit({ type: 'call-cancel-requested', callId: call.callId, closesAt, at: draft.now })
}

/** What happens to a call whose holder has not been heard of for a whole lease. */
export function leaseOver(draft: Draft, call: Call, phase: ExecutingPhase): void {
  if (!draft.turn) return
  const { maxAttempts, orphanTimeoutMs } = draft.turn.policy
  // A cancelled call is never offered again: it would end as "nobody ran it" although it may have run.
  if (call.effect === 'once' || phase.cancelUntil !== null)
    return draft.emit({
      type: 'call-suspected',
      callId: call.callId,
      until: draft.now + orphanTimeoutMs,
    })
  if (phase.attempt < maxAttempts) return offer(draft, call.callId, phase.attempt + 1)
  settle(draft, call.callId, unknownOutcome)
}

/** May have run, may have not. */
export const unknownOutcome: CallOutcome = {
  state: 'outcome-unknown',
  errorCode: 'outcome-unknown',
  errorText:
    'The connection to the executor was lost. The call may or may not have happened: do not assume either, check before you repeat it.',
}
