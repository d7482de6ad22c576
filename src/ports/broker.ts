import type { Limiter } from './limiter.ts'

/** What a subscriber is told. */
export interface BrokerListener {
  /** Somebody published: of one publisher in order, at most once, and where something broke not at all. */
  message(text: string): void
  /** From now on messages come; what was published before may be missed. Called again after each `lost`. */
  ready(): void
  /** From now on messages may be missed, until the next `ready`; perhaps said again meanwhile. With `BROKER_FAILED`. */
  lost(error: unknown): void
}

/**
 * Which conversations are worked on, so that a node that dies with a turn under way leaves it to another, also where
 * no client comes back for it. Whose the steps and calls of the turn are stands in the log; this only says where to
 * look. Each method rejects, soon, where it cannot be done.
 */
export interface RunLeases {
  /** `id` is worked on for at least `leaseMs` more. */
  hold(id: string, leaseMs: number): Promise<void>
  /** `id` has nothing left to do. */
  release(id: string): Promise<void>
  /**
   * At most `limit` ids whose lease is over, each of which is held for whoever asked first. An id that was taken
   * over three times and not released since is dropped: what ends every node that touches it must not end all.
   */
  takeOver(limit: number, leaseMs: number): Promise<readonly string[]>
}

/**
 * What servers that share a store tell each other at once: that a log grew, and text that is in no log.
 *
 * Nothing rests on it. Safety is the store's compare-and-set and leases are in the log, so where messages are
 * lost, or all of them, the nodes find the same in the store, only later.
 */
export interface Broker {
  /**
   * Hands `text` to whoever listens to `topic`, on this node as on others. Resolves when it is handed over, which
   * is no promise that it arrives; rejects with `BROKER_FAILED`, soon, where it cannot be.
   */
  publish(topic: string, text: string): Promise<void>
  /** Listens until the returned function is called. Never throws: a broker that is out of reach is waited for. */
  subscribe(topic: string, listener: BrokerListener): () => void
  /** Counts calls for all nodes together. Rejects, soon, where it cannot. Absent: each node counts its own. */
  readonly limiter?: Limiter
  /** Absent: what a dead node left goes on when somebody opens the conversation. */
  readonly runs?: RunLeases
  /** Lets go of everything. May be called any number of times; from then on `publish` rejects. */
  close(): Promise<void>
}
