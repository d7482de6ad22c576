import { ToolwireError, type World } from '../base/index.ts'

interface DeadlineOptions {
  readonly world: World
  readonly signal: AbortSignal
  readonly cancelGraceMs: number
}

/**
 * Bounds one run of a handler in time. The handler's signal aborts on cancel and at the deadline; the race
 * is lost at the deadline at once, and `cancelGraceMs` after a cancel, whether the handler listens or not.
 */
export class Deadline {
  readonly #controller = new AbortController()
  readonly #options: DeadlineOptions
  readonly #idleTimeoutMs: number | undefined
  readonly #stops: (() => void)[] = []
  #stopIdle: () => void = () => {}
  #lose: (error: unknown) => void = () => {}
  /** Which limit passed, if one did. */
  passed: 'total' | 'idle' | null = null

  constructor(timeoutMs: number, idleTimeoutMs: number | undefined, options: DeadlineOptions) {
    this.#options = options
    this.#idleTimeoutMs = idleTimeoutMs
    this.#stops.push(options.world.setTimer(timeoutMs, () => this.#pass('total')))
    if (options.signal.aborted) this.#cancel()
    else {
      const onAbort = (): void => this.#cancel()
      options.signal.addEventListener('abort', onAbort)
      this.#stops.push(() => options.signal.removeEventListener('abort', onAbort))
    }
    this.touch()
  }

  /** The signal for the handler. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Resolves as `work` does, or rejects when time is up, whichever comes first. */
  race<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#lose = reject
      work.then(resolve, reject)
    })
  }

  /** Starts the idle limit anew. */
  touch(): void {
    this.#stopIdle()
    if (this.#idleTimeoutMs === undefined) return
    this.#stopIdle = this.#options.world.setTimer(this.#idleTimeoutMs, () => this.#pass('idle'))
  }

  /** Lets go of every timer and listener. */
  clear(): void {
    this.#stopIdle()
    for (const stop of this.#stops) stop()
  }

  #pass(which: 'total' | 'idle'): void {
    this.passed ??= which
    this.#abort('The time for this call is up.')
    this.#lose(this.#controller.signal.reason)
  }

  #cancel(): void {
    this.#abort('The call was cancelled.')
    const { world, cancelGraceMs } = this.#options
    const end = (): void => this.#lose(this.#controller.signal.reason)
    this.#stops.push(world.setTimer(cancelGraceMs, end))
  }

  #abort(message: string): void {
    this.#controller.abort(new ToolwireError('ABORTED', message))
  }
}
