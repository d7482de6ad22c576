import type { JsonObject } from '../base/index.ts'
import type { CallRepair } from './call-repair.ts'
import type {
  CallOutcome,
  CallSpec,
  OfferedTool,
  Principal,
  RefusedTool,
  StepPart,
  TurnEndReason,
  TurnError,
  TurnPolicy,
  TurnRequest,
} from './events.ts'
import type { MessageMetadata, Usage } from './message.ts'

/**
 * What a client may ask of a conversation. Each command is idempotent under a natural key
 * ({@link commandKey}), so it is sent again until its reply came.
 */
export type ClientCommand =
  | { readonly type: 'send'; readonly turnId: string; readonly message: UserMessage }
  | { readonly type: 'stop'; readonly turnId: string }
  | SyncCommand
  /**
   * Asks to run a call. `n` counts the claims of this client for it, so that each reply is known by its claim;
   * `noBegin` says that a durable journal proves that this client never began the attempt.
   */
  | {
      readonly type: 'claim'
      readonly callId: string
      readonly attempt: number
      readonly n: number
      readonly noBegin?: boolean
      /** Of the input as this client knows it; a person may have changed it. */
      readonly argsHash?: string
    }
  | {
      readonly type: 'beat'
      readonly callId: string
      readonly attempt: number
      readonly n: number
      readonly progress?: unknown
    }
  | ResultCommand
  | ReleaseCommand
  | { readonly type: 'cancel'; readonly callId: string }
  | DecideCommand
  /** Takes back what was allowed for longer than once; `revokeId` is drawn by the client. */
  | { readonly type: 'revoke'; readonly revokeId: string; readonly toolName: string }
  | UndoCommand

/**
 * Says what this client can run. Without `tools` it says only the hash, which suffices where the server has a
 * catalogue of that hash from this client already.
 */
export interface SyncCommand {
  readonly type: 'sync'
  /** Hash of the whole catalogue. */
  readonly hash: string
  /** Counts the changes in this life of the client, so that an older catalogue never replaces a newer one. */
  readonly version?: number
  readonly tools?: readonly OfferedTool[]
  readonly name?: string
  /** What this client is able to do, as in `['browser']`; tools that require more are not taken from it. */
  readonly capabilities?: readonly string[]
}

/** The text and files that a person sends; ids and the rest are the server's. */
export interface UserMessage {
  readonly id: string
  readonly parts: readonly (
    | { readonly type: 'text'; readonly text: string }
    | {
        readonly type: 'file'
        readonly mediaType: string
        readonly url: string
        readonly filename?: string
      }
  )[]
}

/** The one outcome of an attempt, as its executor saw it. */
export interface ResultCommand extends CallOutcome, OnBehalf {
  readonly type: 'result'
  readonly callId: string
  readonly attempt: number
  readonly argsHash: string
}

/** Gives a grant back: the attempt did not begin, or may begin again because the call is idempotent. */
export interface ReleaseCommand extends OnBehalf {
  readonly type: 'release'
  readonly callId: string
  readonly attempt: number
}

/** A command in the name of another client. */
export interface OnBehalf {
  /** The client that holds the call, where it died and another of the same user found its journal. */
  readonly holder?: string
}

/** A person's answer to the question whether a call may run. */
export interface DecideCommand {
  readonly type: 'decide'
  readonly callId: string
  readonly approvalId: string
  readonly approved: boolean
  /** Of the input that the person was shown. */
  readonly argsHash: string
  readonly reason?: string
  /** What the person made of the input, the whole of it. */
  readonly input?: JsonObject
  /** Allows the same tool for the rest of the conversation, or always. */
  readonly keep?: 'session' | 'always'
}

/** Takes back calls; `of` has the `toolCallId` of calls or ids of turns, `undoId` is drawn by the client. */
export interface UndoCommand {
  readonly type: 'undo'
  readonly undoId: string
  readonly of: readonly string[]
}

/** What the server adds to a decision, once it has checked it. */
export interface CheckedDecision {
  readonly edit?: {
    readonly input: JsonObject
    readonly argsHash: string
    readonly conflictKeys: readonly string[]
  }
  /** For which calls of the tool it is to hold. */
  readonly scope?: string
}

export type ClientCommandType = ClientCommand['type']

/** What the conversation answers to a command; a reply may be lost, then the command is sent again. */
export type ReplyStatus =
  | 'accepted'
  | 'granted'
  | 'held'
  | 'closed'
  | 'lost'
  | 'cancel'
  | 'superseded'
  | 'gone'
  | 'conflict'
  | 'denied'

/** The natural key of a command: two commands with one key are the same command. */
export function commandKey(command: ClientCommand): string {
  switch (command.type) {
    case 'send':
      return `send:${command.message.id}`
    case 'stop':
      return `stop:${command.turnId}`
    case 'sync':
      return syncKey(command)
    case 'cancel':
      return `cancel:${command.callId}`
    case 'decide':
      return `decide:${command.approvalId}`
    case 'revoke':
      return `revoke:${command.revokeId}`
    case 'undo':
      return `undo:${command.undoId}`
    case 'beat':
    case 'claim':
      return `${command.type}:${command.callId}:${command.attempt}:${command.n}`
    case 'result':
    case 'release':
      return `${command.type}:${command.callId}:${command.attempt}`
  }
}

/** What is said about the same hash again, or with all of it, is another command. */
function syncKey({ version, tools, hash }: SyncCommand): string {
  return ['sync', version, tools ? null : 'hash', hash]
    .filter((part) => part !== undefined && part !== null)
    .join(':')
}

/** Commands of the server itself: the run of the model, the clock, and the opening of a conversation. */
export type ServerCommand =
  | { readonly type: 'open'; readonly ownerId: string; readonly logId: string }
  /** A client has been without a link for too long to count on it. */
  | { readonly type: 'leave'; readonly clientId: string }
  /** A client that left has a link. */
  | { readonly type: 'return'; readonly clientId: string }
  | ({ readonly type: 'start' } & TurnRequest)
  | {
      readonly type: 'step-begin'
      readonly turnId: string
      readonly step: number
      readonly messageId: string
      readonly owner: string
    }
  | { readonly type: 'step-renew'; readonly turnId: string; readonly messageId: string }
  | StepCommit
  | {
      readonly type: 'turn-end'
      readonly turnId: string
      readonly reason: TurnEndReason
      readonly error?: TurnError
    }
  | { readonly type: 'tick' }
  /** Makes the call that takes another one back, with the question to a person or why it is not to run. */
  | {
      readonly type: 'undo-begin'
      readonly undoId: string
      readonly target: string
      readonly id: string
      readonly approvalId?: string
      readonly settled?: CallOutcome
    }
  /** A policy of the host has something against a call that nobody runs yet. */
  | { readonly type: 'refuse'; readonly callId: string; readonly outcome: CallOutcome }

/** A finished model step: its message and the calls in it become visible together. */
export interface StepCommit {
  readonly type: 'step-commit'
  readonly turnId: string
  readonly messageId: string
  readonly parts: readonly StepPart[]
  readonly metadata: MessageMetadata
  readonly calls: readonly NewCall[]
  readonly finishReason: 'stop' | 'tool-calls' | 'length' | 'content-filter' | 'error' | 'other'
  readonly usage: Usage
  readonly error?: TurnError
  readonly paused?: true
}

/** A call as the model step hands it in. */
export interface NewCall extends Omit<CallSpec, 'turnId' | 'step'> {
  /** Set where the call is settled without being run. */
  readonly settled?: CallOutcome
  /** What was done to the call, in order. */
  readonly repairs?: readonly CallRepair[]
}

/** Who sends a command. */
export interface Sender {
  readonly clientId: string
  /** Counts the starts of the client, so that a later life of the same tab fences the earlier one. */
  readonly epoch: number
}

/** Everything that can be asked of a conversation. */
export type Command =
  | (Exclude<ClientCommand, SyncCommand | DecideCommand | UndoCommand> & { readonly from: Sender })
  | (UndoCommand & {
      readonly principal?: Principal
      readonly policy: TurnPolicy
      readonly from: Sender
    })
  | (DecideCommand & CheckedDecision & { readonly from: Sender })
  | (SyncCommand & { readonly from: Sender; readonly refused?: readonly RefusedTool[] })
  | ServerCommand
