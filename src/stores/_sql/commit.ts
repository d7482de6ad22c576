import { ToolwireError } from '../../base/index.ts'
import type { StoredConversation } from '../../ports/index.ts'
import { isAuditLog } from '../../protocol/index.ts'
import { emptyProjection } from '../_projection.ts'
import type { Backend } from './backend.ts'
import { type Commit, indexAudit, insertEvents, projectCommit } from './rows.ts'
import { type Db, keyOf } from './tables.ts'
import { answerLost, guarded, inTransaction } from './transaction.ts'

/** The events and all that follows from them, in one transaction. */
export async function commit(
  backend: Backend,
  wanted: Commit,
): Promise<'committed' | 'conflict' | 'unknown'> {
  checkId(wanted.conversationId)
  if (wanted.events.length === 0) return compare(backend, wanted)
  const result = await inTransaction(backend, async (db) => {
    const stored = await advance(db, wanted)
    if (!stored) return 'conflict'
    await insertEvents(db, wanted)
    await projectCommit(db, stored, wanted)
    if (isAuditLog(wanted.conversationId)) await indexAudit(db, wanted)
    await backend.announce(db, wanted.conversationId)
    return 'committed'
  })
  return result === answerLost ? 'unknown' : result
}

/** Nothing to append: the answer is all. */
async function compare(
  backend: Backend,
  { conversationId, after }: Commit,
): Promise<'committed' | 'conflict'> {
  const row = await guarded(backend, () =>
    backend.db
      .selectFrom('toolwire_conversations')
      .select('version')
      .where('id', '=', conversationId)
      .executeTakeFirst(),
  )
  return Number(row?.version ?? 0) === after ? 'committed' : 'conflict'
}

/**
 * The compare-and-set: moves the version on and gives what was stored, or `null` where the log has another
 * length. Its first statement writes, so whoever commits at the same time waits here, and loses.
 */
async function advance(
  db: Db,
  { conversationId: id, after, events }: Commit,
): Promise<StoredConversation | null> {
  const version = after + events.length
  if (after > 0) {
    const row = await db
      .updateTable('toolwire_conversations')
      .set({ version })
      .where('id', '=', id)
      .where('version', '=', after)
      .returning('data')
      .executeTakeFirst()
    return row ? JSON.parse(row.data) : null
  }
  const { conversation } = emptyProjection(id)
  const row = await db
    .insertInto('toolwire_conversations')
    .values({
      id,
      version,
      is_audit: isAuditLog(id) ? 1 : 0,
      updated_at: 0,
      data: JSON.stringify(conversation),
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .returning('id')
    .executeTakeFirst()
  return row ? conversation : null
}

/** Ids are what rows are found by, so they stand in the database as they are or not at all. */
function checkId(conversationId: string): void {
  if (conversationId !== '' && keyOf(conversationId) === conversationId) return
  throw new ToolwireError(
    'STORE_FAILED',
    `${JSON.stringify(conversationId.slice(0, 80))} cannot be the id of a conversation.`,
    { hint: 'An id has 1 to 300 characters, none of them zero or half a surrogate pair.' },
  )
}
