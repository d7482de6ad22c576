export { AuditTrail } from './audit-trail.ts'
export { ClientGrants } from './client-grants.ts'
export { conflictKeysOf } from './conflict-keys.ts'
export { Conversation, type KnownLog } from './conversation.ts'
export type {
  EngineHooks,
  EngineOptions,
  ErrorInfo,
  FinishInfo,
  ModelChoice,
  ModelRetry,
  StepInfo,
  StepView,
  StopCondition,
  TurnNeeds,
  TurnView,
} from './options.ts'
export {
  type RepairHook,
  type RepairOptions,
  type RepairRequest,
  type RepairedCall,
  repairOf,
} from './repair/options.ts'
export { withPages } from './result-pages.ts'
export { Observation, type ObservationOptions } from './observation.ts'
export { Runner } from './runner.ts'
export { hasToolCall, noProgress, stepCountIs } from './stop-conditions.ts'
export { ToolCheck } from './tool-check.ts'
