import type { EventOf } from '../protocol/index.ts'
import type { Call, ConversationState, UndoRequest, Undoable } from './state.ts'

/** A call that has just got its output, also a part of it when it was cancelled, as far as it can be taken back. */
export function withUndoable(
  state: ConversationState,
  call: Call | undefined,
  { state: end, output }: EventOf<'call-settled'>,
): ConversationState {
  const isDone = end === 'output-available' || (end === 'cancelled' && output !== undefined)
  if (!call?.canUndo || !isDone) return state
  const { phase, timings: _, repairs: __, approval: ___, approvalId: ____, ...spec } = call
  const { consentId: _____, ...kept } = spec
  const undoable: Undoable = {
    ...kept,
    output,
    ...(phase.state === 'executing' && { holder: phase.holder }),
    state: 'possible',
  }
  return { ...state, undoables: [...state.undoables, undoable] }
}

export function undoRequested(
  state: ConversationState,
  { undoId, targets, principal, policy }: EventOf<'undo-requested'>,
): ConversationState {
  const request = { undoId, targets, ...(principal && { principal }), policy, call: null }
  return {
    ...state,
    undoQueue: [...state.undoQueue, request],
    undoables: state.undoables.map((one) =>
      targets.includes(one.callId) ? { ...withoutError(one), undoId, state: 'undoing' } : one,
    ),
  }
}

export function undoStarted(
  state: ConversationState,
  { call, at }: EventOf<'undo-started'>,
): ConversationState {
  const phase = { state: 'input-available' } as const
  return inRequest(state, { call: { ...call, phase, timings: { createdAt: at } } })
}

/** A change of the request that is next. */
export function inRequest(
  state: ConversationState,
  change: Partial<UndoRequest>,
): ConversationState {
  const [request, ...others] = state.undoQueue
  if (!request) return state
  return { ...state, undoQueue: [{ ...request, ...change }, ...others] }
}

/** One that fails ends its request: what came before it may be needed as it is. */
export function undoFinished(
  state: ConversationState,
  { target, errorCode, errorText, errorForUser }: EventOf<'undo-finished'>,
): ConversationState {
  const [request, ...others] = state.undoQueue
  if (!request) return state
  const left = request.targets.slice(1)
  const isOver = errorCode !== undefined || left.length === 0
  const end = (one: Undoable): Undoable => {
    if (errorCode === undefined) return { ...one, output: undefined, state: 'undone' }
    const after = errorCode === 'undo-unknown' ? 'unknown' : 'possible'
    return {
      ...one,
      state: after,
      errorCode,
      ...(errorText !== undefined && { errorText }),
      ...(errorForUser !== undefined && { errorForUser }),
    }
  }
  const undoables = state.undoables.map((one): Undoable => {
    if (one.callId === target) return end(one)
    return isOver && left.includes(one.callId) ? { ...one, state: 'possible' } : one
  })
  const rest = isOver ? others : [{ ...request, targets: left, call: null }, ...others]
  return { ...state, undoables, undoQueue: rest }
}

function withoutError({
  errorCode: _,
  errorText: __,
  errorForUser: ___,
  ...undoable
}: Undoable): Undoable {
  return undoable
}
