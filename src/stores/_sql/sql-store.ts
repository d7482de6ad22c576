import { ToolwireError } from '../../base/index.ts'
import type { DeleteFilter, Store, StoreQueries, StoreUpkeep } from '../../ports/index.ts'
import { type ConversationEvent, auditLogId } from '../../protocol/index.ts'
import { checkDeleteFilter } from '../_delete-filter.ts'
import type { Backend } from './backend.ts'
import { commit } from './commit.ts'
import { migrate } from './migrate.ts'
import { sqlQueries } from './queries.ts'
import { rebuild } from './rebuild.ts'
import { type Db, keyOf } from './tables.ts'
import { answerLost, guarded, inTransaction } from './transaction.ts'

/** A store in a database, and everything that a host can ask of it. */
export type SqlStore = Store & StoreQueries & StoreUpkeep

/** Conversations that one transaction deletes: others wait for it. */
const batch = 100

/** Opens the store that `backend` leads to, in its newest format; lets go of the database where that fails. */
export async function openSqlStore(backend: Backend): Promise<SqlStore> {
  try {
    await migrate(backend)
  } catch (error) {
    await backend.close()
    throw error
  }
  return {
    durability: backend.durability,
    async commit(conversationId, after, events) {
      const result = await commit(backend, { conversationId, after, events })
      if (result === 'committed') backend.watchers.tell(conversationId)
      return result
    },
    read: (conversationId, after) =>
      guarded(backend, () => read(backend.db, conversationId, after)),
    watch(conversationId, listener) {
      const stop = backend.watchers.add(conversationId, listener)
      backend.listen()
      return stop
    },
    ...sqlQueries(backend),
    deleteConversations: (filter) => deleteConversations(backend, filter),
    deleteAudit: (name) => deleteAudit(backend, name),
    rebuild: () => rebuild(backend),
    close: () => backend.close(),
  }
}

async function read(db: Db, id: string, after: number): Promise<readonly ConversationEvent[]> {
  const rows = await db
    .selectFrom('toolwire_events')
    .select('data')
    .where('conversation_id', '=', id)
    .where('version', '>', after)
    .orderBy('version')
    .execute()
  return rows.map(({ data }): ConversationEvent => JSON.parse(data))
}

async function deleteConversations(backend: Backend, filter: DeleteFilter): Promise<number> {
  checkDeleteFilter(filter)
  let deleted = 0
  for (let more = true; more;) {
    const ids = await sure(backend, (db) => deleteBatch(db, filter))
    deleted += ids.length
    more = ids.length > 0
  }
  if (deleted > 0) await backend.scrub()
  return deleted
}

async function deleteBatch(db: Db, filter: DeleteFilter): Promise<readonly string[]> {
  const { conversationId, ownerId, unchangedSince } = filter
  let chosen = db.selectFrom('toolwire_conversations').select('id').where('is_audit', '=', 0)
  let gone = db.deleteFrom('toolwire_conversations')
  if (conversationId !== undefined) chosen = chosen.where('id', '=', conversationId)
  if (ownerId !== undefined) chosen = chosen.where('owner_id', '=', keyOf(ownerId))
  if (unchangedSince !== undefined) {
    chosen = chosen.where('updated_at', '<', unchangedSince)
    // Somebody may have gone on with one in this moment.
    gone = gone.where('updated_at', '<', unchangedSince)
  }
  const rows = await gone.where('id', 'in', chosen.limit(batch)).returning('id').execute()
  const ids = rows.map(({ id }) => id)
  await deleteLogs(db, ids)
  return ids
}

async function deleteAudit(backend: Backend, name: string): Promise<void> {
  const id = auditLogId(name)
  await sure(backend, async (db) => {
    await db.deleteFrom('toolwire_conversations').where('id', '=', id).execute()
    await deleteLogs(db, [id])
  })
  await backend.scrub()
}

async function deleteLogs(db: Db, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await db.deleteFrom('toolwire_events').where('conversation_id', 'in', ids).execute()
  await db.deleteFrom('toolwire_executions').where('conversation_id', 'in', ids).execute()
  await db.deleteFrom('toolwire_audit').where('log_id', 'in', ids).execute()
}

/** What can be done twice and is told only of what is known. */
async function sure<T>(backend: Backend, work: (db: Db) => Promise<T>): Promise<T> {
  const result = await inTransaction(backend, work)
  if (result !== answerLost) return result
  throw new ToolwireError('STORE_FAILED', 'The connection broke while a deletion was committed.', {
    hint: 'Delete again: what is gone already does no harm.',
  })
}
