export {
  type AcceptDecision,
  type AcceptLimits,
  type AcceptTool,
  DeclaredTools,
  acceptTools,
  defaultAcceptLimits,
} from './accept-tool.ts'
export {
  type ApprovalCall,
  type ApprovalOptions,
  type StandingConsents,
  type SwayedCall,
  asksAfterUntrusted,
  keepProblem,
  memoryConsents,
  standingConsent,
} from './approvals.ts'
export { type AuditCheck, type AuditHead, verifyAudit } from './audit.ts'
export { type AuditFilter, type AuditLog, type ToolUsage, memoryAudit } from './audit-log.ts'
export { storeAudit } from './audit-store.ts'
export { storeConsents } from './consent-store.ts'
export { AuditWriter } from './audit-writer.ts'
export {
  CallCredentials,
  type Credential,
  type CredentialProvider,
  type CredentialRequest,
} from './credentials.ts'
export { memoryLimiter } from './memory-limiter.ts'
export { type Permissions, carriedPermission, notPermitted } from './permission.ts'
export { type Rollout, isRolledOut } from './rollout.ts'
export type { CircuitHealth, CircuitListener, CircuitNews } from './circuit-breaker.ts'
export type { Guard, GuardedCall } from './guard.ts'
export { clientGuards } from './client-guards.ts'
export type { CircuitOptions, GuardLimits, RoomLimits } from './guard-limits.ts'
export { type ErrorReport, maskError } from './mask-error.ts'
export { pieceOf, readResultName } from './cut-view.ts'
export { type Redact, type RedactOptions, createRedact } from './redact.ts'
export { hidesInput, redactEvent, redactText } from './redact-event.ts'
export { redacted } from './secret-text.ts'
export { checkOutput, failure, wholeText, withModelView } from './outcome.ts'
export type { Pipeline } from './pipeline.ts'
export { ServerGuards, type ServerGuardsOptions } from './server-guards.ts'
export { takingBack } from './taking-back.ts'
export { type AttemptEnds, Watch } from './watch.ts'
export { type RunToolOptions, invalidInput, runTool } from './run-tool.ts'
