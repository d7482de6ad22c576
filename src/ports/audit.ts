import type { CallTimings, ReplyStatus, TerminalCallState } from '../protocol/index.ts'

/**
 * What happened. `asked`: the model made a call. `question`, `decision`, `consent`: a person was asked, answered,
 * or took a lasting answer back. `attempt`: an executor was given the call. `outcome`: a call ended. `refusal`:
 * a call ended without having been run, or a command was turned down. `undo`: an outcome was taken back, or not.
 */
export type AuditEntryType =
  | 'asked'
  | 'question'
  | 'decision'
  | 'consent'
  | 'attempt'
  | 'cancel'
  | 'outcome'
  | 'refusal'
  | 'undo'

/** One thing that happened, with secrets and declared fields taken out. Plain JSON; times in ms since 1970. */
export interface AuditEntry {
  readonly type: AuditEntryType
  readonly at: number
  readonly conversationId: string
  /** Number of the event in the conversation's log; absent for what changed nothing there. */
  readonly event?: number
  readonly turnId?: string
  readonly callId?: string
  readonly toolCallId?: string
  /** Set where this is about taking the call back: which request for that. */
  readonly undoId?: string
  readonly toolName?: string
  /** Hash of the definition that the model was told. */
  readonly toolHash?: string
  /** On whose behalf. */
  readonly principalId?: string | null
  readonly executor?: 'client' | 'server'
  /** The client or node that acted. */
  readonly by?: string
  readonly attempt?: number
  readonly input?: unknown
  /** Hash of the input; absent where something was taken out, since the hash of a short secret tells it. */
  readonly argsHash?: string
  readonly approved?: boolean
  /** How the call ended. */
  readonly state?: TerminalCallState
  readonly code?: string
  /** Why, in words: of a person, of a guard or of an error. */
  readonly reason?: string
  /** The command that was turned down, and what it was told. */
  readonly command?: string
  readonly reply?: ReplyStatus
  readonly timings?: CallTimings
  /** From the grant to the end; absent where it never began. */
  readonly durationMs?: number
  /** What the call changed. */
  readonly change?: AuditChange
}

/** What a tool said that it changed. */
export interface AuditChange {
  /** The output of a tool that can be undone: what its `undo` gets. */
  readonly receipt?: unknown
  /** The fields of these names of an output, where the tool gives them. */
  readonly before?: unknown
  readonly after?: unknown
}

/** An entry in its place in a chain, where it can be neither changed nor left out without a trace. */
export interface AuditRecord extends AuditEntry {
  /** One for each life of a server. */
  readonly chain: string
  /** 1, 2, 3… within the chain. */
  readonly seq: number
  /** Entries that were lost right before this one, because the sink did not take them for too long. */
  readonly missed?: number
  /** `hash` of the record before; 64 zeros for the first. */
  readonly previousHash: string
  /** SHA-256 of the canonical JSON (RFC 8785) of all other fields. */
  readonly hash: string
}

/** Where audit records go. */
export interface AuditSink {
  /**
   * Keeps `record`, and resolves once it is kept. Records of one chain come in order, one after another. Where it
   * rejects, the same record comes again, also if it had been kept: the same `chain` and `seq` are the same record.
   */
  append(record: AuditRecord): Promise<void>
}
