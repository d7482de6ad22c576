export { CallController, type CallUiState } from './call-controller.ts'
export { approvalMarkup } from './approval-markup.ts'
export { callMarkup, errorMarkup, indicatorMarkup } from './call-markup.ts'
export { type CallMarkupOptions, type CallScene, sceneOf, titleIn } from './call-scene.ts'
export {
  type CallDescription,
  type CallProblem,
  type CallProgress,
  type CallTone,
  type DescribeOptions,
  describeCall,
} from './describe-call.ts'
export type { Child, Handlers, Markup } from './markup.ts'
export { safeImage, safeLink } from './safe-url.ts'
export type { ShowOptions } from './shown-value.ts'
export { type OwnStrings, type ToolStrings, stringsOf } from './strings.ts'
