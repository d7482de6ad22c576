export { Conversation } from './conversation.ts'
export type {
  EngineHooks,
  EngineOptions,
  ErrorInfo,
  FinishInfo,
  StepInfo,
  StepView,
  StopCondition,
  TurnView,
} from './options.ts'
export { Runner } from './runner.ts'
export { hasToolCall, noProgress, stepCountIs } from './stop-conditions.ts'
