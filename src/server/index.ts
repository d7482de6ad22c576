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
  Rollout,
  RoomLimits,
  StandingConsents,
} from '../guards/index.ts'
export { memoryConsents } from '../guards/index.ts'
export type { TrustOptions } from './trust.ts'
export {
  type NodeRequest,
  type NodeRequestHead,
  type NodeResponse,
  toNodeListener,
} from './node-listener.ts'
export type { Run, RunEvent, RunResult } from './run.ts'
