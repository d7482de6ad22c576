import { ToolwireError, type World } from '../base/index.ts'
import type { Model, ModelEvent, ModelRequest } from '../ports/index.ts'

export interface AttendOptions {
  readonly world: World
  /** Of whoever waits for the answer. */
  readonly signal: AbortSignal
  readonly idleTimeoutMs: number
}

/**
 * What `model` streams, as long as somebody waits for it and it goes on speaking. Throws at once where `signal`
 * aborts or nothing came for too long, also for a model that does not listen to its own signal.
 */
export async function* attendedStream(
  model: Model,
  request: ModelRequest,
  options: AttendOptions,
): AsyncGenerator<ModelEvent, void, undefined> {
  if (options.signal.aborted) throw aborted()
  const attention = new Attention(model.id, options)
  const events = model.stream({ ...request, signal: attention.signal })[Symbol.asyncIterator]()
  try {
    for (;;) {
      const { done, value } = await attention.race(events.next())
      if (done) return
      attention.heard()
      yield value
    }
  } finally {
    attention.end()
    // Not awaited: what is stuck ends when it likes.
    void events.return?.().catch(() => {})
  }
}

/** Watches over one answer; its signal aborts when nobody waits any more, or the answer has gone quiet. */
class Attention {
  readonly #modelId: string
  readonly #options: AttendOptions
  readonly #controller = new AbortController()
  readonly #onAbort = (): void => this.#lose(aborted())
  #heardAt: number
  #stopTimer: () => void = () => {}
  #reject: (error: unknown) => void = () => {}

  constructor(modelId: string, options: AttendOptions) {
    this.#modelId = modelId
    this.#options = options
    this.#heardAt = options.world.monotonic()
    options.signal.addEventListener('abort', this.#onAbort)
    this.#wait(options.idleTimeoutMs)
  }

  /** The signal for the model. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Resolves as `work` does, or rejects as soon as it is no longer waited for. */
  race<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#reject = reject
      work.then(resolve, reject)
      if (this.signal.aborted) reject(this.signal.reason)
    })
  }

  /** Something came. Cheap, since a timer for each piece would not be. */
  heard(): void {
    this.#heardAt = this.#options.world.monotonic()
  }

  /** Lets go of timer and listener, and of the model if it is still at it. */
  end(): void {
    this.#stopTimer()
    this.#options.signal.removeEventListener('abort', this.#onAbort)
  }

  #wait(ms: number): void {
    this.#stopTimer = this.#options.world.setTimer(ms, () => {
      const { world, idleTimeoutMs } = this.#options
      const left = this.#heardAt + idleTimeoutMs - world.monotonic()
      if (left > 0) this.#wait(left)
      else this.#lose(silence(this.#modelId, idleTimeoutMs))
    })
  }

  #lose(error: ToolwireError): void {
    this.#controller.abort(error)
    this.#reject(error)
  }
}

function aborted(): ToolwireError {
  return new ToolwireError('ABORTED', 'The model request was aborted.', {
    hint: 'Nothing to do: the turn was stopped, or another node has taken it over.',
  })
}

function silence(modelId: string, ms: number): ToolwireError {
  return new ToolwireError('MODEL_NETWORK', `The model "${modelId}" was silent for ${ms} ms.`, {
    hint: 'Look at the provider and the way to it; a model that thinks longer needs a higher `limits.modelIdleTimeoutMs`.',
  })
}
