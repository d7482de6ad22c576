export { type Catalog, type CatalogDiff, diffCatalog, offerOf } from './catalog.ts'
export { declaredTool } from './declared-tool.ts'
export { defineTool } from './define-tool.ts'
export type { ToolCallOf, ToolsOf, TypedToolCall } from './tool-call.ts'
export { ToolError, type ToolErrorDetails } from './tool-error.ts'
export { type ToolFilter, type ToolNamed, ToolRegistry } from './tool-registry.ts'
export type {
  AnyTool,
  Awaitable,
  ExecuteContext,
  ExecuteOf,
  ExecutorSide,
  InferToolInput,
  InferToolName,
  InferToolOutput,
  InferToolProgress,
  KnownContext,
  OutputOf,
  Tool,
  ToolCache,
  ToolCallContext,
  ToolFunction,
  ToolOptions,
  ToolRateLimit,
  ToolRetry,
  ToolTraits,
  UndoContext,
  ToolTypes,
  Validation,
  ValidationIssue,
} from './tool.ts'
