import { ToolwireError, type World, systemWorld } from '../base/index.ts'
import type { Ledger } from '../ports/index.ts'
import { type Locks, inLock } from './client-identity.ts'
import { webLocks } from './indexed-db-ledger.ts'
import { type JournalStorage, storageLedger } from './storage-ledger.ts'

/** The part of `chrome.storage.session` (or `.local`) that is used. */
export interface ExtensionStorage {
  get(keys: string | null): Promise<Record<string, unknown>>
  set(items: Record<string, unknown>): Promise<void>
  remove(key: string): Promise<void>
}

export interface ChromeStorageLedgerOptions {
  /**
   * `chrome.storage.session`, which lives as long as the browser runs and is never written to the disk; or
   * `chrome.storage.local`, which outlives it.
   */
  readonly storage: ExtensionStorage
  /** Which part of the extension this is, as in `background` or `panel`: each keeps an id of its own. */
  readonly realm: string
  readonly world?: World
}

/** A journal in the storage of an extension: results outlive the death of its service worker. */
export function chromeStorageLedger(options: ChromeStorageLedgerOptions): Ledger {
  const { storage, realm, world = systemWorld } = options
  const locks = webLocks()
  const key = `toolwire:client:${realm}`
  return storageLedger({
    storage: async () => journalIn(storage, locks),
    identity: {
      async get() {
        const { [key]: known } = await asked(() => storage.get(key))
        return typeof known === 'string' ? known : null
      },
      set: (clientId) => asked(() => storage.set({ [key]: clientId })),
    },
    locks,
    world,
  })
}

const prefix = 'toolwire:journal:'

/** The storage knows no transactions, so a lock makes each update one step. */
function journalIn(storage: ExtensionStorage, locks: Locks): JournalStorage {
  return {
    update: <T>(key: string, change: (value: T | undefined) => T | undefined) =>
      inLock(locks, 'toolwire:journal', () =>
        asked(async () => {
          const name = prefix + key
          const { [name]: known } = await storage.get(name)
          // Only this journal writes under its prefix.
          const changed = change(known as T | undefined)
          await (changed === undefined ? storage.remove(name) : storage.set({ [name]: changed }))
        }),
      ),
    async list<T>(start: string) {
      const all = await asked(() => storage.get(null))
      const found = Object.entries(all).filter(([name]) => name.startsWith(prefix + start))
      return found.map(([, value]) => value as T)
    },
  }
}

async function asked<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (cause) {
    throw new ToolwireError('LEDGER_FAILED', 'The storage of the extension refused.', {
      cause,
      hint: 'Ask for the permission "storage" in the manifest, and keep results small: session storage holds 10 MB.',
    })
  }
}
