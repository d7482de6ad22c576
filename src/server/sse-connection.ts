import { AsyncQueue, ToolwireError } from '../base/index.ts'
import type { Connection } from '../ports/index.ts'
import type { HelloFrame, ServerFrame } from '../protocol/index.ts'

/** Bytes that may wait in the stream before `send` makes the writer wait. */
const highWaterMark = 64 * 1024

/** A link whose way down is a stream of server-sent events; what goes up comes as requests of its own. */
export class SseConnection implements Connection {
  readonly body: ReadableStream<Uint8Array>
  readonly #frames = new AsyncQueue<unknown>()
  readonly #encoder = new TextEncoder()
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  /** Those who wait for room. */
  #writers: (() => void)[] = []
  #closed = false

  constructor(hello: HelloFrame) {
    this.#frames.push(hello)
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller
          // Sent at once, so that proxies pass the headers on and the client sees an open stream.
          controller.enqueue(this.#encoder.encode(': open\n\n'))
        },
        pull: () => this.#wakeWriters(),
        cancel: () => this.#end(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark }),
    )
  }

  get frames(): AsyncIterable<unknown> {
    return this.#frames
  }

  async send(frame: object): Promise<void> {
    if (this.#closed || !this.#controller)
      throw new ToolwireError('TRANSPORT_CLOSED', 'The event stream is closed.')
    this.#controller.enqueue(this.#encoder.encode(encodeSse(frame as ServerFrame)))
    if ((this.#controller.desiredSize ?? 0) > 0) return
    await new Promise<void>((resolve) => {
      this.#writers.push(resolve)
    })
  }

  close(): void {
    if (this.#closed) return
    // A reader that stalls would keep the response, and all that waits in it, for as long as it likes.
    if (this.#writers.length > 0)
      this.#controller?.error(new ToolwireError('TRANSPORT_CLOSED', 'The reader did not read.'))
    else this.#controller?.close()
    this.#end()
  }

  #end(): void {
    this.#closed = true
    this.#frames.end()
    this.#wakeWriters()
  }

  #wakeWriters(): void {
    const writers = this.#writers
    this.#writers = []
    for (const wake of writers) wake()
  }
}

/**
 * One frame as one event: one line of JSON, which holds no line break, so that no value can end the event.
 * A ping goes with a comment, which is what proxies and `EventSource` expect to see of a quiet stream.
 */
export function encodeSse(frame: ServerFrame): string {
  const id = frame.k === 'e' || frame.k === 'snap' ? `id: ${frame.s}\n` : ''
  const comment = frame.k === 'ping' ? ': ping\n' : ''
  return `${comment}${id}data: ${JSON.stringify(frame)}\n\n`
}
