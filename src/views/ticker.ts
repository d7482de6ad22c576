import type { World } from '../base/index.ts'

const everyMs = 1_000

/** The time for those who show it: one timer for all of them, and none while nobody listens. */
export class Ticker {
  readonly #world: World
  readonly #listeners = new Set<() => void>()
  #stop: (() => void) | null = null
  #now = 0

  constructor(world: World) {
    this.#world = world
  }

  /** As it was at the last tick. */
  get now(): number {
    return this.#now
  }

  subscribe(listener: () => void): () => void {
    const own = (): void => listener()
    this.#listeners.add(own)
    if (!this.#stop) this.#tick()
    return () => {
      this.#listeners.delete(own)
      if (this.#listeners.size > 0) return
      this.#stop?.()
      this.#stop = null
    }
  }

  #tick(): void {
    this.#now = this.#world.now()
    this.#stop = this.#world.setTimer(
      everyMs,
      () => {
        this.#tick()
        for (const listener of this.#listeners) listener()
      },
      { keepAlive: false },
    )
  }
}

const tickers = new WeakMap<World, Ticker>()

export function tickerOf(world: World): Ticker {
  const ticker = tickers.get(world) ?? new Ticker(world)
  tickers.set(world, ticker)
  return ticker
}
