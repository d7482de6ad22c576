import type { AuditRecord, Execution, StoredConversation } from '../../ports/index.ts'
import type { ConversationEvent } from '../../protocol/index.ts'
import { type Projection, callsOf, project } from '../_projection.ts'
import { type Db, inPieces, keyOf, keyOrNull } from './tables.ts'

export interface Commit {
  readonly conversationId: string
  /** Number of the event before the first. */
  readonly after: number
  readonly events: readonly ConversationEvent[]
}

export async function insertEvents(
  db: Db,
  { conversationId, after, events }: Commit,
): Promise<void> {
  const rows = events.map((event, index) => ({
    conversation_id: conversationId,
    version: after + index + 1,
    type: keyOf(event.type),
    data: JSON.stringify(event),
  }))
  for (const values of inPieces(rows))
    await db.insertInto('toolwire_events').values(values).execute()
}

/** Takes `events` into what is stored of the conversation beside its log. */
export async function projectCommit(
  db: Db,
  stored: StoredConversation,
  { conversationId, events }: Commit,
): Promise<void> {
  const calls = callsOf(events)
  const executions = await loadExecutions(db, conversationId, calls)
  const projection: Projection = { conversation: stored, executions }
  for (const event of events) project(projection, event)
  await saveConversation(db, projection.conversation)
  await saveExecutions(db, [...executions.values()])
}

export async function loadExecutions(
  db: Db,
  conversationId: string,
  callIds: readonly string[],
): Promise<Map<string, Execution>> {
  const found = new Map<string, Execution>()
  for (const ids of inPieces(callIds.map(keyOf))) {
    const rows = await db
      .selectFrom('toolwire_executions')
      .select('data')
      .where('conversation_id', '=', conversationId)
      .where('call_id', 'in', ids)
      .execute()
    for (const { data } of rows) {
      const execution: Execution = JSON.parse(data)
      found.set(execution.callId, execution)
    }
  }
  return found
}

export async function saveConversation(db: Db, conversation: StoredConversation): Promise<void> {
  const { id, ownerId, updatedAt } = conversation
  await db
    .updateTable('toolwire_conversations')
    .set({
      owner_id: keyOrNull(ownerId),
      updated_at: Math.floor(updatedAt),
      data: JSON.stringify(conversation),
    })
    .where('id', '=', id)
    .execute()
}

export async function saveExecutions(db: Db, executions: readonly Execution[]): Promise<void> {
  const rows = executions.map((execution) => ({
    conversation_id: execution.conversationId,
    call_id: keyOf(execution.callId),
    tool_name: keyOf(execution.toolName),
    principal_id: keyOrNull(execution.principalId),
    state: execution.state,
    is_asked: execution.approval?.askedAt === undefined ? 0 : 1,
    created_at: Math.floor(execution.timings.createdAt ?? 0),
    data: JSON.stringify(execution),
  }))
  for (const values of inPieces(rows))
    await db
      .insertInto('toolwire_executions')
      .values(values)
      .onConflict((conflict) =>
        conflict.columns(['conversation_id', 'call_id']).doUpdateSet((row) => ({
          state: row.ref('excluded.state'),
          is_asked: row.ref('excluded.is_asked'),
          data: row.ref('excluded.data'),
        })),
      )
      .execute()
}

/** Says where the records are that an audit's log has been given. */
export async function indexAudit(db: Db, { conversationId, after, events }: Commit): Promise<void> {
  // A log keeps what it is given; that of an audit is given records.
  const records = events as readonly unknown[] as readonly AuditRecord[]
  const rows = records.map((record, index) => ({
    log_id: conversationId,
    version: after + index + 1,
    type: keyOf(record.type),
    at: Math.floor(record.at),
    tool_name: keyOrNull(record.toolName),
    principal_id: keyOrNull(record.principalId),
    conversation_id: keyOf(record.conversationId),
    call_id: keyOrNull(record.callId),
  }))
  for (const values of inPieces(rows))
    await db.insertInto('toolwire_audit').values(values).execute()
}
