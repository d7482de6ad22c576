import type { ColumnType, Kysely, Transaction } from 'kysely'
import { sha256 } from '../../base/index.ts'

/** The drivers of PostgreSQL give large integers as text; read such a column through `Number`. */
type Integer = ColumnType<number | string, number, number>

/**
 * The newest schema. `events` is the truth; what the other tables hold follows from it, and `rebuild` makes it
 * anew. Texts in columns are there to be found, those in `data` are JSON and whole.
 */
export interface Tables {
  toolwire_schema: { name: string; version: Integer }
  toolwire_events: {
    conversation_id: string
    /** 1, 2, 3… within the conversation. */
    version: Integer
    type: string
    data: string
  }
  toolwire_conversations: {
    id: string
    /** Number of events: what a commit is compared with. */
    version: Integer
    /** 1 where the log is that of an audit. */
    is_audit: Integer
    owner_id: string | null
    updated_at: Integer
    data: string
  }
  toolwire_executions: {
    conversation_id: string
    call_id: string
    tool_name: string
    principal_id: string | null
    state: string
    is_asked: Integer
    created_at: Integer
    data: string
  }
  /** Where the records of audits are in their logs. */
  toolwire_audit: {
    log_id: string
    version: Integer
    type: string
    at: Integer
    tool_name: string | null
    principal_id: string | null
    conversation_id: string
    call_id: string | null
  }
}

export type Db = Kysely<Tables> | Transaction<Tables>

/** Rows of one statement: databases limit the number of its parameters. */
const maxRows = 500

export function inPieces<T>(items: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / maxRows) }, (_, index) =>
    items.slice(index * maxRows, (index + 1) * maxRows),
  )
}

const maxKeyLength = 300

/**
 * A text as it stands in an index: databases take neither zeros nor half characters there, nor any length. What
 * has to be changed gets a hash behind it, so that two texts never become one.
 */
export function keyOf(text: string): string {
  const taken = text.replaceAll('\0', '').replaceAll(/\p{Surrogate}/gu, '')
  if (taken === text && text.length <= maxKeyLength) return text
  const shown = taken.slice(0, 100).replaceAll(/\p{Surrogate}/gu, '')
  return `${shown}#${sha256(JSON.stringify(text))}`
}

export function keyOrNull(text: string | null | undefined): string | null {
  return text === null || text === undefined ? null : keyOf(text)
}
