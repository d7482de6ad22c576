import { type ConversationEvent, isAuditLog } from '../../protocol/index.ts'
import { emptyProjection, project } from '../_projection.ts'
import type { Backend } from './backend.ts'
import { indexAudit, saveConversation, saveExecutions } from './rows.ts'
import type { Db } from './tables.ts'
import { inTransaction } from './transaction.ts'

const pageSize = 500

/** Makes anew what follows from the logs, one conversation after another; commits go on meanwhile. */
export async function rebuild(backend: Backend): Promise<void> {
  for (let after = ''; ;) {
    const ids = await idsAfter(backend.db, after)
    const last = ids.at(-1)
    if (last === undefined) return
    for (const id of ids) await inTransaction(backend, (db) => rebuildOne(db, id))
    after = last
  }
}

/** The same within one transaction, as the end of a migration. */
export async function rebuildAll(db: Db): Promise<void> {
  for (let after = ''; ;) {
    const ids = await idsAfter(db, after)
    const last = ids.at(-1)
    if (last === undefined) return
    for (const id of ids) await rebuildOne(db, id)
    after = last
  }
}

async function idsAfter(db: Db, after: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('toolwire_conversations')
    .select('id')
    .where('id', '>', after)
    .orderBy('id')
    .limit(pageSize)
    .execute()
  return rows.map(({ id }) => id)
}

async function rebuildOne(db: Db, id: string): Promise<void> {
  // Takes the lock for which commits wait.
  const held = await db
    .updateTable('toolwire_conversations')
    .set({ is_audit: isAuditLog(id) ? 1 : 0 })
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst()
  if (!held) return
  await db.deleteFrom('toolwire_executions').where('conversation_id', '=', id).execute()
  await db.deleteFrom('toolwire_audit').where('log_id', '=', id).execute()
  const projection = emptyProjection(id)
  for (let after = 0; ;) {
    const events = await eventsAfter(db, id, after)
    if (events.length === 0) break
    for (const event of events) project(projection, event)
    if (isAuditLog(id)) await indexAudit(db, { conversationId: id, after, events })
    after += events.length
  }
  await saveConversation(db, projection.conversation)
  await saveExecutions(db, [...projection.executions.values()])
}

async function eventsAfter(
  db: Db,
  id: string,
  after: number,
): Promise<readonly ConversationEvent[]> {
  const rows = await db
    .selectFrom('toolwire_events')
    .select('data')
    .where('conversation_id', '=', id)
    .where('version', '>', after)
    .orderBy('version')
    .limit(pageSize)
    .execute()
  return rows.map(({ data }): ConversationEvent => JSON.parse(data))
}
