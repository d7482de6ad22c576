import type { Listener, Store, Transport } from '../../src/ports/index.ts'
import type { ConversationEvent } from '../../src/protocol/index.ts'
import {
  type ToolServer,
  type ToolServerOptions,
  createToolServer,
} from '../../src/server/index.ts'
import type { VirtualClock } from '../../src/testing/index.ts'
import { memoryTransport } from '../../src/transports/index.ts'
import { Freezer } from '../client/freezer.ts'

export type Commit = Awaited<ReturnType<Store['commit']>>
/** What happens to a commit of these events; `commit` carries it out. */
export type OnCommit = (
  events: readonly ConversationEvent[],
  commit: () => Promise<Commit>,
) => Promise<Commit>

/** One server process of several over a store: it can be paused, die, and have a store that misbehaves. */
export class RaceNode {
  readonly freezer: Freezer = new Freezer()
  readonly server: ToolServer
  readonly #store: Store
  isDead = false
  /** How far its clock is ahead of the others. */
  skewMs = 0
  onCommit: OnCommit = (_, commit) => commit()
  /** What a read gives, which may be less than there is. */
  onRead: (events: readonly ConversationEvent[], after: number) => readonly ConversationEvent[] = (
    events,
  ) => events
  /** Whether hints of the store arrive. */
  hasHints = true

  constructor(
    store: Store,
    world: VirtualClock,
    options: Omit<ToolServerOptions, 'store' | 'world'>,
  ) {
    this.#store = store
    const own = this.freezer.world(world, () => this.skewMs)
    this.server = createToolServer({
      ...options,
      world: {
        ...own,
        setTimer: (delayMs, task) => own.setTimer(delayMs, () => void (this.isDead || task())),
      },
      store: this.#reach(),
    })
  }

  /** A way to this node on behalf of `id`. */
  wire(id = 'me', through: (listener: Listener) => Listener = (same) => same): Transport {
    const wire = memoryTransport()
    this.server.accept(through(wire), { id })
    return wire
  }

  #reach(): Store {
    return {
      durability: this.#store.durability,
      commit: (id, version, events) =>
        this.#alive(() => this.onCommit(events, () => this.#store.commit(id, version, events))),
      read: (id, after) =>
        this.#alive(async () => this.onRead(await this.#store.read(id, after), after)),
      watch: (id, listener) =>
        this.#store.watch(id, () => {
          if (this.hasHints && !this.isDead) this.freezer.pass(listener)
        }),
    }
  }

  /** What a dead process asks for is not done, and what it asked for before is not answered. */
  async #alive<T>(work: () => Promise<T>): Promise<T> {
    await this.freezer.passed()
    if (this.isDead) return new Promise<never>(() => {})
    const result = await work()
    await this.freezer.passed()
    return this.isDead ? new Promise<never>(() => {}) : result
  }
}
