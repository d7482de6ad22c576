import type { JsonObject } from '../../base/index.ts'
import type { FinishReason } from '../../ports/index.ts'
import type { Usage } from '../../protocol/index.ts'

/** What a server sends for one request, and what an adapter makes of it. */
export interface ModelRecording {
  /** The body of the response, as it goes over the wire. */
  readonly bytes: string | Uint8Array
  readonly expected: ExpectedAnswer
}

/** What is not given is not looked at, but for texts and calls: where they are not given there are none. */
export interface ExpectedAnswer {
  readonly text?: string
  readonly refusal?: string
  readonly reasoning?: string
  readonly calls?: readonly ExpectedCall[]
  readonly reason: FinishReason
  readonly rawReason?: string | null
  readonly usage?: Usage
  /** A piece of what the error says. */
  readonly error?: string
  /** Opaque texts that go back with the next request to this model, byte for byte, and to no other. */
  readonly echoes?: readonly string[]
}

export interface ExpectedCall {
  readonly toolName: string
  /** The id that the server sent, where it sent one; it has to come back with the result. */
  readonly toolCallId?: string
  readonly input?: JsonObject
  /** Where it has no input. */
  readonly problem?: 'truncated' | 'malformed'
}

/** Answers that every provider gives, each in more than one event. */
export interface ModelStreams {
  /** Text alone. */
  readonly text: ModelRecording
  /** One call with an input. */
  readonly call: ModelRecording
  /** Two calls or more, with inputs. */
  readonly parallelCalls: ModelRecording
  /** One call of a tool that takes no input. */
  readonly callWithoutInput: ModelRecording
  /** A failure of the provider that comes after HTTP 200, behind a piece of the answer. */
  readonly error: ModelRecording
  /** A call that the limit of the output cuts. */
  readonly cutCall?: ModelRecording
  /** Whatever else the provider sends: reasoning, state, refusals, quirks. The keys are for the names of the cases. */
  readonly more?: Readonly<Record<string, ModelRecording>>
}

/** An answer with an HTTP status that no repetition would change. */
export interface ModelRefusal {
  readonly status: number
  readonly body: string
  /** A piece of what the error says. */
  readonly error: string
}
