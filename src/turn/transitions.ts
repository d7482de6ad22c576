import type { CallOutcome, TurnPolicy } from '../protocol/index.ts'
import type { Draft } from './draft.ts'
import { type Call, type ExecutingPhase, callsOf, isSettled, scopeOf } from './state.ts'

/** Offers a call to whoever may run it. */
export function offer(draft: Draft, call: Call, attempt: number): void {
  const scope = scopeOf(draft.state, call)
  if (!scope) return
  const expiresAt = draft.now + scope.policy.offerTimeoutMs
  draft.emit({ type: 'call-queued', callId: call.callId, attempt, expiresAt, at: draft.now })
}

/**
 * Takes every call that waits for its start as far as it may go: to the question, or to an offer. A call
 * starts once no earlier call that shares a conflict key with it is open.
 */
export function advance(draft: Draft): void {
  for (const call of callsOf(draft.state))
    if (call.phase.state === 'input-available' && !isBlocked(draft, call)) start(draft, call)
}

/** What takes a call back stands behind those of the turn that began, and before those that did not. */
function isBlocked(draft: Draft, call: Call): boolean {
  const { callId, undoOf, conflictKeys = [] } = call
  let isEarlier = true
  for (const other of callsOf(draft.state)) {
    if (other.callId === callId) isEarlier = false
    else if (
      (undoOf === undefined && other.undoOf === undefined ? isEarlier : hasBegun(other)) &&
      !isSettled(other) &&
      other.conflictKeys?.some((key) => conflictKeys.includes(key))
    )
      return true
  }
  return false
}

function hasBegun({ phase }: Call): boolean {
  return phase.state !== 'input-available'
}

function start(draft: Draft, call: Call): void {
  const { callId, approvalId, approval } = call
  const scope = scopeOf(draft.state, call)
  if (!scope) return
  if (approvalId === undefined || approval?.approved) return offer(draft, call, 1)
  const expiresAt = draft.now + scope.policy.approvalTimeoutMs
  draft.emit({ type: 'call-approval-requested', callId, approvalId, expiresAt, at: draft.now })
}

/** Gives a call its one outcome. */
export function settle(draft: Draft, { callId }: Pick<Call, 'callId'>, outcome: CallOutcome): void {
  draft.emit({ type: 'call-settled', callId, ...outcome, at: draft.now })
}

/** Gives a call that nobody runs its outcome. Of an attempt that was granted before, nobody can say that it did not happen. */
export function settleNotRun(draft: Draft, call: Call, outcome: CallOutcome): void {
  const { phase } = call
  const mayHaveRun = phase.state === 'queued' && phase.attempt > 1
  settle(draft, call, mayHaveRun ? unknownOutcome : outcome)
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
  if (call.phase.state !== 'executing') return settle(draft, call, cancelled)
  const scope = scopeOf(draft.state, call)
  if (call.phase.cancelUntil !== null || !scope) return
  const { cancelGraceMs, leaseMs } = scope.policy
  const closesAt = draft.now + Math.max(cancelGraceMs, leaseMs)
  draft.emit({ type: 'call-cancel-requested', callId: call.callId, closesAt, at: draft.now })
}

/** What happens to a call whose holder has not been heard of for a whole lease. */
export function leaseOver(draft: Draft, call: Call, phase: ExecutingPhase): void {
  const scope = scopeOf(draft.state, call)
  if (!scope) return
  const { policy } = scope
  // A cancelled call is never offered again: it would end as "nobody ran it" although it may have run.
  if (call.effect === 'once' || phase.cancelUntil !== null)
    return draft.emit({
      type: 'call-suspected',
      callId: call.callId,
      until: draft.now + orphanMs(call, policy),
    })
  if (phase.attempt < policy.maxAttempts) return offer(draft, call, phase.attempt + 1)
  settle(draft, call, unknownOutcome)
}

/** How long a silent holder is waited for. A server has no journal: what it does not hand in soon has died with it. */
function orphanMs({ executor }: Call, { orphanTimeoutMs, leaseMs }: TurnPolicy): number {
  return executor === 'server' ? Math.min(orphanTimeoutMs, leaseMs) : orphanTimeoutMs
}

/** May have run, may have not. */
export const unknownOutcome: CallOutcome = {
  state: 'outcome-unknown',
  errorCode: 'outcome-unknown',
  errorText:
    'The connection to the executor was lost. The call may or may not have happened: do not assume either, check before you repeat it.',
}
