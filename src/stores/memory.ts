import type {
  AuditQuery,
  AuditRecord,
  Execution,
  Page,
  PageRequest,
  Store,
  StoreQueries,
  StoreUpkeep,
  StoredConversation,
} from '../ports/index.ts'
import { type ConversationEvent, auditLogId, isAuditLog } from '../protocol/index.ts'
import { checkDeleteFilter } from './_delete-filter.ts'
import { type MessageEvent, messageEvents, messagesFrom } from './_history.ts'
import { type Cursor, cursorOf, limitOf, pageOf } from './_page.ts'
import { type Projection, emptyProjection, project } from './_projection.ts'
import { Watchers } from './_watchers.ts'

export interface MemoryStoreOptions {
  /** Conversations that are kept; beyond that the one that was longest without a commit is forgotten. */
  readonly maxConversations?: number
}

/** Keeps conversations in this process: for tests, scripts, and hosts that need nothing after a restart. */
export function memoryStore({ maxConversations = 10_000 }: MemoryStoreOptions = {}): Store &
  StoreQueries &
  StoreUpkeep {
  const logs = new Map<string, ConversationEvent[]>()
  const watchers = new Watchers()

  return {
    durability: 'process',

    async commit(conversationId, expectedVersion, events) {
      const log = logs.get(conversationId) ?? []
      if (log.length !== expectedVersion) return 'conflict'
      log.push(...events)
      // A Map keeps the order of insertion, so the first key is the one longest without a commit.
      logs.delete(conversationId)
      if (log.length > 0) logs.set(conversationId, log)
      const [oldest] = logs.keys()
      if (logs.size > maxConversations && oldest !== undefined) logs.delete(oldest)
      watchers.tell(conversationId)
      return 'committed'
    },

    async read(conversationId, afterVersion) {
      return logs.get(conversationId)?.slice(afterVersion) ?? []
    },

    watch: (conversationId, listener) => watchers.add(conversationId, listener),

    ...memoryQueries(logs),

    async deleteConversations(filter) {
      checkDeleteFilter(filter)
      const { conversationId, ownerId, unchangedSince = Infinity } = filter
      const gone = projections(logs).filter(
        ({ conversation: { id, ownerId: owner, updatedAt } }) =>
          fits(id, conversationId) && fits(owner, ownerId) && updatedAt < unchangedSince,
      )
      for (const { conversation } of gone) logs.delete(conversation.id)
      return gone.length
    },

    async deleteAudit(name) {
      logs.delete(auditLogId(name))
    },

    // Nothing is kept beside the logs.
    async rebuild() {},

    async close() {},
  }
}

type Logs = ReadonlyMap<string, readonly ConversationEvent[]>

/** Answers by going through every log: right for what fits into memory, and nothing that could be out of step. */
function memoryQueries(logs: Logs): StoreQueries {
  const newest = (id: string, types: readonly string[]): readonly Found[] =>
    (logs.get(id) ?? [])
      .map((event, index) => ({ event, version: index + 1 }))
      .filter(({ event: { type } }) => types.includes(type))
      .toReversed()

  return {
    async conversations(filter = {}) {
      const { ownerId, since = -Infinity, until = Infinity } = filter
      const found = projections(logs)
        .map(({ conversation }) => conversation)
        .filter((one) => fits(one.ownerId, ownerId) && isWithin(one.updatedAt, { since, until }))
      return latest(found, filter, ({ updatedAt, id }: StoredConversation) => [updatedAt, id])
    },

    async executions(filter = {}) {
      const { since = -Infinity, until = Infinity, asked, tool, principal, state } = filter
      const found = projections(logs)
        .flatMap(({ executions }) => [...executions.values()])
        .filter(
          (one) =>
            fits(one.conversationId, filter.conversationId) &&
            fits(one.toolName, tool) &&
            fits(one.principalId, principal) &&
            fits(one.state, state) &&
            fits(one.approval?.askedAt !== undefined, asked) &&
            isWithin(madeAt(one), { since, until }),
        )
      return latest(found, filter, (one) => [madeAt(one), one.callId])
    },

    async history(conversationId, page = {}) {
      const { items, next } = latest(newest(conversationId, messageEvents), page, byVersion)
      const events = items.map(({ event }) => event as MessageEvent).toReversed()
      const { executions } = projectionOf(conversationId, logs.get(conversationId) ?? [])
      return { items: messagesFrom(events, executions), next }
    },

    async catalogs(conversationId, page = {}) {
      const { items, next } = latest(newest(conversationId, ['catalog-changed']), page, byVersion)
      const catalogs = items.flatMap(({ event, version }) => {
        if (event.type !== 'catalog-changed') return []
        const { type: _, ...catalog } = event
        return [{ ...catalog, event: version }]
      })
      return { items: catalogs, next }
    },

    auditRecords: async (name, filter = {}) => recordsOf(logs.get(auditLogId(name)) ?? [], filter),
  }
}

/** The log of an audit holds records: a log keeps what it is given. */
function recordsOf(log: readonly unknown[], filter: AuditQuery): Page<AuditRecord> {
  const { since = -Infinity, until = Infinity } = filter
  const after = cursorOf(filter)?.[0] ?? 0
  const found = log
    .map((record, index) => ({ record: record as AuditRecord, version: index + 1 }))
    .filter(
      ({ record, version }) =>
        version > after &&
        fits(record.toolName, filter.tool) &&
        fits(record.principalId, filter.principal) &&
        fits(record.conversationId, filter.conversationId) &&
        fits(record.callId, filter.callId) &&
        fits(record.type, filter.type) &&
        isWithin(record.at, { since, until }),
    )
  const { items, next } = pageOf(found, limitOf(filter), byVersion)
  return { items: items.map(({ record }) => record), next }
}

function byVersion({ version }: { readonly version: number }): Cursor {
  return [version, '']
}

interface Found {
  readonly event: ConversationEvent
  readonly version: number
}

function projections(logs: Logs): readonly Projection[] {
  return [...logs].filter(([id]) => !isAuditLog(id)).map(([id, log]) => projectionOf(id, log))
}

function projectionOf(id: string, log: readonly ConversationEvent[]): Projection {
  const projection = emptyProjection(id)
  for (const event of log) project(projection, event)
  return projection
}

/** A page of what is sorted anew, the last first. */
function latest<T>(found: readonly T[], page: PageRequest, place: (item: T) => Cursor): Page<T> {
  const cursor = cursorOf(page)
  const rest = found
    .toSorted((a, b) => compare(place(b), place(a)))
    .filter((item) => cursor === null || compare(place(item), cursor) < 0)
  return pageOf(rest, limitOf(page), place)
}

function compare([a, idA]: Cursor, [b, idB]: Cursor): number {
  if (a !== b) return a - b
  return idA < idB ? -1 : idA > idB ? 1 : 0
}

function fits<T>(value: T, wanted: T | undefined): boolean {
  return wanted === undefined || value === wanted
}

function isWithin(
  at: number,
  { since, until }: { readonly since: number; readonly until: number },
): boolean {
  return at >= since && at < until
}

function madeAt({ timings: { createdAt = 0 } }: Execution): number {
  return createdAt
}
