export {
  type EngineHooks,
  type ErrorInfo,
  type FinishInfo,
  type ModelChoice,
  type ModelRetry,
  type RepairHook,
  type RepairOptions,
  type RepairRequest,
  type RepairedCall,
  type StepInfo,
  type StepView,
  type StopCondition,
  type TurnNeeds,
  type TurnView,
  hasToolCall,
  noProgress,
  stepCountIs,
} from '../engine/index.ts'
export {
  type Budgets,
  type Limits,
  type RunOptions,
  type ToolServer,
  type ToolServerOptions,
  createToolServer,
} from './create-tool-server.ts'
export type {
  AcceptDecision,
  AcceptLimits,
  AcceptTool,
  ApprovalCall,
  ApprovalOptions,
  AuditCheck,
  AuditFilter,
  AuditHead,
  AuditLog,
  CircuitHealth,
  CircuitOptions,
  Credential,
  CredentialProvider,
  CredentialRequest,
  ErrorReport,
  Guard,
  GuardLimits,
  GuardedCall,
  Permissions,
  RedactOptions,
  Rollout,
  RoomLimits,
  StandingConsents,
  ToolUsage,
} from '../guards/index.ts'
export { memoryAudit, memoryConsents, storeAudit, verifyAudit } from '../guards/index.ts'
export type {
  AuditChange,
  AuditEntry,
  AuditEntryType,
  AuditRecord,
  AuditSink,
} from '../ports/index.ts'
export type { TrustOptions } from './trust.ts'
export {
  type NodeRequest,
  type NodeRequestHead,
  type NodeResponse,
  toNodeListener,
} from './node-listener.ts'
export type { Run, RunEvent, RunResult } from './run.ts'
