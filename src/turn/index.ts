export { archiveFacts, goesOn, oncePerPair } from './archive.ts'
export { clientNameOf, fitsCall, toolFor } from './catalogs.ts'
export { nodePrefix } from './call-commands.ts'
export { continuation } from './continuation.ts'
export { type Decision, decide } from './decide.ts'
export { evolve, isKnown, isLegal } from './evolve.ts'
export { mayStillBegin } from './may-begin.ts'
export {
  archiveTurn,
  findMessage,
  knowsMessage,
  messagesOf,
  toolPart,
  untrustedIn,
} from './messages.ts'
export { projectEvent, projectState, restoreState } from './project.ts'
export { repeatedPeriod } from './repeat.ts'
export {
  type Call,
  type CallPhase,
  type CallScope,
  type ClientCatalog,
  type ConversationState,
  type ExecutingPhase,
  type FinishedTurn,
  type RunningStep,
  type SettledPhase,
  type Turn,
  type UndoRequest,
  type Undoable,
  callsOf,
  emptyConversation,
  findCall,
  isSettled,
  scopeOf,
  takenBackBy,
} from './state.ts'
export { staleTool } from './stale.ts'
export { nextDue, stepAbandoned } from './tick.ts'
