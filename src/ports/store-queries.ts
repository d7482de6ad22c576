import type {
  CallOutcome,
  CallSpec,
  CallState,
  CallTimings,
  CatalogEvent,
  Message,
  ToolPart,
} from '../protocol/index.ts'
import type { AuditEntryType, AuditRecord } from './audit.ts'

/** A piece of a longer list. */
export interface PageRequest {
  /** Items at the most. Default 50, at the most 1,000. */
  readonly limit?: number
  /** `next` of the page before; absent for the first. */
  readonly cursor?: string
}

export interface Page<T> {
  readonly items: readonly T[]
  /** The cursor of the next page; `null` where this is the last. */
  readonly next: string | null
}

/** A stretch of time; all of it where a field is absent. */
export interface TimeSpan {
  /** Milliseconds since 1970, inclusive. */
  readonly since?: number
  /** Likewise, exclusive. */
  readonly until?: number
}

/** A conversation as lists show it. */
export interface StoredConversation {
  readonly id: string
  readonly ownerId: string | null
  /** Number of events in its log. */
  readonly version: number
  /** When its first event happened; 0 where none has. */
  readonly createdAt: number
  readonly updatedAt: number
  /** Turns that have begun. */
  readonly turns: number
  /** Tokens of all model steps. */
  readonly tokens: number
  /** The turn under way. */
  readonly turn: { readonly turnId: string; readonly principalId: string | null } | null
}

export interface ConversationFilter extends TimeSpan, PageRequest {
  readonly ownerId?: string
}

/** The question that a person was asked about a call, and the answer. */
export interface StoredApproval extends Omit<NonNullable<ToolPart['approval']>, 'argsHash'> {
  /** Absent where the call was allowed before it was made. */
  readonly askedAt?: number
  readonly expiresAt?: number
  readonly decidedAt?: number
  /** The client whose user decided. */
  readonly by?: string
}

/** One call from when the model asked for it to its outcome. */
export interface Execution
  extends
    Pick<
      CallSpec,
      | 'callId'
      | 'turnId'
      | 'toolCallId'
      | 'providerToolCallId'
      | 'toolName'
      | 'toolHash'
      | 'executor'
      | 'effect'
      | 'input'
      | 'inputText'
      | 'argsHash'
    >,
    Omit<CallOutcome, 'state'>,
    Pick<ToolPart, 'repairs'> {
  readonly conversationId: string
  /** On whose behalf; `null` where the turn names nobody. */
  readonly principalId: string | null
  readonly state: CallState
  /** How often an executor was given the call. */
  readonly attempts: number
  /** Who was given it last. */
  readonly holder?: string
  readonly timings: CallTimings
  readonly approval?: StoredApproval
  readonly undoneAt?: number
}

export interface ExecutionFilter extends TimeSpan, PageRequest {
  readonly conversationId?: string
  readonly tool?: string
  /** Id of a principal. */
  readonly principal?: string
  /** `approval-requested` finds the questions that wait for an answer. */
  readonly state?: CallState
  /** Only calls that a person was asked about, or only the others. */
  readonly asked?: boolean
}

/** What one client could run from one event on. */
export interface StoredCatalog extends Omit<CatalogEvent, 'type'> {
  /** Number of the event. */
  readonly event: number
}

export interface AuditQuery extends TimeSpan, PageRequest {
  readonly tool?: string
  readonly principal?: string
  readonly conversationId?: string
  readonly callId?: string
  readonly type?: AuditEntryType
}

/**
 * What a host asks of a store beside the log. All of it follows from the logs, and is kept in step with them by
 * the same commits. Rejects with `STORE_FAILED` where the store cannot be used.
 */
export interface StoreQueries {
  /** The last changed first. Logs of an audit are no conversations. */
  conversations(filter?: ConversationFilter): Promise<Page<StoredConversation>>
  /**
   * Messages with every call in its place, oldest first within a page; the first page holds the newest.
   * A page may hold fewer messages than were asked for, and there still be a next one.
   */
  history(conversationId: string, page?: PageRequest): Promise<Page<Message>>
  /** The last asked for first; `since` and `until` are about that moment. */
  executions(filter?: ExecutionFilter): Promise<Page<Execution>>
  /** Every catalogue that clients declared, the last first. */
  catalogs(conversationId: string, page?: PageRequest): Promise<Page<StoredCatalog>>
  /** Records of the audit of this name, in the order in which they were kept. */
  auditRecords(name: string, filter?: AuditQuery): Promise<Page<AuditRecord>>
}

/** What to delete; where several fields are given, all of them have to fit, and one has to be there. */
export interface DeleteFilter {
  readonly conversationId?: string
  /** Everything of one user. */
  readonly ownerId?: string
  /** What did not change since then: milliseconds since 1970, exclusive. */
  readonly unchangedSince?: number
}

/** Upkeep, for a host's own jobs. */
export interface StoreUpkeep {
  /**
   * Deletes whole conversations, for good, and resolves with how many. A server that still has one open finds at
   * its next commit that the log is gone.
   */
  deleteConversations(filter: DeleteFilter): Promise<number>
  /** Deletes the audit of this name as a whole; a part cannot go without a trace. */
  deleteAudit(name: string): Promise<void>
  /** Makes everything that follows from the logs anew. */
  rebuild(): Promise<void>
  /** Lets go of files and connections; the store cannot be used afterwards. */
  close(): Promise<void>
}
