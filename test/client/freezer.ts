import type { World } from '../../src/base/index.ts'

/** Stands between a process and all that it waits for: while it is frozen, nothing comes. */
export class Freezer {
  #waiting: (() => void)[] | null = null

  freeze(): void {
    this.#waiting ??= []
  }

  thaw(): void {
    const tasks = this.#waiting ?? []
    this.#waiting = null
    for (const task of tasks) this.pass(task)
  }

  pass(task: () => void): void {
    if (this.#waiting) this.#waiting.push(task)
    else task()
  }

  passed(): Promise<void> {
    return new Promise((resolve) => {
      this.pass(resolve)
    })
  }

  /** `world` with timers that stand still with the process, and a wall clock that may be off by `skewMs`. */
  world(world: World, skewMs: () => number = () => 0): World {
    return {
      now: () => world.now() + skewMs(),
      monotonic: () => world.monotonic(),
      random: () => world.random(),
      randomId: () => world.randomId(),
      setTimer: (delayMs, task) => {
        let isCancelled = false
        const run = (): void => {
          if (!isCancelled) task()
        }
        const cancel = world.setTimer(delayMs, () => this.pass(run))
        return () => {
          isCancelled = true
          cancel()
        }
      },
    }
  }
}
