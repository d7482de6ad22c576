import { AsyncQueue, ToolwireError, type World } from '../../base/index.ts'

interface Waiting {
  readonly at: number
  readonly arrive: () => void
}

/** One way of a link: what is under way, in order but for what was set free of it. */
export class Lane {
  readonly frames: AsyncQueue<unknown> = new AsyncQueue()
  readonly #world: World
  readonly #inOrder: Waiting[] = []
  /** How to call off what was set free. */
  readonly #free = new Set<() => void>()
  #stopTimer: (() => void) | null = null
  #isOver = false

  constructor(world: World) {
    this.#world = world
  }

  /** Whether nothing more can be sent. */
  get isOver(): boolean {
    return this.#isOver
  }

  carry(
    frame: unknown,
    { delayMs, isFree }: { readonly delayMs: number; readonly isFree: boolean },
  ): void {
    const arrive = (): void => this.frames.push(frame)
    if (isFree) this.#carryFree(delayMs, arrive)
    else this.#carryInOrder(this.#world.monotonic() + delayMs, arrive)
  }

  /** The sender closed: the end follows what was sent in order; what was set free of it is lost. */
  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#carryInOrder(0, () => {
      this.#callOff()
      this.frames.end()
    })
  }

  /** The reader closed: nothing arrives any more. */
  stop(): void {
    this.#isOver = true
    this.#callOff()
    this.frames.end()
  }

  break(): void {
    if (this.frames.isEnded) return
    this.#isOver = true
    this.#callOff()
    this.frames.fail(new ToolwireError('TRANSPORT_CLOSED', 'The link broke.'))
  }

  #carryFree(delayMs: number, arrive: () => void): void {
    const stop = this.#world.setTimer(delayMs, () => {
      this.#free.delete(stop)
      arrive()
    })
    this.#free.add(stop)
  }

  /** A frame that was sent later arrives no sooner. */
  #carryInOrder(at: number, arrive: () => void): void {
    this.#inOrder.push({ at, arrive })
    if (!this.#stopTimer) this.#deliver()
  }

  #deliver(): void {
    this.#stopTimer = null
    for (let [next] = this.#inOrder; next; [next] = this.#inOrder) {
      const restMs = next.at - this.#world.monotonic()
      if (restMs > 0) {
        // Less than a clock can tell would never pass.
        this.#stopTimer = this.#world.setTimer(Math.ceil(restMs), () => this.#deliver())
        return
      }
      this.#inOrder.shift()
      next.arrive()
    }
  }

  #callOff(): void {
    this.#stopTimer?.()
    this.#stopTimer = null
    this.#inOrder.length = 0
    for (const stop of this.#free) stop()
    this.#free.clear()
  }
}
