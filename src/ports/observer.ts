import type { TerminalCallState, TurnEndReason, Usage } from '../protocol/index.ts'
import type { FinishReason } from './model.ts'

/**
 * Watches what happens on one side, for traces, metrics and logs. Nothing waits for it and nothing rests on it: what
 * it throws goes to `onError`, and changes nothing else.
 */
export interface Observer {
  /**
   * Whether it is told inputs, outputs and texts of errors as well, with secrets and declared fields taken out. A
   * client never tells them. Default: false.
   */
  readonly takesContent?: boolean
  observe(happening: Happening): void
  /** Calls `work` at once, as part of the request or attempt with this id, and returns what it returns. */
  within?<T>(id: string, work: () => T): T
  /** The `traceparent` (W3C Trace Context) under which others go on with the request or attempt of this id. */
  traceparent?(id: string): string | undefined
}

/** One thing that happened. Times in ms since 1970. */
export type Happening =
  | TurnStarted
  | TurnFinished
  | TurnLeft
  | RequestStarted
  | RequestFinished
  | AttemptStarted
  | AttemptFinished
  | CallSettled
  | CircuitChanged

/** What is told of everything that belongs to a turn. */
export interface TurnFacts {
  readonly at: number
  readonly conversationId: string
  readonly turnId: string
}

/** A turn began here, or this node took up one that began elsewhere. */
export interface TurnStarted extends TurnFacts {
  readonly type: 'turn-started'
  readonly maxSteps: number
  readonly isTakenUp?: true
}

/** A turn ended; told by the one node that ended it, wherever it began. */
export interface TurnFinished extends TurnFacts {
  readonly type: 'turn-finished'
  readonly reason: TurnEndReason
  readonly steps: number
  readonly maxSteps: number
  readonly calls: number
  readonly tokens: number
  /** Since it was told here that it began; absent where it was not. */
  readonly durationMs?: number
  readonly errorCode?: string
}

/** A turn that was told of is no business of this node any more: it goes on, or was ended, elsewhere. */
export interface TurnLeft extends TurnFacts {
  readonly type: 'turn-left'
}

/** One request to a model. A step makes several where one fails before anything of its answer was shown. */
export interface RequestFacts extends TurnFacts {
  readonly id: string
  readonly step: number
  readonly modelId: string
  readonly format: string
}

export interface RequestStarted extends RequestFacts {
  readonly type: 'request-started'
}

export interface RequestFinished extends RequestFacts {
  readonly type: 'request-finished'
  readonly durationMs: number
  readonly usage: Usage
  readonly finishReason?: FinishReason
  /** Set where it gave no whole answer. */
  readonly errorCode?: string
}

/** A call, as the model asked for it. */
export interface CallFacts extends TurnFacts {
  readonly callId: string
  readonly toolCallId: string
  readonly toolName: string
  /** The side that runs it. */
  readonly executor: 'client' | 'server'
}

/** One run of a call behind its grant. Both sides tell of it where a client runs it, each under an id of its own. */
export interface AttemptFacts extends CallFacts {
  readonly id: string
  readonly attempt: number
}

export interface AttemptStarted extends AttemptFacts {
  readonly type: 'attempt-started'
  readonly description?: string
  /** On a client: under which the server goes on with the attempt. */
  readonly traceparent?: string
  readonly input?: unknown
}

export interface AttemptFinished extends AttemptFacts {
  readonly type: 'attempt-finished'
  readonly state: TerminalCallState
  readonly errorCode?: string
  readonly errorText?: string
  readonly output?: unknown
}

/** A call has its one outcome; told by the one node that committed it, also where the call never ran. */
export interface CallSettled extends CallFacts {
  readonly type: 'call-settled'
  readonly state: TerminalCallState
  readonly errorCode?: string
  /** Whether there is such a tool; else a model made the name up. */
  readonly isKnown: boolean
  /** From the offer of the call to the grant; absent where it was not granted. */
  readonly queueMs?: number
  /** From the grant to the end; likewise. */
  readonly durationMs?: number
}

/** The circuit of a tool opened, closed, or lets one call try. */
export interface CircuitChanged {
  readonly type: 'circuit-changed'
  readonly at: number
  readonly toolName: string
  readonly state: 'closed' | 'open' | 'half-open'
}
