import type { CallState, Message, MessagePart, ToolPart } from '../protocol/index.ts'
import type {
  AnyTool,
  InferToolInput,
  InferToolName,
  InferToolOutput,
  InferToolProgress,
  ToolsOf,
} from '../tools/index.ts'

/**
 * A call in a message, with the types of its tool: `switch (part.toolName)` narrows its input, output and
 * progress, and `part.state` says whether the input is whole. A model may call tools that the type does not name:
 * give your `switch` a `default`, for which the part is a plain `ToolPart`.
 */
export type ToolPartOf<Source> =
  string extends InferToolName<KnownToolsOf<Source>>
    ? ToolPart
    : KnownToolPart<KnownToolsOf<Source>>

/** A message with {@link ToolPartOf} in place of its calls. */
export type MessageOf<Source> =
  string extends InferToolName<KnownToolsOf<Source>>
    ? Message
    : Omit<Message, 'parts'> & {
        readonly parts: readonly (Exclude<MessagePart, ToolPart> | ToolPartOf<Source>)[]
      }

/** A call of one tool. What its schema refused is `input-invalid`, and as the model wrote it. */
export type TypedToolPart<Name extends string, Input, Output, Progress> = Omit<
  ToolPart,
  'toolName' | 'state' | 'input' | 'output' | 'progress'
> & { readonly toolName: Name; readonly progress?: Progress } & (
    | {
        readonly state: 'input-streaming' | 'input-invalid'
        readonly input?: Growing<Input>
        readonly output?: undefined
      }
    | {
        readonly state: Exclude<CallState, 'input-streaming' | 'input-invalid' | 'output-available'>
        readonly input: Input
        readonly output?: Output
      }
    | { readonly state: 'output-available'; readonly input: Input; readonly output: Output }
  )

/** A value of which anything may be missing yet, also the end of a text. */
export type Growing<Value> = Value extends string
  ? string
  : Value extends object
    ? { readonly [Key in keyof Value]?: Growing<Value[Key]> }
    : Value

/** The tools of a registry, of a list, or of a union. */
export type KnownToolsOf<Source> = Extract<ToolsOf<Source>, AnyTool>

/** A call of any of these tools. */
export type KnownToolPart<One extends AnyTool> = One extends AnyTool
  ? TypedToolPart<
      InferToolName<One>,
      InferToolInput<One>,
      InferToolOutput<One>,
      InferToolProgress<One>
    >
  : never
