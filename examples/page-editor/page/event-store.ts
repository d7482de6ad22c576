import type { Store } from 'toolwire'

type StoredEvent = Awaited<ReturnType<Store['read']>>[number]

interface Row {
  readonly conversationId: string
  readonly version: number
  readonly event: StoredEvent
}

/** Conversations in the browser's own database: what a server needs that may be killed with its worker or its tab. */
export function eventStore(name: string): Store {
  const opening = open(name)
  const told = new BroadcastChannel(name)
  const inside = new EventTarget()
  const eventsOf = (id: string, after: number): IDBKeyRange =>
    IDBKeyRange.bound([id, after + 1], [id, Infinity])
  return {
    durability: 'durable',
    async commit(conversationId, expectedVersion, events) {
      const transaction = (await opening).transaction('events', 'readwrite', {
        durability: 'strict',
      })
      const rows = transaction.objectStore('events')
      // Counted and written in one transaction, and those that write wait for each other: this is the compare-and-set.
      const length = await result(rows.count(eventsOf(conversationId, 0)))
      if (length !== expectedVersion) return 'conflict'
      events.forEach((event, index) => {
        const row: Row = { conversationId, version: expectedVersion + index + 1, event }
        rows.add(row)
      })
      await completed(transaction)
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a broadcast channel has none
      told.postMessage(conversationId)
      inside.dispatchEvent(new Event(conversationId))
      return 'committed'
    },
    async read(conversationId, afterVersion) {
      const rows = (await opening).transaction('events').objectStore('events')
      const found: readonly Row[] = await result(
        rows.getAll(eventsOf(conversationId, afterVersion)),
      )
      return found.map(({ event }) => event)
    },
    watch(conversationId, listener) {
      const heard = ({ data }: MessageEvent): void => {
        if (data === conversationId) listener()
      }
      told.addEventListener('message', heard)
      inside.addEventListener(conversationId, listener)
      return () => {
        told.removeEventListener('message', heard)
        inside.removeEventListener(conversationId, listener)
      }
    },
  }
}

function open(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1)
  request.addEventListener('upgradeneeded', () => {
    request.result.createObjectStore('events', { keyPath: ['conversationId', 'version'] })
  })
  return result(request)
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error ?? new Error('No database.')))
  })
}

function completed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.addEventListener('complete', () => resolve())
    transaction.addEventListener('abort', () => reject(transaction.error ?? new Error('Aborted.')))
  })
}
