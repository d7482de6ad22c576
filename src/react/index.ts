export {
  ToolApproval,
  type ToolApprovalProps,
  type ToolCallProps,
  ToolCallView,
  type ToolCallViewProps,
  ToolErrorNotice,
  ToolExecutionIndicator,
  ToolTimeline,
  type ToolTimelineProps,
} from './components.ts'
export { useToolCall, useToolClient } from './use-tool-client.ts'
export {
  type CallDescription,
  type CallMarkupOptions,
  type CallProblem,
  type CallProgress,
  type CallTone,
  type DescribeOptions,
  type OwnStrings,
  type ShowOptions,
  type ToolStrings,
  describeCall,
  safeImage,
  safeLink,
} from '../views/index.ts'
