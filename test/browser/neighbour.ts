import type { Listener, Transport } from '../../src/ports/index.ts'
import {
  type MessageSource,
  type MessageTarget,
  type WindowTarget,
  postMessageListener,
  postMessageTransport,
} from '../../src/transports/post-message.ts'

/** Another realm of the browser, as this one reaches it. */
export class Neighbour {
  /** Sends a message that no link is for. */
  readonly post: (message: unknown, ports: Transferable[]) => void
  readonly #transport: () => Transport
  readonly #listener: () => Listener
  readonly #source: MessageSource
  readonly #from: (() => unknown) | undefined

  private constructor(made: {
    readonly post: (message: unknown, ports: Transferable[]) => void
    readonly transport: () => Transport
    readonly listener: () => Listener
    readonly source: MessageSource
    readonly from?: () => unknown
  }) {
    this.post = made.post
    this.#transport = made.transport
    this.#listener = made.listener
    this.#source = made.source
    this.#from = made.from
  }

  /** A window of `origin`, from the window that this realm is. */
  static window(get: () => Window & WindowTarget, origin: string): Neighbour {
    return new Neighbour({
      post: (message, ports) => get().postMessage(message, origin, ports),
      transport: () => postMessageTransport({ window: get(), origin }),
      listener: () => postMessageListener({ source: window, origins: [origin], from: get }),
      source: window,
      from: get,
    })
  }

  /** A worker for the page that made it, and the scope of a worker for its page. */
  static worker(worker: MessageTarget & MessageSource): Neighbour {
    return new Neighbour({
      post: (message, ports) => worker.postMessage(message, ports),
      transport: () => postMessageTransport({ target: worker }),
      listener: () => postMessageListener({ source: worker }),
      source: worker,
    })
  }

  transport(): Transport {
    return this.#transport()
  }

  listener(): Listener {
    return this.#listener()
  }

  /** Calls `listener` with every message that the neighbour posts. */
  hear(listener: (event: MessageEvent) => void): void {
    this.#source.addEventListener('message', (event) => {
      if (!this.#from || event.source === this.#from()) listener(event)
    })
  }
}
