import { ToolwireError, type World, systemWorld } from '../base/index.ts'
import type { Ledger } from '../ports/index.ts'
import type { IdentityStorage, Locks } from './client-identity.ts'
import { type JournalStorage, storageLedger } from './storage-ledger.ts'

export interface IndexedDbLedgerOptions {
  /** Name of the database. Default: `toolwire`. */
  readonly name?: string
  readonly world?: World
}

/**
 * A journal in IndexedDB, shared by every tab, frame and worker of an origin: results outlive a reload and
 * a crash, and no call begins twice. Who this tab is stands in its `sessionStorage`; a worker, which has
 * none, is somebody new in each life. Needs the Web Locks API, which pages have that are served securely.
 */
export function indexedDbLedger(options: IndexedDbLedgerOptions = {}): Ledger {
  const { name = 'toolwire', world = systemWorld } = options
  let opened: Promise<JournalStorage> | undefined
  return storageLedger({
    storage: () => {
      opened ??= open(name)
      // Whoever comes next tries again.
      opened.catch(() => {
        opened = undefined
      })
      return opened
    },
    identity: tabIdentity(name),
    locks: webLocks(),
    world,
  })
}

/** Asked for when it is needed, so that a ledger can be made anywhere, as where a page is rendered on a server. */
export function webLocks(): Locks {
  return {
    request(name, options, callback) {
      if (typeof navigator === 'undefined' || !navigator.locks)
        throw failed('There are no Web Locks here.', undefined)
      return navigator.locks.request(name, options, callback)
    },
  }
}

function tabIdentity(name: string): IdentityStorage {
  const key = `${name}:client`
  const storage = (): Storage | undefined =>
    typeof sessionStorage === 'undefined' ? undefined : sessionStorage
  return {
    get: async () => storage()?.getItem(key) ?? null,
    set: async (clientId) => storage()?.setItem(key, clientId),
  }
}

const table = 'journal'

async function open(name: string): Promise<JournalStorage> {
  if (typeof indexedDB === 'undefined') throw failed('There is no IndexedDB here.', undefined)
  const request = indexedDB.open(name, 1)
  request.addEventListener('upgradeneeded', () => request.result.createObjectStore(table))
  const database = await done(request)
  return {
    async update<T>(key: string, change: (value: T | undefined) => T | undefined): Promise<void> {
      // Strict: the browser answers once it is on the disk, not merely handed to the system.
      const transaction = database.transaction(table, 'readwrite', { durability: 'strict' })
      const store = transaction.objectStore(table)
      const changed = change(await done<T | undefined>(store.get(key)))
      if (changed === undefined) store.delete(key)
      else store.put(changed, key)
      await committed(transaction)
    },
    list: (prefix) => {
      const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`)
      return done(database.transaction(table).objectStore(table).getAll(range))
    },
  }
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(failed('IndexedDB refused.', request.error)))
  })
}

function committed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.addEventListener('complete', () => resolve())
    transaction.addEventListener('abort', () =>
      reject(failed('IndexedDB could not write.', transaction.error)),
    )
  })
}

function failed(message: string, cause: unknown): ToolwireError {
  return new ToolwireError('LEDGER_FAILED', message, {
    cause,
    hint: 'The client goes on with a journal in memory, which does not survive a reload.',
  })
}
