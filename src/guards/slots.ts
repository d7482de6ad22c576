import type { RoomLimits } from './guard-limits.ts'

interface Waiting {
  readonly toolName: string
  readonly start: () => void
}

/** How many calls run at the same time. Who waits is served in order, but never blocks calls to other tools. */
export class Slots {
  readonly #limits: Required<RoomLimits>
  readonly #running = new Map<string, number>()
  readonly #waiting = new Set<Waiting>()
  #total = 0

  constructor({ maxConcurrent = Infinity, maxConcurrentPerTool = Infinity }: RoomLimits) {
    this.#limits = { maxConcurrent, maxConcurrentPerTool }
  }

  /** Resolves with how to leave once there is room, or with `null` where `signal` aborts before. */
  enter(toolName: string, signal: AbortSignal): Promise<(() => void) | null> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve(null)
      const waiting: Waiting = {
        toolName,
        start: () => {
          signal.removeEventListener('abort', giveUp)
          resolve(this.#occupy(toolName))
        },
      }
      const giveUp = (): void => {
        this.#waiting.delete(waiting)
        resolve(null)
      }
      signal.addEventListener('abort', giveUp, { once: true })
      this.#waiting.add(waiting)
      this.#startNext()
    })
  }

  #occupy(toolName: string): () => void {
    this.#change(toolName, 1)
    let isLeft = false
    return () => {
      if (isLeft) return
      isLeft = true
      this.#change(toolName, -1)
      this.#startNext()
    }
  }

  #startNext(): void {
    for (const waiting of this.#waiting) {
      if (this.#total >= this.#limits.maxConcurrent) return
      if (this.#of(waiting.toolName) >= this.#limits.maxConcurrentPerTool) continue
      this.#waiting.delete(waiting)
      waiting.start()
    }
  }

  #of(toolName: string): number {
    return this.#running.get(toolName) ?? 0
  }

  #change(toolName: string, by: 1 | -1): void {
    this.#total += by
    const count = this.#of(toolName) + by
    if (count === 0) this.#running.delete(toolName)
    else this.#running.set(toolName, count)
  }
}
