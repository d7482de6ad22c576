export {
  type ToolCallElement,
  type ToolElement,
  type ToolElementOptions,
  defineToolElements,
} from './define-tool-elements.ts'
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
