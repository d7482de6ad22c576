import type { World } from '../base/index.ts'
import type { Ledger, LedgerEntry, LedgerPlace } from '../ports/index.ts'
import type { CallOutcome } from '../protocol/index.ts'
import {
  type IdentityStorage,
  type Locks,
  claimIdentity,
  lockName,
  tryLock,
} from './client-identity.ts'

/** A storage that all realms of an origin share. `update` is atomic among them. */
export interface JournalStorage {
  /** Reads what is kept under `key` and replaces it by what `change` returns; `undefined` deletes it. */
  update<T>(key: string, change: (value: T | undefined) => T | undefined): Promise<void>
  /** Every value whose key begins with `prefix`. */
  list<T>(prefix: string): Promise<readonly T[]>
}

export interface StorageLedgerOptions {
  /** Opened when the first place is taken. */
  readonly storage: () => Promise<JournalStorage>
  readonly identity: IdentityStorage
  readonly locks: Locks
  readonly world: World
}

/** A ledger on any storage that realms share: the same rules for tabs, frames, workers and extensions. */
export function storageLedger(options: StorageLedgerOptions): Ledger {
  return {
    level: 'J1',
    async enter(conversationId) {
      const storage = await options.storage()
      const { identity, locks, world } = options
      const { clientId, release } = await claimIdentity(identity, locks, world)
      let epoch = 1
      await storage.update<number>(`epoch:${clientId}`, (last = 0) => {
        epoch = last + 1
        return epoch
      })
      return new Place({ storage, locks, conversationId, clientId, epoch, release })
    },
  }
}

interface PlaceOptions {
  readonly storage: JournalStorage
  readonly locks: Locks
  readonly conversationId: string
  readonly clientId: string
  readonly epoch: number
  readonly release: () => void
}

class Place implements LedgerPlace {
  readonly clientId: string
  readonly epoch: number
  readonly #options: PlaceOptions
  /** Of the dead clients whose entries this one settles. */
  readonly #adopted = new Map<string, () => void>()
  /** The attempts that began in this life, by call; its own orphans are those of earlier ones. */
  readonly #begun = new Map<string, number>()

  constructor(options: PlaceOptions) {
    this.#options = options
    this.clientId = options.clientId
    this.epoch = options.epoch
  }

  async hasBegun(callId: string, attempt: number): Promise<boolean> {
    const entries = await this.#entries()
    return entries.some((entry) => entry.callId === callId && entry.attempt >= attempt)
  }

  async begin(entry: LedgerEntry): Promise<boolean> {
    const { callId, attempt } = entry
    const before = this.#begun.get(callId)
    // Before it is written, since whoever finds it in the storage a moment later must not take it for an orphan.
    this.#begun.set(callId, attempt)
    let isFirst = false
    try {
      await this.#update(callId, (known) => {
        isFirst = !known || known.attempt < attempt
        return isFirst ? entry : known
      })
    } finally {
      if (!isFirst) this.#restore(callId, before)
    }
    return isFirst
  }

  end(callId: string, attempt: number, outcome: CallOutcome): Promise<void> {
    return this.#update(callId, (entry) =>
      entry?.attempt === attempt ? { ...entry, outcome } : entry,
    )
  }

  async acknowledge(callId: string, attempt: number): Promise<void> {
    // Meanwhile another realm may have begun the call anew.
    await this.#update(callId, (entry) => (entry?.attempt === attempt ? undefined : entry))
    if (this.#begun.get(callId) === attempt) this.#begun.delete(callId)
  }

  async orphans(): Promise<readonly LedgerEntry[]> {
    const orphans: LedgerEntry[] = []
    for (const entry of await this.#entries()) if (await this.#isOrphan(entry)) orphans.push(entry)
    return orphans
  }

  leave(): void {
    this.#options.release()
    for (const release of this.#adopted.values()) release()
    this.#adopted.clear()
  }

  #restore(callId: string, attempt: number | undefined): void {
    if (attempt === undefined) this.#begun.delete(callId)
    else this.#begun.set(callId, attempt)
  }

  async #isOrphan({ callId, attempt, clientId }: LedgerEntry): Promise<boolean> {
    if (clientId === this.clientId) return this.#begun.get(callId) !== attempt
    if (this.#adopted.has(clientId)) return true
    const release = await tryLock(this.#options.locks, lockName(clientId))
    if (release) this.#adopted.set(clientId, release)
    return release !== null
  }

  #entries(): Promise<readonly LedgerEntry[]> {
    return this.#options.storage.list<LedgerEntry>(this.#key(''))
  }

  #update(
    callId: string,
    change: (entry: LedgerEntry | undefined) => LedgerEntry | undefined,
  ): Promise<void> {
    return this.#options.storage.update(this.#key(callId), change)
  }

  #key(callId: string): string {
    return `call:${this.#options.conversationId}:${callId}`
  }
}
