import { ToolwireError } from '../../src/base/index.ts'
import type { Store } from '../../src/ports/index.ts'
import type { ConversationEvent } from '../../src/protocol/index.ts'
import type { Freezer } from '../client/freezer.ts'
import type { Faults } from './faults.ts'
import type { SimClock } from './sim-clock.ts'

/** Called before each access of a node is done, and before the node hears of it. */
export interface StoreSteps {
  before(): void
  after(): void
}

/** One linearisable store for all nodes, that is slow, fails, and loses answers. */
export class SimStore {
  readonly log: ConversationEvent[] = []
  readonly #clock: SimClock
  readonly #faults: Faults
  readonly #watchers = new Set<() => void>()
  readonly #onStored: (events: readonly ConversationEvent[]) => void

  constructor(
    clock: SimClock,
    faults: Faults,
    onStored: (events: readonly ConversationEvent[]) => void,
  ) {
    this.#clock = clock
    this.#faults = faults
    this.#onStored = onStored
  }

  /** The store as one node reaches it: a dead node asks for nothing and hears nothing. */
  of(isDead: () => boolean, freezer: Freezer, steps: StoreSteps): Store {
    const reach = async <T>(work: () => T): Promise<T> => {
      steps.before()
      await this.#latency()
      if (isDead()) return new Promise<never>(() => {})
      if (this.#faults.happens('storeFails')) throw new ToolwireError('STORE_FAILED', 'down')
      const result = work()
      await this.#latency()
      if (!isDead()) steps.after()
      await freezer.passed()
      return isDead() ? new Promise<never>(() => {}) : result
    }
    return {
      durability: 'durable',
      commit: (_, expected, events) =>
        reach(() => {
          if (this.log.length !== expected) return 'conflict'
          const stored = JSON.parse(JSON.stringify(events)) as ConversationEvent[]
          this.log.push(...stored)
          this.#onStored(stored)
          for (const watcher of this.#watchers)
            if (!this.#faults.happens('hintLost')) this.#clock.after(this.#delay(), watcher)
          // Stored, and the answer is lost.
          return this.#faults.happens('answerLost') ? 'unknown' : 'committed'
        }),
      read: (_, after) => reach(() => this.log.slice(after)),
      watch: (_, listener) => {
        const hint = (): void => {
          if (!isDead()) listener()
        }
        this.#watchers.add(hint)
        return () => this.#watchers.delete(hint)
      },
    }
  }

  #latency(): Promise<void> {
    return this.#clock.sleep(this.#delay())
  }

  #delay(): number {
    return this.#faults.happens('storeSlow') ? this.#clock.chance.between(100, 4_000) : 1
  }
}
