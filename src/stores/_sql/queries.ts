import type {
  AuditQuery,
  AuditRecord,
  ConversationFilter,
  Execution,
  ExecutionFilter,
  Page,
  PageRequest,
  StoreQueries,
  StoredCatalog,
  StoredConversation,
} from '../../ports/index.ts'
import {
  type ConversationEvent,
  type EventOf,
  type Message,
  auditLogId,
} from '../../protocol/index.ts'
import { type MessageEvent, callsIn, messageEvents, messagesFrom } from '../_history.ts'
import { cursorOf, limitOf, pageOf } from '../_page.ts'
import type { Backend } from './backend.ts'
import { loadExecutions } from './rows.ts'
import { keyOf } from './tables.ts'
import { guarded } from './transaction.ts'

/** The questions of a host, each one statement over an index. */
export function sqlQueries(backend: Backend): StoreQueries {
  const ask = <T>(work: () => Promise<T>): Promise<T> => guarded(backend, work)
  return {
    conversations: (filter = {}) => ask(() => conversations(backend, filter)),
    history: (id, page = {}) => ask(() => history(backend, id, page)),
    executions: (filter = {}) => ask(() => executions(backend, filter)),
    catalogs: (id, page = {}) => ask(() => catalogs(backend, id, page)),
    auditRecords: (name, filter = {}) => ask(() => auditRecords(backend, name, filter)),
  }
}

async function conversations(
  { db }: Backend,
  filter: ConversationFilter,
): Promise<Page<StoredConversation>> {
  const { ownerId, since, until } = filter
  const limit = limitOf(filter)
  const cursor = cursorOf(filter)
  let query = db.selectFrom('toolwire_conversations').select('data').where('is_audit', '=', 0)
  if (ownerId !== undefined) query = query.where('owner_id', '=', keyOf(ownerId))
  if (since !== undefined) query = query.where('updated_at', '>=', since)
  if (until !== undefined) query = query.where('updated_at', '<', until)
  if (cursor) {
    const [at, id] = cursor
    query = query.where((row) =>
      row('updated_at', '<', at).or(row('updated_at', '=', at).and('id', '<', id)),
    )
  }
  const rows = await query
    .orderBy('updated_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
  const found = rows.map(({ data }): StoredConversation => JSON.parse(data))
  return pageOf(found, limit, ({ updatedAt, id }) => [Math.floor(updatedAt), id])
}

async function executions({ db }: Backend, filter: ExecutionFilter): Promise<Page<Execution>> {
  const { since, until, asked } = filter
  const limit = limitOf(filter)
  const cursor = cursorOf(filter)
  const wanted = [
    ['conversation_id', filter.conversationId],
    ['tool_name', filter.tool],
    ['principal_id', filter.principal],
    ['state', filter.state],
  ] as const
  let query = db.selectFrom('toolwire_executions').select('data')
  for (const [column, value] of wanted)
    if (value !== undefined) query = query.where(column, '=', keyOf(value))
  if (asked !== undefined) query = query.where('is_asked', '=', asked ? 1 : 0)
  if (since !== undefined) query = query.where('created_at', '>=', since)
  if (until !== undefined) query = query.where('created_at', '<', until)
  if (cursor) {
    const [at, id] = cursor
    query = query.where((row) =>
      row('created_at', '<', at).or(row('created_at', '=', at).and('call_id', '<', id)),
    )
  }
  const rows = await query
    .orderBy('created_at', 'desc')
    .orderBy('call_id', 'desc')
    .limit(limit + 1)
    .execute()
  const found = rows.map(({ data }): Execution => JSON.parse(data))
  return pageOf(found, limit, ({ timings: { createdAt = 0 }, callId }) => [
    Math.floor(createdAt),
    keyOf(callId),
  ])
}

interface Found {
  readonly version: number
  readonly event: ConversationEvent
}

/** The newest events of these types, the last first, and one more than the page holds. */
async function newest(
  { db }: Backend,
  conversationId: string,
  { types, ...page }: PageRequest & { readonly types: readonly ConversationEvent['type'][] },
): Promise<Page<Found>> {
  const limit = limitOf(page)
  const cursor = cursorOf(page)
  let query = db
    .selectFrom('toolwire_events')
    .select(['version', 'data'])
    .where('conversation_id', '=', conversationId)
    .where('type', 'in', types)
  if (cursor) query = query.where('version', '<', cursor[0])
  const rows = await query
    .orderBy('version', 'desc')
    .limit(limit + 1)
    .execute()
  const found = rows.map(({ version, data }) => ({
    version: Number(version),
    event: JSON.parse(data) as ConversationEvent,
  }))
  return pageOf(found, limit, ({ version }) => [version, ''])
}

async function history(
  backend: Backend,
  conversationId: string,
  page: PageRequest,
): Promise<Page<Message>> {
  const { items, next } = await newest(backend, conversationId, { ...page, types: messageEvents })
  const events = items.map(({ event }) => event as MessageEvent).toReversed()
  const executed = await loadExecutions(backend.db, conversationId, callsIn(events))
  return { items: messagesFrom(events, executed), next }
}

async function catalogs(
  backend: Backend,
  conversationId: string,
  page: PageRequest,
): Promise<Page<StoredCatalog>> {
  const types = ['catalog-changed'] as const
  const { items, next } = await newest(backend, conversationId, { ...page, types })
  const found = items.map(({ version, event }): StoredCatalog => {
    const { type: _, ...catalog } = event as EventOf<'catalog-changed'>
    return { ...catalog, event: version }
  })
  return { items: found, next }
}

async function auditRecords(
  { db }: Backend,
  name: string,
  filter: AuditQuery,
): Promise<Page<AuditRecord>> {
  const limit = limitOf(filter)
  const cursor = cursorOf(filter)
  const { since, until } = filter
  const wanted = [
    ['audit.tool_name', filter.tool],
    ['audit.principal_id', filter.principal],
    ['audit.conversation_id', filter.conversationId],
    ['audit.call_id', filter.callId],
    ['audit.type', filter.type],
  ] as const
  let query = db
    .selectFrom('toolwire_audit as audit')
    .innerJoin('toolwire_events as event', (join) =>
      join
        .onRef('event.conversation_id', '=', 'audit.log_id')
        .onRef('event.version', '=', 'audit.version'),
    )
    .select(['audit.version', 'event.data'])
    .where('audit.log_id', '=', auditLogId(name))
  for (const [column, value] of wanted)
    if (value !== undefined) query = query.where(column, '=', keyOf(value))
  if (since !== undefined) query = query.where('audit.at', '>=', since)
  if (until !== undefined) query = query.where('audit.at', '<', until)
  if (cursor) query = query.where('audit.version', '>', cursor[0])
  const rows = await query
    .orderBy('audit.version')
    .limit(limit + 1)
    .execute()
  const page = pageOf(rows, limit, ({ version }) => [Number(version), ''])
  return { items: page.items.map(({ data }): AuditRecord => JSON.parse(data)), next: page.next }
}
