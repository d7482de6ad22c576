import type {
  AnyTool,
  InferToolInput,
  InferToolName,
  InferToolOutput,
  InferToolProgress,
} from './tool.ts'
import type { ToolRegistry } from './tool-registry.ts'

/** One call of a known tool, with that tool's types. */
export interface TypedToolCall<Name extends string, Input, Output, Progress> {
  readonly toolCallId: string
  readonly toolName: Name
  readonly input: Input
  readonly output?: Output
  readonly progress?: Progress
}

/** The tools of a registry, of a list, or of a union. */
export type ToolsOf<Source> =
  Source extends ToolRegistry<infer One>
    ? One
    : Source extends readonly (infer One)[]
      ? One
      : Source

/** A call of any tool of `Source`: `switch (call.toolName)` narrows its input, output and progress. */
export type ToolCallOf<Source> =
  ToolsOf<Source> extends infer One
    ? One extends AnyTool
      ? TypedToolCall<
          InferToolName<One>,
          InferToolInput<One>,
          InferToolOutput<One>,
          InferToolProgress<One>
        >
      : never
    : never
