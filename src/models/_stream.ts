import type { ModelEvent } from '../ports/index.ts'
import { abortedError } from './_http.ts'
import { type ModelError, ignore, toModelError } from './_model-error.ts'
import { EventReader, type ReadContext, type WireEvent } from './_sse.ts'

/** Turns the events of one answer into what the model says. Throws for what it cannot go on after. */
export interface StreamDecoder {
  push(event: WireEvent): void
  /** The answer is over; decides whether it was complete. */
  end(): void
  /** The answer failed. */
  fail(error: ModelError): void
  /** What was decoded since the last call. */
  take(): readonly ModelEvent[]
}

/** Sends one request and decodes its answer; the promises of {@link Model.stream} are kept here. */
export function streamAnswer(
  send: () => Promise<Response>,
  decoder: StreamDecoder,
  context: ReadContext,
): AsyncIterableIterator<ModelEvent, undefined> {
  return new AnswerStream(send, decoder, context)
}

type Next = IteratorResult<ModelEvent, undefined>

/** One event after the other. It is no generator, since that takes several times as long for each. */
class AnswerStream implements AsyncIterableIterator<ModelEvent, undefined> {
  readonly #send: () => Promise<Response>
  readonly #decoder: StreamDecoder
  readonly #context: ReadContext
  #reader: EventReader | undefined
  /** Decoded, and to be told from `#at` on. */
  #events: readonly ModelEvent[] = []
  #at = 0
  /** Whether nothing more is to be read. */
  #over = false
  /** How many wait to be told something, and what the last of them gets. */
  #waiting = 0
  #last: Promise<Next> | undefined

  constructor(send: () => Promise<Response>, decoder: StreamDecoder, context: ReadContext) {
    this.#send = send
    this.#decoder = decoder
    this.#context = context
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<Next> {
    const { signal } = this.#context
    const isFree = this.#waiting === 0 && !signal?.aborted
    const value = isFree ? this.#events[this.#at++] : undefined
    if (value) return Promise.resolve({ done: false, value })
    const advance = (): Promise<Next> => this.#advance()
    const before = this.#waiting++ > 0 ? this.#last : undefined
    const next = before ? before.then(advance, advance) : advance()
    this.#last = next
    return next
  }

  /** Lets go of the answer. */
  async return(): Promise<Next> {
    await this.#last?.catch(ignore)
    this.#close()
    this.#events = []
    return { done: true, value: undefined }
  }

  async #advance(): Promise<Next> {
    try {
      for (;;) {
        this.#throwAborted()
        const value = this.#events[this.#at++]
        if (value) return { done: false, value }
        if (this.#over) return { done: true, value: undefined }
        await this.#decode()
        this.#events = this.#decoder.take()
        this.#at = 0
      }
    } finally {
      this.#waiting--
    }
  }

  #throwAborted(): void {
    const { signal } = this.#context
    const isTold = this.#over && this.#at >= this.#events.length
    if (!signal?.aborted || isTold) return
    this.#close()
    this.#events = []
    throw abortedError(signal)
  }

  /** Decodes what comes next. */
  async #decode(): Promise<void> {
    try {
      this.#reader ??= await this.#open()
      const events = await this.#reader?.next()
      if (events) {
        for (const event of events) this.#decoder.push(event)
      } else {
        this.#close()
        this.#decoder.end()
      }
    } catch (error) {
      this.#close()
      this.#decoder.fail(toModelError(error))
    }
  }

  async #open(): Promise<EventReader | undefined> {
    const { body } = await this.#send()
    return body ? new EventReader(body, this.#context) : undefined
  }

  #close(): void {
    this.#over = true
    this.#reader?.close()
    this.#reader = undefined
  }
}
