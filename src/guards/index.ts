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
  keepProblem,
  memoryConsents,
  standingConsent,
} from './approvals.ts'
export {
  CallCredentials,
  type Credential,
  type CredentialProvider,
  type CredentialRequest,
} from './credentials.ts'
export { type ErrorReport, maskError } from './mask-error.ts'
export { checkOutput, withModelView } from './outcome.ts'
export { type Permissions, carriedPermission, notPermitted } from './permission.ts'
export { type Rollout, isRolledOut } from './rollout.ts'
export { type RunToolOptions, invalidInput, runTool } from './run-tool.ts'
