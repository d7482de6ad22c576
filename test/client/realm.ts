import { AsyncQueue, ToolwireError, type World } from '../../src/base/index.ts'
import { type JournalStorage, type Locks, storageLedger } from '../../src/client/index.ts'
import type { Connection, Ledger, Transport } from '../../src/ports/index.ts'
import { Freezer } from './freezer.ts'

/** What all realms of an origin share, and what no crash of theirs takes away. */
export class Origin {
  readonly stored: Map<string, unknown> = new Map()
  readonly locks: Map<string, Realm> = new Map()
  /** How long the storage takes, once before and once after what it does. */
  readonly latency: (() => Promise<void>) | undefined

  constructor(latency?: () => Promise<void>) {
    this.latency = latency
  }

  get storage(): JournalStorage {
    return {
      update: async <T>(key: string, change: (value: T | undefined) => T | undefined) => {
        const changed = change(this.stored.get(key) as T | undefined)
        if (changed === undefined) this.stored.delete(key)
        else this.stored.set(key, structuredClone(changed))
      },
      list: async <T>(prefix: string) =>
        [...this.stored].filter(([key]) => key.startsWith(prefix)).map(([, value]) => value as T),
    }
  }
}

/** A tab, frame or worker of an origin: it can die at any moment, and come back as its next life. */
export class Realm {
  readonly origin: Origin
  readonly #world: World
  readonly #links = new Set<Connection>()
  /** The `sessionStorage` of the tab. */
  readonly #session: Map<string, string>
  /** By the clock of the world; infinite while the realm lives. */
  diedAt: number = Infinity
  /** Called before every step that the realm takes outside of itself. */
  onStep: (step: string) => void = () => {}
  /** Called when such a step is done, and the realm does not know yet. */
  onStepDone: (step: string) => void = () => {}
  /** While it is frozen, a realm goes on with nothing, and keeps what it has. */
  readonly freezer: Freezer = new Freezer()

  constructor(origin: Origin, world: World, session: ReadonlyMap<string, string> = new Map()) {
    this.origin = origin
    this.#world = world
    this.#session = new Map(session)
  }

  /** Empty before its first client has taken an id. */
  get clientId(): string {
    return this.#session.get('client') ?? ''
  }

  get isDead(): boolean {
    return this.diedAt < Infinity
  }

  /** Ends the realm at once: nothing that it waits for ever comes, its locks are free, its links break. */
  kill(): void {
    this.diedAt = Math.min(this.diedAt, this.#world.monotonic())
    for (const [name, holder] of this.origin.locks)
      if (holder === this) this.origin.locks.delete(name)
    for (const link of this.#links) link.close()
  }

  reload(): Realm {
    this.kill()
    return new Realm(this.origin, this.#world, this.#session)
  }

  /** As a browser does it: the new tab has a copy of the session storage. */
  duplicate(): Realm {
    return new Realm(this.origin, this.#world, this.#session)
  }

  get world(): World {
    const world = this.#world
    return {
      now: () => world.now(),
      monotonic: () => world.monotonic(),
      random: () => world.random(),
      randomId: () => world.randomId(),
      setTimer: (delayMs, task) =>
        this.freezer.world(world).setTimer(delayMs, () => {
          if (!this.isDead) task()
        }),
    }
  }

  get ledger(): Ledger {
    const { storage } = this.origin
    return storageLedger({
      world: this.#world,
      locks: this.#locks,
      identity: {
        get: () => this.#alive('identity', async () => this.#session.get('client') ?? null),
        set: (clientId) =>
          this.#alive('identity', async () => void this.#session.set('client', clientId)),
      },
      storage: async () => ({
        update: (key, change) => this.#slowly('update', () => storage.update(key, change)),
        list: (prefix) => this.#slowly('list', () => storage.list(prefix)),
      }),
    })
  }

  /** `transport` as this realm reaches it. */
  reach(transport: Transport): Transport {
    return {
      name: transport.name,
      connect: async (hello, signal) => {
        const connection = await this.#alive('connect', () => transport.connect(hello, signal))
        this.#links.add(connection)
        const frames = new AsyncQueue<unknown>()
        void this.#pump(connection, frames)
        return {
          frames,
          send: (frame) => this.#alive('send', () => connection.send(frame)),
          close: () => connection.close(),
        }
      },
    }
  }

  get #locks(): Locks {
    const { locks } = this.origin
    return {
      request: (name, { ifAvailable }, callback) =>
        this.#alive('lock', async () => {
          if (!ifAvailable) throw new Error('Only tries are expected here.')
          if (locks.has(name)) return callback(null)
          locks.set(name, this)
          await callback({ name })
          if (locks.get(name) === this) locks.delete(name)
        }),
    }
  }

  async #pump(connection: Connection, frames: AsyncQueue<unknown>): Promise<void> {
    try {
      for await (const frame of connection.frames) this.#hears(() => frames.push(frame))
      this.#hears(() => frames.fail(new ToolwireError('TRANSPORT_CLOSED', 'ended')))
    } catch (error) {
      this.#hears(() => frames.fail(error))
    }
  }

  #hears(word: () => void): void {
    this.freezer.pass(() => {
      if (!this.isDead) word()
    })
  }

  #slowly<T>(step: string, work: () => Promise<T>): Promise<T> {
    const { latency } = this.origin
    if (!latency) return this.#alive(step, work)
    return this.#alive(step, async () => {
      await latency()
      if (this.isDead) return new Promise<never>(() => {})
      const result = await work()
      await latency()
      return result
    })
  }

  /** What a dead realm asks for is not done, and what it asked for before its death is not answered. */
  async #alive<T>(step: string, work: () => Promise<T>): Promise<T> {
    this.onStep(step)
    if (this.isDead) return new Promise<never>(() => {})
    const result = await work()
    if (!this.isDead) this.onStepDone(step)
    await this.freezer.passed()
    return this.isDead ? new Promise<never>(() => {}) : result
  }
}
