export { clientNameOf, fitsCall } from './catalogs.ts'
export { nodePrefix } from './call-commands.ts'
export { continuation } from './continuation.ts'
export { type Decision, decide } from './decide.ts'
export { evolve, isKnown, isLegal } from './evolve.ts'
export { messagesOf, toolPart } from './messages.ts'
export { projectEvent, projectState, restoreState } from './project.ts'
export { repeatedPeriod } from './repeat.ts'
export {
  type Call,
  type CallPhase,
  type ClientCatalog,
  type ConversationState,
  type ExecutingPhase,
  type FinishedTurn,
  type RunningStep,
  type SettledPhase,
  type Turn,
  type UndoRequest,
  type Undoable,
  emptyConversation,
  findCall,
  isSettled,
} from './state.ts'
export { nextDue, stepAbandoned } from './tick.ts'
