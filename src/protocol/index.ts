export {
  type CallErrorCode,
  type CallState,
  type TerminalCallState,
  callStates,
  isTerminal,
} from './call-state.ts'
export type {
  Approval,
  CallTimings,
  FilePart,
  Message,
  MessageMetadata,
  MessagePart,
  ProviderStatePart,
  ReasoningPart,
  RefusalPart,
  ResultPart,
  TextPart,
  ToolDescriptor,
  ToolPart,
  Usage,
} from './message.ts'
