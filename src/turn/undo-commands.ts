import type { CallOutcome, CallSpec, Command, EventOf, ReplyStatus } from '../protocol/index.ts'
import { isKnownTool, toolFor } from './catalogs.ts'
import type { Draft } from './draft.ts'
import { type ConversationState, type Undoable, isSettled } from './state.ts'
import { settle } from './transitions.ts'

type UndoCommand<T extends 'undo' | 'undo-begin'> = Extract<Command, { type: T }>
type Failure = Pick<EventOf<'undo-finished'>, 'errorCode' | 'errorText' | 'errorForUser'>

/** Asks for calls to be taken back, the last that ended first; all of them or, with a reason, none. */
export function requestUndo(draft: Draft, command: UndoCommand<'undo'>): ReplyStatus {
  const { undoId, of } = command
  const { undoables } = draft.state
  if (undoables.some((one) => one.undoId === undoId)) return 'accepted'
  const wanted = new Set<Undoable>()
  for (const id of of) {
    if (draft.turn?.turnId === id)
      return draft.refuse('conflict', 'The turn still runs: stop it first.')
    const isTurn = undoables.some(({ turnId }) => turnId === id)
    const found = undoables.filter(({ toolCallId, turnId, state }) =>
      isTurn ? turnId === id && state === 'possible' : toolCallId === id,
    )
    if (found.length === 0) return draft.refuse('denied', nothingToUndo(id))
    for (const one of found) wanted.add(one)
  }
  const other = [...wanted].find(({ state }) => state !== 'possible')
  if (other) return draft.refuse('conflict', `"${other.toolCallId}" is ${why[other.state]}.`)
  const targets = undoables.filter((one) => wanted.has(one)).toReversed()
  if (targets.length > 0) request(draft, command, targets)
  return 'accepted'
}

function request(draft: Draft, command: UndoCommand<'undo'>, targets: readonly Undoable[]): void {
  const { undoId, principal, policy, from } = command
  const ask = (callIds: readonly string[]): void =>
    draft.emit({
      type: 'undo-requested',
      undoId,
      targets: callIds,
      ...(principal && { principal }),
      policy: { ...policy, orphanTimeoutMs: Math.min(policy.orphanTimeoutMs, maxOrphanMs) },
      by: from.clientId,
      at: draft.now,
    })
  const isFree = draft.state.undoQueue.length === 0
  for (const { callId, ...target } of targets) {
    const absence = isFree ? absenceOf(draft.state, { callId, ...target }, policy) : null
    if (!absence) continue
    // Half of it is worse than nothing: the one that nobody can take back fails, and the others stay.
    ask([callId])
    const failed = { type: 'undo-finished', undoId, target: callId, ...absence } as const
    return draft.emit({ ...failed, at: draft.now })
  }
  ask(targets.map(({ callId }) => callId))
}

/** A person waits for it, and nobody is to wait a day for a tab that died. */
const maxOrphanMs = 60_000

const why: Readonly<Record<Undoable['state'], string>> = {
  possible: 'not taken back yet',
  undoing: 'being taken back already',
  undone: 'taken back already',
  unknown: 'perhaps taken back already: look before you change anything',
}

function nothingToUndo(id: string): string {
  return `"${id}" is no call that can be taken back: it needs an output, and a tool with \`undo\` where it ran.`
}

/** Why no client can take a call back now; `null` where one can, or where that is not a client's to do. */
function absenceOf(
  state: ConversationState,
  call: Undoable,
  { assign }: UndoCommand<'undo'>['policy'],
): Failure | null {
  if (call.executor !== 'client') return null
  const wanted = { ...call, undoOf: call.callId }
  const able = [...state.catalogs.values()].filter(
    (catalog) =>
      toolFor(catalog, wanted) && (typeof assign !== 'object' || assign.client === catalog.name),
  )
  if (able.some(({ isAway }) => !isAway)) return null
  const { toolName } = call
  if (able.length > 0)
    return {
      errorCode: 'undo-no-client',
      errorText: `The client that can take "${toolName}" back is not connected. Open it again, and undo then.`,
    }
  return isKnownTool(state, wanted)
    ? {
        errorCode: 'stale-tool',
        errorText: `"${toolName}" is another one by now, or cannot take back any more. Undo it by hand.`,
      }
    : {
        errorCode: 'unknown-tool',
        errorText: `No client has "${toolName}" any more. Open one that has, or undo it by hand.`,
      }
}

/** Makes the call that takes the next one back: it goes where that one ran, once, like any call. */
export function beginUndo(draft: Draft, command: UndoCommand<'undo-begin'>): ReplyStatus {
  const { undoId, target, id, approvalId, settled } = command
  const [next] = draft.state.undoQueue
  const taken = draft.state.undoables.find(({ callId }) => callId === target)
  if (next?.undoId !== undoId || next.targets[0] !== target || !taken) return 'lost'
  if (next.call) return 'held'
  const call = { ...specOf(taken, id), ...(approvalId !== undefined && { approvalId }) }
  draft.emit({ type: 'undo-started', undoId, target, call, at: draft.now })
  const refusal = settled ?? absenceOf(draft.state, taken, next.policy)
  if (refusal) settle(draft, call, { state: 'output-error', ...refusal })
  return 'granted'
}

function specOf(taken: Undoable, callId: string): CallSpec {
  const { toolHash, clientToolName, conflictKeys } = taken
  const { callId: undoOf, toolCallId, toolName, turnId, step, executor, argsHash } = taken
  return {
    callId,
    undoOf,
    toolCallId,
    toolName,
    ...(toolHash !== undefined && { toolHash }),
    ...(clientToolName !== undefined && { clientToolName }),
    turnId,
    step,
    executor,
    effect: 'once',
    argsHash,
    ...(conflictKeys && { conflictKeys }),
    timeoutMs: taken.timeoutMs,
  }
}

/** What the end of the call that takes another back says of that one. */
export function concludeUndo(draft: Draft): void {
  const [next] = draft.state.undoQueue
  const [target] = next?.targets ?? []
  if (!next?.call || target === undefined || !isSettled(next.call)) return
  const failure = failureOf(next.call.phase, next.call.timings.startedAt !== undefined)
  const { undoId } = next
  draft.emit({ type: 'undo-finished', undoId, target, ...failure, at: draft.now })
}

const doubtful: readonly CallOutcome['state'][] = ['outcome-unknown', 'timed-out', 'cancelled']

function failureOf(
  { state, errorCode = 'handler-error', errorText, errorForUser }: CallOutcome,
  hasBegun: boolean,
): Failure {
  if (state === 'output-available') return {}
  if (hasBegun && doubtful.includes(state))
    return {
      errorCode: 'undo-unknown',
      errorText: 'Taking the call back did not end in time. It may or may not be undone.',
    }
  return {
    errorCode: errorCode === 'changed' ? 'undo-conflict' : errorCode,
    ...(errorText !== undefined && { errorText }),
    ...(errorForUser !== undefined && { errorForUser }),
  }
}
