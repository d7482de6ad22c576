import type { Command, ReplyStatus } from '../protocol/index.ts'
import type { Draft } from './draft.ts'
import type { Undoable } from './state.ts'

type UndoCommand<T extends 'undo' | 'undo-begin' | 'undo-end'> = Extract<Command, { type: T }>

/** Asks for calls to be taken back, the last that ended first; all of them or, with a reason, none. */
export function requestUndo(draft: Draft, command: UndoCommand<'undo'>): ReplyStatus {
  const { undoId, of, principal, from } = command
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
  const targets = undoables.filter((one) => wanted.has(one)).map(({ callId }) => callId)
  if (targets.length > 0)
    draft.emit({
      type: 'undo-requested',
      undoId,
      targets: targets.toReversed(),
      ...(principal && { principal }),
      by: from.clientId,
      at: draft.now,
    })
  return 'accepted'
}

const why: Readonly<Record<Undoable['state'], string>> = {
  possible: 'not taken back yet',
  undoing: 'being taken back already',
  undone: 'taken back already',
  unknown: 'perhaps taken back already: look before you change anything',
}

function nothingToUndo(id: string): string {
  return `"${id}" is no call that can be taken back: it needs an output, a tool with \`undo\`, and to have run on the server.`
}

/** A node takes over the next call to take back. */
export function beginUndo(draft: Draft, command: UndoCommand<'undo-begin'>): ReplyStatus {
  const { undoId, target, owner, closesInMs } = command
  const [request] = draft.state.undoQueue
  if (request?.undoId !== undoId || request.targets[0] !== target) return 'lost'
  if (request.running) return 'held'
  const { now: at } = draft
  draft.emit({ type: 'undo-started', undoId, target, owner, closesAt: at + closesInMs, at })
  return 'granted'
}

export function endUndo(draft: Draft, command: UndoCommand<'undo-end'>): ReplyStatus {
  const { type: _, undoId, target, owner, ...failure } = command
  const [request] = draft.state.undoQueue
  if (request?.undoId !== undoId || request.running?.owner !== owner) return 'superseded'
  if (request.targets[0] !== target) return 'superseded'
  draft.emit({ type: 'undo-finished', undoId, target, ...failure, at: draft.now })
  return 'accepted'
}

/** Closes what a node began to take back and never ended; it is not begun again. */
export function closeUndo(draft: Draft): void {
  const [request] = draft.state.undoQueue
  const [target] = request?.targets ?? []
  if (!request?.running || target === undefined || request.running.closesAt > draft.now) return
  draft.emit({
    type: 'undo-finished',
    undoId: request.undoId,
    target,
    errorCode: 'undo-unknown',
    errorText: 'Whoever took the call back was lost. It may or may not be undone.',
    at: draft.now,
  })
}
