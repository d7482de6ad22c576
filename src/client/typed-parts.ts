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
  string extends InferToolName<Known<Source>> ? ToolPart : KnownPart<Known<Source>>

/** A message with {@link ToolPartOf} in place of its calls. */
export type MessageOf<Source> =
  string extends InferToolName<Known<Source>>
    ? Message
    : Omit<Message, 'parts'> & {
        readonly parts: readonly (Exclude<MessagePart, ToolPart> | ToolPartOf<Source>)[]
      }

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

type Known<Source> = Extract<ToolsOf<Source>, AnyTool>

type KnownPart<One extends AnyTool> = One extends AnyTool
  ? TypedToolPart<
      InferToolName<One>,
      InferToolInput<One>,
      InferToolOutput<One>,
      InferToolProgress<One>
    >
  : never
