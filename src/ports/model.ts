import type { Json, JsonObject, ToolwireError } from '../base/index.ts'
import type { Message, ToolDescriptor, Usage } from '../protocol/index.ts'

/**
 * A model behind any provider. An adapter is a function that returns one.
 *
 * `stream` sends one request and yields what comes, in order. It never throws for what a server sends:
 * a failure is an `error` event followed by `finish` with reason `error`, also when the failure comes
 * inside an HTTP 200 or as a cut stream. It throws only for misuse, and `ABORTED` when `signal` aborts.
 */
export interface Model {
  /** Names the model, as in `openai-chat:gpt-5`. */
  readonly id: string
  /** The wire format, as in `openai-chat`; provider state goes back only to the same format. */
  readonly format: string
  stream(request: ModelRequest): AsyncIterable<ModelEvent>
  /**
   * What becomes of `tools` on this model's wire, one report for each tool that loses something there.
   * A model without it takes every tool as it is.
   */
  checkTools?(tools: readonly ToolDescriptor[]): readonly ToolReport[]
}

/** What a provider's dialect of JSON Schema cannot say of a tool. Inputs are validated against the whole schema. */
export interface ToolReport {
  readonly toolName: string
  /** Why the tool cannot be offered at all: it is left out of the request, and the others go on. */
  readonly leftOut?: string
  readonly losses: readonly SchemaLoss[]
}

export interface SchemaLoss {
  /** Where in the schema, as a JSON Pointer. */
  readonly path: string
  readonly keyword: string
  /** `described`: moved into the description; `widened`: the model may now write more; `dropped`: not said at all. */
  readonly how: 'described' | 'widened' | 'dropped'
}

export interface ModelRequest {
  readonly system?: string | undefined
  readonly messages: readonly Message[]
  readonly tools?: readonly ToolDescriptor[] | undefined
  readonly toolChoice?: ToolChoice | undefined
  readonly temperature?: number | undefined
  readonly maxOutputTokens?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Fields that go into the request body as they are. */
  readonly providerOptions?: JsonObject | undefined
}

export type ToolChoice = 'auto' | 'none' | 'required' | { readonly toolName: string }

export type FinishReason = 'stop' | 'tool-calls' | 'length' | 'content-filter' | 'error' | 'other'

/**
 * What a model says, in the order in which it said it.
 *
 * Every `tool-input-start` is followed by one `tool-input-end` with the same `toolCallId` before `finish`,
 * and `finish` comes exactly once, last. `finish` has the reason `tool-calls` exactly when a call was decoded
 * and the turn was not cut.
 */
export type ModelEvent =
  | { readonly type: 'text-delta'; readonly text: string }
  | { readonly type: 'reasoning-delta'; readonly text: string }
  | { readonly type: 'refusal-delta'; readonly text: string }
  | { readonly type: 'tool-input-start'; readonly toolCallId: string; readonly toolName: string }
  | { readonly type: 'tool-input-delta'; readonly toolCallId: string; readonly delta: string }
  | {
      readonly type: 'tool-input-end'
      readonly toolCallId: string
      readonly toolName: string
      /** The input as the model wrote it. */
      readonly inputText: string
      /** Set only where `inputText` is one JSON object and nothing was cut. */
      readonly input?: JsonObject
      readonly problem?: 'truncated' | 'malformed'
    }
  | {
      readonly type: 'provider-state'
      readonly format: string
      readonly toolCallId?: string
      readonly state: Json
    }
  | { readonly type: 'error'; readonly error: ToolwireError }
  | {
      readonly type: 'finish'
      readonly reason: FinishReason
      /** The reason as the provider wrote it; `null` where it wrote none. */
      readonly rawReason: string | null
      readonly usage: Usage
      /** The provider paused its own work; asked again with this answer in the history, it goes on. */
      readonly paused?: true
    }
