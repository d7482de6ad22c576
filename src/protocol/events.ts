import type { JsonObject } from '../base/index.ts'
import type { CallRepair } from './call-repair.ts'
import type { TerminalCallState } from './call-state.ts'
import type { Message, ResultPart, ToolDescriptor, Usage } from './message.ts'

/**
 * The durable events of a conversation: its log is the truth, and both ends fold it with the same
 * `evolve`. All times are wall clock of the store's side, milliseconds since 1970.
 */
export type ConversationEvent =
  | {
      readonly type: 'conversation-opened'
      readonly ownerId: string
      /** Tells this log from any other under the same id, as after a store was lost. */
      readonly logId: string
      readonly at: number
    }
  | CatalogEvent
  /** A client is gone, and with it what it can run; its catalogue is kept for the case that it comes back. */
  | { readonly type: 'client-left'; readonly clientId: string; readonly at: number }
  | { readonly type: 'client-returned'; readonly clientId: string; readonly at: number }
  /** A person allowed a tool for the rest of the conversation. */
  | ({ readonly type: 'consent-given'; readonly at: number } & Consent)
  | { readonly type: 'consent-withdrawn'; readonly toolName: string; readonly at: number }
  | TurnEvent
  | CallEvent
  | UndoEvent

export type EventType = ConversationEvent['type']
export type EventOf<T extends EventType> = Extract<ConversationEvent, { type: T }>

/** What a client can run, replaced as a whole at every change. */
export interface CatalogEvent {
  readonly type: 'catalog-changed'
  readonly clientId: string
  /** What the host calls this client, as in "panel". */
  readonly name?: string
  readonly capabilities?: readonly string[]
  /** Life of the client, and its count of changes: what is older does not replace this. */
  readonly epoch?: number
  readonly version?: number
  readonly hash: string
  readonly tools: readonly OfferedTool[]
  /** What the server did not take, and why. */
  readonly refused?: readonly RefusedTool[]
  readonly at: number
}

/** A tool that a client says it can run. */
export interface OfferedTool {
  readonly name: string
  /** Hash of the client's definition. */
  readonly hash: string
  /** The definition; kept only where the server does not hold one of its own. */
  readonly descriptor?: ToolDescriptor
  /** The client's own tool asks a person first, or asks for permissions; counts where `descriptor` does. */
  readonly approval?: true
  readonly permission?: readonly string[]
  /** What the model is told as its name, where the server has a tool of its own by this name. */
  readonly alias?: string
  /** Held back until the host's policy accepts it. */
  readonly isQuarantined?: true
  /** The client can take back what the tool did, and wants a person asked before. */
  readonly canUndo?: true
  readonly undoApproval?: true
}

/** A tool of a client that the server did not take. */
export interface RefusedTool {
  readonly name: string
  readonly why: string
}

/** A user message that waits for its turn, or has one. */
export interface TurnRequest {
  readonly turnId: string
  readonly message: Message
  /** The client that sent it; calls go to it first. Absent where the server itself started the turn. */
  readonly clientId?: string
  /** On whose behalf the turn runs; never sent to clients. */
  readonly principal?: Principal
  readonly policy: TurnPolicy
}

/** Who somebody is to the host app: plain data, kept with the turns that run on their behalf. */
export interface Principal {
  readonly id: string
  readonly roles?: readonly string[]
  readonly permissions?: readonly string[]
  readonly [claim: string]: unknown
}

/** Bounds of one turn, fixed when it starts so that every node agrees. Durations in milliseconds. */
export interface TurnPolicy {
  readonly maxSteps: number
  readonly maxCalls: number
  readonly maxTokens: number
  /** Of the whole conversation, this turn included. Absent: no bound. */
  readonly maxConversationTokens?: number
  /** How often one cycle of 1 to 4 identical calls may repeat before it is refused. */
  readonly maxRepeats: number
  readonly leaseMs: number
  readonly offerTimeoutMs: number
  readonly orphanTimeoutMs: number
  readonly cancelGraceMs: number
  readonly approvalTimeoutMs: number
  /** Which of the clients that offer a tool runs a call. */
  readonly assign: Assignment
  /** Runs of an idempotent call at the most. */
  readonly maxAttempts: number
}

/**
 * Who runs a client tool where several clients offer it: the client that sent the message, or the one that
 * the user looks at, each with a short head start over the others; whoever asks first; or only the client
 * of that name.
 */
export type Assignment = 'initiator' | 'focused' | 'any' | { readonly client: string }

export type TurnEndReason =
  | 'stop'
  | 'length'
  | 'content-filter'
  | 'stopped'
  | 'stop-condition'
  | 'max-steps'
  | 'max-calls'
  | 'max-tokens'
  | 'repeated-calls'
  | 'error'

/** Why a turn failed: safe to show; the id finds the full error in the server's log. */
export interface TurnError {
  readonly code: string
  readonly text: string
  readonly errorId: string
}

export type TurnEvent =
  | ({ readonly type: 'turn-queued'; readonly at: number } & TurnRequest)
  | ({ readonly type: 'turn-started'; readonly at: number } & TurnRequest)
  | {
      readonly type: 'step-started'
      readonly turnId: string
      readonly step: number
      /** Id of the message that this attempt will commit; fences an owner that was taken for dead. */
      readonly messageId: string
      readonly owner: string
      readonly leaseUntil: number
      readonly at: number
    }
  | {
      readonly type: 'step-renewed'
      readonly turnId: string
      readonly messageId: string
      readonly leaseUntil: number
    }
  | {
      readonly type: 'step-finished'
      readonly turnId: string
      readonly step: number
      readonly message: StepMessage
      readonly finishReason: 'stop' | 'tool-calls' | 'length' | 'content-filter' | 'error' | 'other'
      readonly usage: Usage
      readonly error?: TurnError
      /** The provider paused its own work; asked again, it goes on. */
      readonly paused?: true
      readonly at: number
    }
  | { readonly type: 'turn-stop-requested'; readonly turnId: string; readonly at: number }
  | {
      readonly type: 'turn-finished'
      readonly turnId: string
      readonly reason: TurnEndReason
      readonly error?: TurnError
      readonly at: number
    }

/** An assistant message as committed: its calls stand in it by id, since they go on changing. */
export interface StepMessage extends Omit<Message, 'parts'> {
  readonly parts: readonly StepPart[]
}

export type StepPart =
  | Exclude<Message['parts'][number], { type: 'tool' }>
  | { readonly type: 'call'; readonly callId: string }

/** A person's yes to further calls of a tool. */
export interface Consent {
  /** The question to which it was the answer. */
  readonly consentId: string
  readonly toolName: string
  /** Of the definition that it was given for; a changed tool asks again. */
  readonly toolHash?: string
  /** For which of its calls, as the host tells them apart. */
  readonly scope: string
}

/** What never changes about a call once the model has asked for it. */
export interface CallSpec {
  /** Ours: 128 random bits. The idempotency key of the call. */
  readonly callId: string
  readonly toolCallId: string
  readonly providerToolCallId?: string
  readonly toolName: string
  /** Hash of the definition that the model was told. */
  readonly toolHash?: string
  /** The client's own name for the tool, where the model was told another. */
  readonly clientToolName?: string
  readonly turnId: string
  readonly step: number
  readonly executor: 'client' | 'server'
  /** `once` begins at most once, ever; `idempotent` may begin again under the same `callId`. */
  readonly effect: 'once' | 'idempotent'
  readonly input?: unknown
  readonly inputText?: string
  readonly argsHash: string
  /** Calls that share a key never overlap and run in the order in which the model asked. */
  readonly conflictKeys?: readonly string[]
  /** Set where a person must agree first. */
  readonly approvalId?: string
  /** Set where a person has agreed already. */
  readonly consentId?: string
  /** Its output may hold what strangers wrote. */
  readonly isUntrusted?: true
  /** Its output can be taken back, where it ran. */
  readonly canUndo?: true
  /** This call takes another one back: the `callId` of that one. Its input is that one's, its receipt the output. */
  readonly undoOf?: string
  /** From the begin of the handler; counts neither waiting nor questions to a person. */
  readonly timeoutMs: number
}

/** How a call ended. */
export interface CallOutcome {
  readonly state: TerminalCallState
  readonly output?: unknown
  readonly modelOutput?: readonly ResultPart[]
  readonly errorText?: string
  readonly errorCode?: string
  /** What people see instead of `errorText`. */
  readonly errorForUser?: string
  /** Where it was refused for now: how long, from its end on, until the same may run. */
  readonly retryAfterMs?: number
}

export type CallEvent =
  | { readonly type: 'call-created'; readonly call: CallSpec; readonly at: number }
  /** What was done to the call before it was created, which is as it was left; one event for each repair. */
  | ({ readonly type: 'call-repaired'; readonly callId: string; readonly at: number } & CallRepair)
  | {
      readonly type: 'call-approval-requested'
      readonly callId: string
      readonly approvalId: string
      readonly expiresAt: number
      readonly at: number
    }
  | {
      readonly type: 'call-decided'
      readonly callId: string
      readonly approvalId: string
      readonly approved: boolean
      readonly by: string
      readonly reason?: string
      readonly keep?: 'session' | 'always'
      readonly at: number
    }
  /** A person changed the input while agreeing to it. */
  | {
      readonly type: 'call-edited'
      readonly callId: string
      readonly input: JsonObject
      readonly argsHash: string
      readonly conflictKeys: readonly string[]
      readonly at: number
    }
  | {
      readonly type: 'call-queued'
      readonly callId: string
      readonly attempt: number
      readonly expiresAt: number
      readonly at: number
    }
  | {
      readonly type: 'call-granted'
      readonly callId: string
      readonly attempt: number
      readonly holder: string
      readonly epoch: number
      readonly leaseUntil: number
      /** The executor enforces `timeoutMs` itself; past this moment the server does. */
      readonly closesAt: number
      readonly at: number
    }
  | {
      readonly type: 'call-renewed'
      readonly callId: string
      readonly attempt: number
      readonly leaseUntil: number
      /** Where the holder has not begun yet: when its time is up now. */
      readonly closesAt?: number
    }
  | { readonly type: 'call-suspected'; readonly callId: string; readonly until: number }
  | {
      readonly type: 'call-cancel-requested'
      readonly callId: string
      readonly closesAt: number
      readonly at: number
    }
  | ({ readonly type: 'call-settled'; readonly callId: string; readonly at: number } & CallOutcome)

/**
 * Calls are taken back one after another, whatever turn runs meanwhile; `target` is the id of a call. Each is taken
 * back by a call of its own, with events like any other.
 */
export type UndoEvent =
  | {
      readonly type: 'undo-requested'
      readonly undoId: string
      /** In the order in which they are taken back. */
      readonly targets: readonly string[]
      /** On whose behalf; never sent to clients. */
      readonly principal?: Principal
      readonly policy: TurnPolicy
      readonly by: string
      readonly at: number
    }
  | {
      readonly type: 'undo-started'
      readonly undoId: string
      readonly target: string
      readonly call: CallSpec
      readonly at: number
    }
  /** With a code, it was not taken back, and none of the targets behind it is. */
  | {
      readonly type: 'undo-finished'
      readonly undoId: string
      readonly target: string
      readonly errorCode?: string
      readonly errorText?: string
      readonly errorForUser?: string
      readonly at: number
    }

export type CallEventType = CallEvent['type']
