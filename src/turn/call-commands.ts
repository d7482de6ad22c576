import type { CallOutcome, Command, ReplyStatus, ResultCommand, Sender } from '../protocol/index.ts'
import { toolFor } from './catalogs.ts'
import type { Draft } from './draft.ts'
import { type Call, type ExecutingPhase, isSettled, scopeOf } from './state.ts'
import { cancelCall, offer, settle, settleNotRun, unknownOutcome } from './transitions.ts'

export type CallCommand = Extract<Command, { callId: string }>

type Handlers = {
  [T in CallCommand['type']]: (
    draft: Draft,
    call: Call,
    command: Extract<CallCommand, { type: T }>,
  ) => ReplyStatus
}

/** Commands that concern one call. */
export const callCommands: Handlers = {
  claim(draft, call, command) {
    if (isSettled(call)) return 'closed'
    const { phase } = call
    if (phase.state === 'executing') return claimAgain(draft, call, command)
    if (phase.state !== 'queued' || phase.attempt !== command.attempt) return 'lost'
    if (!mayRun(draft, call, command.from))
      return draft.refuse(
        'denied',
        `"${command.from.clientId}" does not offer this "${call.toolName}".`,
      )
    if (!knowsInput(call, command))
      return draft.refuse('denied', 'The input is another one than this client knows.')
    grant(draft, call, command)
    return 'granted'
  },

  beat(draft, call, { attempt, from }) {
    const phase = heldBy(call, from.clientId, attempt)
    if (!phase) return isSettled(call) ? 'closed' : 'lost'
    return renew(draft, call, { phase })
  },

  result(draft, call, command) {
    if (isSettled(call)) return sameOutcome(call.phase, command) ? 'accepted' : 'superseded'
    if (command.argsHash !== call.argsHash)
      return draft.refuse('conflict', 'The result is for another input.')
    if (!heldBy(call, command.holder ?? command.from.clientId, command.attempt)) return 'lost'
    settle(draft, call, outcomeOf(command))
    return 'accepted'
  },

  release(draft, call, { attempt, from, holder = from.clientId }) {
    const phase = heldBy(call, holder, attempt)
    if (!phase) return isSettled(call) ? 'closed' : 'lost'
    // Nothing began, so a cancelled call may end here and now.
    if (phase.cancelUntil !== null)
      settle(draft, call, { state: 'cancelled', errorCode: 'cancelled' })
    // A page that dies of its tool comes back for ever.
    else if (attempt >= (scopeOf(draft.state, call)?.policy.maxAttempts ?? Infinity))
      settle(draft, call, unknownOutcome)
    else offer(draft, call, attempt + 1)
    return 'accepted'
  },

  refuse(draft, call, { outcome }) {
    if (isSettled(call) || call.phase.state === 'executing') return 'closed'
    settleNotRun(draft, call, outcome)
    return 'accepted'
  },

  cancel(draft, call) {
    cancelCall(draft, call)
    return 'accepted'
  },

  decide(draft, call, command) {
    const { approvalId, approved, argsHash } = command
    if (call.phase.state !== 'approval-requested')
      return call.approval?.approvalId === approvalId && call.approval.approved === approved
        ? 'accepted'
        : 'closed'
    if (call.phase.approvalId !== approvalId || call.argsHash !== argsHash) return 'conflict'
    // What a client makes of an input counts only as the server checked it.
    if (command.input && !command.edit)
      return draft.refuse('denied', 'The input may not be changed.')
    answer(draft, call, command)
    return 'accepted'
  },
}

type Decision = Extract<CallCommand, { type: 'decide' }>

function answer(draft: Draft, call: Call, decision: Decision): void {
  const { callId, toolName, toolHash } = call
  const { approvalId, approved, reason, keep, edit, scope, from } = decision
  draft.emit({
    type: 'call-decided',
    callId,
    approvalId,
    approved,
    by: from.clientId,
    ...(reason !== undefined && { reason }),
    ...(approved && keep && scope !== undefined && { keep }),
    at: draft.now,
  })
  if (!approved) return settle(draft, call, denied(reason))
  if (keep === 'session' && scope !== undefined)
    draft.emit({
      type: 'consent-given',
      consentId: approvalId,
      toolName,
      ...(toolHash !== undefined && { toolHash }),
      scope,
      at: draft.now,
    })
  if (edit) draft.emit({ type: 'call-edited', callId, ...edit, at: draft.now })
  else offer(draft, call, 1)
}

type Claim = Extract<CallCommand, { type: 'claim' }>

/** A client that is older than edits does not know that there was one, nor to say which input it has. */
function knowsInput({ argsHash, approval }: Call, claim: Claim): boolean {
  return claim.argsHash === undefined ? approval?.isEdited !== true : claim.argsHash === argsHash
}

/** A claim on a call that is held already: the same life of the same holder renews, anyone else waits. */
function claimAgain(draft: Draft, call: Call, { attempt, noBegin, from }: Claim): ReplyStatus {
  const phase = heldBy(call, from.clientId, attempt)
  if (!phase) return 'held'
  if (phase.epoch === from.epoch) return renew(draft, call, { phase, isToBegin: true })
  if (phase.epoch > from.epoch || !noBegin) return 'held'
  // A later life of the holder may begin only where its journal proves that the earlier one did not.
  if (phase.cancelUntil !== null) return 'cancel'
  grant(draft, call, { attempt, from })
  return 'granted'
}

function grant(
  draft: Draft,
  call: Call,
  { attempt, from }: { attempt: number; from: Sender },
): void {
  const scope = scopeOf(draft.state, call)
  if (!scope) return
  const leaseUntil = draft.now + scope.policy.leaseMs
  draft.emit({
    type: 'call-granted',
    callId: call.callId,
    attempt,
    holder: from.clientId,
    epoch: from.epoch,
    leaseUntil,
    // The holder counts `timeoutMs` from its begin, which may come a whole lease after this grant.
    closesAt: leaseUntil + call.timeoutMs,
    at: draft.now,
  })
}

/**
 * Renews the lease, which also clears a suspicion; after a cancel the holder is told so instead. One that claims
 * again has not begun, and all of its time is still to come.
 */
function renew(
  draft: Draft,
  call: Call,
  { phase, isToBegin = false }: { readonly phase: ExecutingPhase; readonly isToBegin?: boolean },
): ReplyStatus {
  const scope = scopeOf(draft.state, call)
  if (!scope) return 'gone'
  const { callId, timeoutMs } = call
  const leaseUntil = draft.now + scope.policy.leaseMs
  draft.emit({
    type: 'call-renewed',
    callId,
    attempt: phase.attempt,
    leaseUntil,
    ...(isToBegin && { closesAt: leaseUntil + timeoutMs }),
  })
  return phase.cancelUntil === null ? 'granted' : 'cancel'
}

function heldBy({ phase }: Call, clientId: string, attempt: number): ExecutingPhase | null {
  const held = phase.state === 'executing' && phase.holder === clientId && phase.attempt === attempt
  return held ? phase : null
}

/** A server tool is run by nodes, a client tool by clients of this conversation that offer it. */
function mayRun(draft: Draft, call: Call, from: Sender): boolean {
  if (call.executor === 'server') return from.clientId.startsWith(nodePrefix)
  const catalog = draft.state.catalogs.get(from.clientId)
  const assign = scopeOf(draft.state, call)?.policy.assign
  if (typeof assign === 'object' && assign.client !== catalog?.name) return false
  return toolFor(catalog, call) !== undefined
}

/** Ids of server nodes start so; no client may take such an id. */
export const nodePrefix = 'node:'

function outcomeOf(command: ResultCommand): CallOutcome {
  const { state, output, modelOutput, errorText, errorCode, errorForUser, retryAfterMs } = command
  return {
    state,
    ...(output !== undefined && { output }),
    ...(modelOutput !== undefined && { modelOutput }),
    ...(errorText !== undefined && { errorText }),
    ...(errorCode !== undefined && { errorCode }),
    ...(errorForUser !== undefined && { errorForUser }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  }
}

function sameOutcome(settled: CallOutcome, command: ResultCommand): boolean {
  return (
    settled.state === command.state &&
    JSON.stringify(settled.output) === JSON.stringify(command.output) &&
    settled.errorCode === command.errorCode
  )
}

function denied(reason: string | undefined): CallOutcome {
  return {
    state: 'denied',
    errorCode: 'denied',
    errorText: `The user did not allow this call${reason ? `: ${reason}` : '.'}`,
  }
}
