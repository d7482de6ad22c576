import type { AuditRecord, Page, Store, StoreQueries } from '../ports/index.ts'
import { type ConversationEvent, auditLogId } from '../protocol/index.ts'
import { type AuditFilter, type AuditLog, auditLog } from './audit-log.ts'

/**
 * Keeps records in a store, as one log of its own that only grows; several servers may share it. A store that
 * can be asked for records answers from its index; another is read as a whole for every question.
 * @param options.name - tells several logs in one store apart
 */
export function storeAudit(
  store: Store & Partial<Pick<StoreQueries, 'auditRecords'>>,
  { name = 'log' }: { readonly name?: string } = {},
): AuditLog {
  const id = auditLogId(name)
  let version = 0
  let tail: Promise<unknown> = Promise.resolve()

  const find = async (filter: AuditFilter): Promise<readonly AuditRecord[]> => {
    // The whole log is read as it is, so that what checks it sees nothing else.
    if (Object.keys(filter).length === 0) return readAfter(0)
    const found: AuditRecord[] = []
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page: Page<AuditRecord> | undefined = await store.auditRecords?.(name, {
        ...filter,
        limit: 1_000,
        ...(cursor !== undefined && { cursor }),
      })
      if (!page) return readAfter(0)
      found.push(...page.items)
      cursor = page.next
    }
    return found
  }

  /** Records from `after` on. A store keeps what it is given, and looks into none of it. */
  const readAfter = async (after: number): Promise<readonly AuditRecord[]> => {
    const all: AuditRecord[] = []
    for (;;) {
      const page = await store.read(id, after + all.length)
      if (page.length === 0) return all
      all.push(...(page as readonly unknown[] as readonly AuditRecord[]))
    }
  }

  const append = async (record: AuditRecord): Promise<void> => {
    const event = record as unknown as ConversationEvent
    for (;;) {
      if ((await store.commit(id, version, [event])) === 'committed') break
      // Others were faster, or the answer to an earlier try was lost.
      const others = await readAfter(version)
      const isKept = others.some(({ chain, seq }) => chain === record.chain && seq === record.seq)
      // Without news the store lost what it had.
      version = others.length > 0 ? version + others.length : (await readAfter(0)).length
      if (isKept) return
    }
    version++
  }

  return auditLog((record) => {
    const done = tail.then(() => append(record))
    tail = done.catch(() => {})
    return done
  }, find)
}
