import type { AuditRecord, Store } from '../ports/index.ts'
import type { ConversationEvent } from '../protocol/index.ts'
import { type AuditLog, auditLog } from './audit-log.ts'

/** Ids of logs that are no conversations begin so; no client may open one. */
const prefix = 'audit:'

export function isAuditLog(conversationId: string): boolean {
  return conversationId.startsWith(prefix)
}

/**
 * Keeps records in a store, as one log of its own that only grows; several servers may share it. It is read as a
 * whole for every question, which suits thousands of records; write your own sink for millions.
 * @param options.name - tells several logs in one store apart
 */
export function storeAudit(
  store: Store,
  { name = 'log' }: { readonly name?: string } = {},
): AuditLog {
  const id = `${prefix}${name}`
  let version = 0
  let tail: Promise<unknown> = Promise.resolve()

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

  return auditLog(
    (record) => {
      const done = tail.then(() => append(record))
      tail = done.catch(() => {})
      return done
    },
    () => readAfter(0),
  )
}
