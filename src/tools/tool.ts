import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Json, JsonObject } from '../base/index.ts'
import type { ResultPart, ToolDescriptor } from '../protocol/index.ts'

/** Where a call runs. */
export type ExecutorSide = 'client' | 'server'

/** What is known about a call before it runs. */
export interface ToolCallContext {
  readonly toolCallId: string
  /** Whoever the host authenticated; its shape is the host's. */
  readonly principal?: unknown
  /**
   * Names of the tools by which text of strangers came into the conversation before. Set for `approval` alone.
   */
  readonly untrusted?: readonly string[]
}

/** What a handler gets beside its input. */
export interface ExecuteContext<Progress = unknown> extends ToolCallContext {
  /** Equal for every attempt at this call and for no other call: the key for idempotent requests. */
  readonly key: string
  /** 1 for the first attempt. */
  readonly attempt: number
  /** Aborts when the call is cancelled or its time is up. */
  readonly signal: AbortSignal
  /** Shows how far the call is; each update replaces the last, and counts as a sign of life. */
  readonly progress: (update: Progress) => void
  /** What the host passed to this side, such as a database handle or the tenant of this user. */
  readonly context?: unknown
  readonly metadata?: unknown
  /**
   * The user's credential for a service, from the host's provider; `refresh` asks for another one. It shows in no
   * log and is taken out of what the handler gives back. Only on a server.
   */
  readonly credential?: (
    name: string,
    options?: { readonly refresh?: boolean },
  ) => Promise<{
    readonly type: 'api-key' | 'bearer'
    readonly value: string
    readonly expiresAt?: number
  }>
}

/** What `undo` gets beside the output. */
export interface UndoContext extends ToolCallContext {
  /** Of the call that is taken back: equal for every attempt at taking it back. */
  readonly key: string
  readonly input: unknown
  /** Aborts when the time is up. */
  readonly signal: AbortSignal
  /** What the host passed to this side. */
  readonly context?: unknown
  /** As for `execute`. */
  readonly credential?: NonNullable<ExecuteContext['credential']>
}

/** A function whose parameters may be narrower than the caller knows, as a tool's handlers are in a list of tools. */
export type ToolFunction<Parameters extends readonly unknown[], Result> = {
  handle(...parameters: Parameters): Result
}['handle']

/** What may come at once or later. */
export type Awaitable<Value> = Value | Promise<Value>

/** How failed attempts are repeated; only a tool that is read-only or idempotent is ever repeated. */
export interface ToolRetry {
  readonly attempts: number
  readonly minDelayMs: number
  readonly maxDelayMs: number
  /** Whether to try again after this error; without it, after a `ToolError` that is retryable. */
  readonly when?: (error: unknown) => boolean
}

/** How often a tool may run: `limit` calls in any `windowMs`, of one user, of one conversation, or of all. */
export interface ToolRateLimit {
  readonly limit: number
  readonly windowMs: number
  readonly by: 'user' | 'session' | 'tool'
}

/** For how long, and for whom, an output answers the same call again: in a conversation, to a user, or to all. */
export interface ToolCache {
  readonly ttlMs: number
  readonly by: 'session' | 'user' | 'all'
}

/** What a tool says about itself beside its schemas. */
export interface ToolTraits<Input, Output, Execute> {
  /** Groups tools, for people and for filters. */
  readonly category?: string
  /**
   * Fields that go into this tool of a request as they are, by the `format` of the model adapter, as in
   * `{ anthropic: { cache_control: { type: 'ephemeral' } } }`.
   */
  readonly providerOptions?: Readonly<Record<string, JsonObject>>
  /** Capabilities that a client must have, as in `['browser']`. */
  readonly requires?: readonly string[]
  /** The side that runs it. Default: the side where `execute` is defined. */
  readonly executor?:
    | ExecutorSide
    | ToolFunction<[input: Input, context: ToolCallContext], ExecutorSide>
  /** It changes nothing. A tool that is neither this nor `idempotent` begins at most once per call. */
  readonly readOnly?: boolean
  /** Running it again with the same input changes nothing more. */
  readonly idempotent?: boolean
  /** It may destroy something; for people who approve. */
  readonly destructive?: boolean
  /**
   * Its output may hold what strangers wrote, such as a page, a mail or what a search found. Calls that follow are
   * asked about, unless they are read-only or the host says otherwise.
   */
  readonly untrusted?: boolean
  readonly permission?: string | readonly string[]
  /** Whether a person must agree first. */
  readonly approval?:
    | boolean
    | ToolFunction<[input: Input, context: ToolCallContext], Awaitable<boolean>>
  readonly timeoutMs?: number
  /** The longest time without progress. */
  readonly idleTimeoutMs?: number
  readonly retry?: ToolRetry
  readonly rateLimit?: ToolRateLimit
  readonly cache?: ToolCache
  /** Calls that share a key never run at the same time; `serial` is one key for all calls of the tool. */
  readonly concurrency?:
    | 'parallel'
    | 'serial'
    | ToolFunction<[input: Input], string | readonly string[]>
  readonly maxModelOutputChars?: number
  /** Runs the call. What returns nothing has the output `null`. */
  readonly execute?: Execute
  /** The model's view of an output; the app always has the whole. Write it after `execute`, which gives its type. */
  readonly toModelOutput?: ToolFunction<
    [output: Output, context: ToolCallContext],
    Awaitable<Json | readonly ResultPart[]>
  >
  /**
   * Takes back what the call did; the output is its receipt. Throws a `ToolError` with code `'changed'` where
   * what it would restore was changed since. It runs where the call ran. Write it after `execute`, like
   * `toModelOutput`.
   */
  readonly undo?: ToolFunction<[output: Output, context: UndoContext], unknown>
  /** Whether a person must agree before a call is taken back. */
  readonly undoApproval?:
    | boolean
    | ToolFunction<[output: Output, context: ToolCallContext], Awaitable<boolean>>
}

/** What `defineTool` takes. */
export interface ToolOptions<
  Name extends string,
  InputSchema extends StandardSchemaV1,
  OutputSchema extends StandardSchemaV1 | undefined,
  ProgressSchema extends StandardSchemaV1 | undefined,
  Result,
  ContextSchema extends StandardSchemaV1 | undefined = undefined,
> extends ToolTraits<
  StandardSchemaV1.InferOutput<InputSchema>,
  OutputOf<OutputSchema, Result>,
  ExecuteOf<
    OutputSchema,
    Result,
    [
      input: StandardSchemaV1.InferOutput<InputSchema>,
      context: ExecuteContext<OutputOf<ProgressSchema, unknown>> & KnownContext<ContextSchema>,
    ]
  >
> {
  /** 1 to 128 letters, digits, `_`, `-`, `.`, `/` or `:`, beginning with a letter or `_`. */
  readonly name: Name
  readonly title?: string
  /** What it does and when to use it, for the model. */
  readonly description: string
  /** zod 4, zod 3, any Standard Schema that can write JSON Schema, or `jsonSchema()`. */
  readonly inputSchema: InputSchema
  readonly outputSchema?: OutputSchema
  /** Gives `progress` its type; updates are not checked at run time. */
  readonly progressSchema?: ProgressSchema
  /**
   * Checks `context` before the handler runs, and gives it its type. One that does not fit is a fault of the host:
   * the handler does not run, and `onError` hears of it as `INVALID_CONTEXT`.
   */
  readonly contextSchema?: ContextSchema
}

/** What a tool with a schema knows of the host's `context`. */
export type KnownContext<Schema extends StandardSchemaV1 | undefined> =
  Schema extends StandardSchemaV1
    ? { readonly context: StandardSchemaV1.InferOutput<Schema> }
    : unknown

/** What a schema makes of a value, or `Fallback` without a schema, where nothing is `null`, as JSON says it. */
export type OutputOf<
  Schema extends StandardSchemaV1 | undefined,
  Fallback,
> = Schema extends StandardSchemaV1
  ? StandardSchemaV1.InferOutput<Schema>
  : Fallback extends void
    ? null
    : Fallback

/**
 * A handler, which returns what the output schema takes in, or anything where there is none. The condition
 * stands around the whole function, because only then does TypeScript know the schema when it looks at
 * what is returned, and does not make a `string` of `'red'`.
 */
export type ExecuteOf<
  Schema extends StandardSchemaV1 | undefined,
  Result,
  Parameters extends readonly unknown[],
> = Schema extends StandardSchemaV1
  ? ToolFunction<Parameters, Awaitable<StandardSchemaV1.InferInput<Schema>>>
  : ToolFunction<Parameters, Awaitable<Result>>

/** One thing that is wrong with a value; `path` is a JSON Pointer, empty for the value itself. */
export interface ValidationIssue {
  readonly path: string
  readonly message: string
}

/** A checked value as the schema gave it back, or what is wrong. */
export type Validation<Value> =
  | { readonly value: Value; readonly issues?: undefined }
  | {
      readonly issues: readonly ValidationIssue[]
      /** What the validator threw, for logs: it may hold secrets. */
      readonly error?: unknown
    }

/** A tool: what a model may know about it, and how to run it. Made by `defineTool`; never changes. */
export interface Tool<
  Input = unknown,
  Output = unknown,
  Name extends string = string,
  Progress = unknown,
> extends ToolTraits<
  Input,
  Output,
  ToolFunction<[input: Input, context: ExecuteContext<Progress>], unknown>
> {
  readonly name: Name
  readonly descriptor: ToolDescriptor
  /** `once`: begins at most once per call, since a second time might do harm. */
  readonly effect: 'once' | 'idempotent'
  /** Checks against the schema as it was given, never against its conversion. Does not reject. */
  readonly validateInput: (value: unknown) => Promise<Validation<Input>>
  /** Likewise; any value passes where the tool has no output schema. */
  readonly validateOutput: (value: unknown) => Promise<Validation<Output>>
  /** Likewise for what the host passes to handlers; any value passes without a schema for it. */
  readonly validateContext: (value: unknown) => Promise<Validation<unknown>>
  /** The same tool without its handler, for the side that does not run it. */
  readonly withoutExecute: () => Tool<Input, Output, Name, Progress>
  /** Types only; never set. */
  readonly '~types'?: ToolTypes<Input, Output, Progress>
}

export interface ToolTypes<Input, Output, Progress> {
  readonly input: Input
  readonly output: Output
  readonly progress: Progress
}

/** Any tool, whatever its types. */
export type AnyTool = Tool

export type InferToolName<One extends AnyTool> = One['name']
export type InferToolInput<One extends AnyTool> = NonNullable<One['~types']>['input']
export type InferToolOutput<One extends AnyTool> = NonNullable<One['~types']>['output']
export type InferToolProgress<One extends AnyTool> = NonNullable<One['~types']>['progress']
