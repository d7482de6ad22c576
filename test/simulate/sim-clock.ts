import type { World } from '../../src/base/index.ts'
import type { Chance } from './chance.ts'

interface Task {
  readonly at: number
  /** Decides among tasks of the same moment. */
  readonly order: number
  readonly run: () => void
  /** Whose timer it is. */
  readonly isDead: () => boolean
}

/** What the clock on the wall shows when a simulation starts. */
export const simulationStart = 1_800_000_000_000

/** Time that passes only when nothing is left to do; what is due at one moment comes in a random order. */
export class SimClock {
  readonly chance: Chance
  readonly #tasks = new Set<Task>()
  #now = 0
  #ids = 0

  constructor(chance: Chance) {
    this.chance = chance
  }

  /** Milliseconds since the start. */
  get now(): number {
    return this.#now
  }

  /** Numbers things in the order in which they ask. */
  count(): number {
    return ++this.#ids
  }

  /** Timers of the living. */
  get pending(): number {
    return [...this.#tasks].filter((task) => !task.isDead()).length
  }

  after(delayMs: number, run: () => void, isDead: () => boolean = () => false): () => void {
    const at = this.#now + Math.max(0, delayMs)
    const task = { at, order: this.chance.next(), run, isDead }
    this.#tasks.add(task)
    return () => this.#tasks.delete(task)
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(delayMs, resolve)
    })
  }

  /** The world of one realm or node; its timers rest for good once it is dead. */
  world(isDead: () => boolean): World {
    return {
      now: () => simulationStart + this.#now,
      monotonic: () => this.#now,
      random: () => this.chance.next(),
      // Readable in a trace, and never drawn twice.
      randomId: () => `${this.count().toString(16).padStart(8, '0')}${'0'.repeat(24)}`,
      setTimer: (delayMs, run) =>
        this.after(
          delayMs,
          () => {
            if (!isDead()) run()
          },
          isDead,
        ),
    }
  }

  /** Runs everything that is due within `ms`. */
  async pass(ms: number): Promise<void> {
    const until = this.#now + ms
    await quiet()
    for (let task = this.#next(until); task; task = this.#next(until)) {
      this.#tasks.delete(task)
      this.#now = task.at
      task.run()
      await quiet()
    }
    this.#now = until
  }

  #next(until: number): Task | undefined {
    let first: Task | undefined
    for (const task of this.#tasks)
      if (task.at <= until && (!first || isBefore(task, first))) first = task
    return first
  }
}

function isBefore(a: Task, b: Task): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

/** Resolves once no promise can go on by itself. */
function quiet(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
