import type { Json, JsonObject } from '../base/index.ts'
import type { CallRepair } from './call-repair.ts'
import type { CallState } from './call-state.ts'

/** One message of a conversation, as it is stored and shown. Field names follow the AI SDK where it has one. */
export interface Message {
  readonly id: string
  readonly role: 'user' | 'assistant'
  readonly parts: readonly MessagePart[]
  readonly metadata: MessageMetadata
}

/** What is known about a message beside its parts; a host adds fields of its own. */
export interface MessageMetadata {
  /** Wall clock, milliseconds since 1970. */
  readonly createdAt?: number
  /** Id of the model that wrote an assistant message. */
  readonly model?: string
  readonly usage?: Usage
  readonly [field: string]: unknown
}

/** Tokens that one model step took; a count that the provider did not send is absent. */
export interface Usage {
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly totalTokens?: number
  readonly reasoningTokens?: number
  readonly cachedInputTokens?: number
}

export type MessagePart =
  | TextPart
  | ReasoningPart
  | RefusalPart
  | FilePart
  | ToolPart
  | ProviderStatePart

export interface TextPart {
  readonly type: 'text'
  readonly text: string
}

export interface ReasoningPart {
  readonly type: 'reasoning'
  readonly text: string
}

export interface RefusalPart {
  readonly type: 'refusal'
  readonly text: string
}

/** An image or file; `url` may be a `data:` URL. */
export interface FilePart {
  readonly type: 'file'
  readonly mediaType: string
  readonly url: string
  readonly filename?: string
}

/** Opaque state of one provider, echoed byte for byte to the same provider only, never shown. */
export interface ProviderStatePart {
  readonly type: 'provider-state'
  /** The `format` of the model adapter that produced it. */
  readonly format: string
  /** The call that it belongs to; absent where it belongs to the whole message. */
  readonly toolCallId?: string
  readonly state: Json
}

/** One tool call and, once it is settled, its one result. */
export interface ToolPart {
  readonly type: 'tool'
  /** Unique in the conversation. */
  readonly toolCallId: string
  /** The id that the provider sent, where it had to be changed to be unique; goes back to that provider. */
  readonly providerToolCallId?: string
  readonly toolName: string
  readonly state: CallState
  /** The parsed input; absent while it streams and where it could not be parsed. */
  readonly input?: unknown
  /** The input as the model wrote it; kept where it could not be parsed. */
  readonly inputText?: string
  /** What was done to make a call of what the model wrote, in order; absent where nothing was. */
  readonly repairs?: readonly CallRepair[]
  /** The whole output, for the app. */
  readonly output?: unknown
  /** The output as the model sees it; absent where that is the output itself. */
  readonly modelOutput?: readonly ResultPart[]
  /** Safe to show to the model. */
  readonly errorText?: string
  readonly errorCode?: string
  /** What people see instead of `errorText`. */
  readonly errorForUser?: string
  /** Where it was refused for now: how long, from `timings.finishedAt` on, until the same may run. */
  readonly retryAfterMs?: number
  readonly progress?: unknown
  readonly approval?: Approval
  readonly executor?: 'client' | 'server'
  /** What it gave may hold what strangers wrote. */
  readonly isUntrusted?: true
  readonly timings: CallTimings
  /** How long it may run, from `timings.startedAt` on; only in what a client shows, while it runs. */
  readonly timeoutMs?: number
  /** Set where the call can be taken back, or was; only in what a client shows. */
  readonly undo?: UndoView
}

/**
 * Where the taking back of a call stands; `approval-requested` while a person is asked whether it may be,
 * `possible` again after a failure, and `unknown` where nobody knows.
 */
export interface UndoView {
  readonly state: 'possible' | 'approval-requested' | 'undoing' | 'undone' | 'unknown'
  /** Takes back the whole turn. */
  readonly turnId: string
  /** Why it failed the last time. */
  readonly errorCode?: string
  readonly errorText?: string
  readonly errorForUser?: string
}

/** The question that a person answers before a call runs. */
export interface Approval {
  readonly approvalId: string
  /** Hash of the input that the decision is bound to. */
  readonly argsHash: string
  readonly approved?: boolean
  readonly reason?: string
  /** The input is what a person made of it. */
  readonly isEdited?: true
  /** It was allowed for longer than once. */
  readonly keep?: 'session' | 'always'
}

/** Wall clock of the moments of a call, milliseconds since 1970. */
export interface CallTimings {
  readonly createdAt?: number
  readonly queuedAt?: number
  readonly startedAt?: number
  readonly finishedAt?: number
}

/** A piece of a tool's result as the model sees it; each adapter downgrades what its wire cannot carry. */
export type ResultPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'json'; readonly value: Json }
  /** `data` is base64. */
  | { readonly type: 'image'; readonly mediaType: string; readonly data: string }
  | {
      readonly type: 'file'
      readonly mediaType: string
      readonly data: string
      readonly filename?: string
    }

/** The half of a tool that a model or another machine may see. */
export interface ToolDescriptor {
  readonly name: string
  readonly title?: string
  readonly description: string
  readonly inputSchema: JsonObject
  readonly outputSchema?: JsonObject
  readonly category?: string
  readonly requires?: readonly string[]
  readonly readOnly?: boolean
  readonly idempotent?: boolean
  readonly destructive?: boolean
  /** Its output may hold what strangers wrote. */
  readonly untrusted?: boolean
  /** Fields that go into the tool of a request as they are, by the `format` of the model adapter. */
  readonly providerOptions?: Readonly<Record<string, JsonObject>>
  /** Canonical hash of every field above. */
  readonly hash: string
}
