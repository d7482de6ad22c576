import type { World } from '../base/index.ts'

/** How often the server shows that its stream lives. */
const pingMs = 15_000
/** Two pings and the link counts as dead, whatever the socket says. */
const silenceMs = 2 * pingMs
/** What the ping that is due may be late when a device wakes up. */
const lateMs = 3_000

/** Watches over one link: calls `onDead` when it was silent for too long. */
export class Silence {
  readonly #world: World
  readonly #onDead: () => void
  readonly #unwake: (() => void) | undefined
  #stopTimer: () => void = () => {}
  /** By the wall clock, which goes on while a device sleeps. */
  #lastAt: number
  /** By the clock of the timers; `null` where nothing came since the timer was set. */
  #heardAt: number | null = null

  constructor(world: World, onDead: () => void) {
    this.#world = world
    this.#onDead = onDead
    this.#unwake = world.onWake?.(() => this.#wake())
    this.#lastAt = world.now()
    this.#await(silenceMs)
  }

  /** Something came. Cheap, since a timer for each frame would not be. */
  broken(): void {
    this.#lastAt = this.#world.now()
    this.#heardAt = this.#world.monotonic()
  }

  stop(): void {
    this.#stopTimer()
    this.#unwake?.()
  }

  /** Timers stood still while the device slept, and the link may be gone: the next ping decides. */
  #wake(): void {
    this.#await(Math.max(0, pingMs + lateMs - (this.#world.now() - this.#lastAt)))
  }

  #await(delayMs: number): void {
    this.#stopTimer()
    this.#heardAt = null
    this.#stopTimer = this.#world.setTimer(delayMs, () => {
      if (this.#heardAt === null) this.#onDead()
      else this.#await(this.#heardAt + silenceMs - this.#world.monotonic())
    })
  }
}
