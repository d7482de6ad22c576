import type { World } from '../base/index.ts'

/** How often the server shows that its stream lives. */
const pingMs = 15_000
/** Two pings and the link counts as dead, whatever the socket says. */
const silenceMs = 2 * pingMs
/** How many times as long the first frame is waited for at most. */
const maxPatience = 8
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

  /**
   * The link is open. Its first frame may be a whole conversation, which takes minutes over a slow network, so that
   * after `failures` in a row it is waited for longer.
   */
  opened(failures: number): void {
    this.#await(silenceMs * Math.min(maxPatience, 1 + failures))
  }

  /** Something came. Cheap, since a timer for each frame would not be. */
  broken(): void {
    if (this.#heardAt === null) this.#await(silenceMs)
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
