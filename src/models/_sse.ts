import { createParser } from 'eventsource-parser'
import type { World } from '../base/index.ts'
import { ModelError, ignore, protocolError } from './_model-error.ts'

/** One event of an answer. */
export interface WireEvent {
  readonly data: string
  readonly event?: string | undefined
  /** Set where the stream ended before the blank line that ends an event: it may be half an event. */
  readonly last?: boolean
  /** Set where the answer was no stream, and this is all of it. */
  readonly document?: boolean
}

/** Marks the end in Chat Completions, and where gateways add it: accepted everywhere, required nowhere. */
export const doneMark = '[DONE]'

/** Takes apart an answer that is a run of JSON values. */
export interface ValueSplitter {
  /** The values that `text` completes. */
  push(text: string): readonly string[]
  /** What is left at the end of the answer. */
  end(): string
}

/** Room for a call whose whole input comes in one event. */
export const maxEventChars: number = 16 * 1024 * 1024

/** What reading depends on. */
export interface ReadContext {
  readonly world: World
  readonly signal: AbortSignal | undefined
  /** For formats that may come as JSON rather than SSE. */
  readonly splitter?: (() => ValueSplitter) | undefined
}

/**
 * Reads the events of an answer up to `[DONE]` or its end: SSE with any line ends, comments and missing last
 * blank line; JSON by `splitter`; or, where the server answered with something else, that as one event.
 * `signal` cancels the body.
 */
export class EventReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  readonly #context: ReadContext
  readonly #splitter: EventSplitter
  readonly #decoder = new TextDecoder()
  readonly #cancel = (): void => void this.#reader.cancel().catch(ignore)
  /** Whether the body came to its end. */
  #done = false

  constructor(body: ReadableStream<Uint8Array>, context: ReadContext) {
    this.#reader = body.getReader()
    this.#context = context
    this.#splitter = new EventSplitter(context.splitter)
    context.signal?.addEventListener('abort', this.#cancel, { once: true })
  }

  /** As many as come at once; `undefined` behind the last. */
  async next(): Promise<readonly WireEvent[] | undefined> {
    while (!this.#done && !this.#splitter.done) {
      const { done, value } = await this.#read()
      this.#done = done
      this.#splitter.push(this.#decoder.decode(value, { stream: !done }))
      if (done) this.#splitter.end()
      const events = this.#splitter.take()
      if (events.length > 0) return events
    }
    return undefined
  }

  /** To be called once, however the reading ended. */
  close(): void {
    this.#context.signal?.removeEventListener('abort', this.#cancel)
    if (this.#done) return
    if (this.#splitter.done) void drain(this.#reader, this.#context.world).catch(ignore)
    else this.#cancel()
  }

  async #read(): Promise<ReadableStreamReadResult<Uint8Array>> {
    try {
      return await this.#reader.read()
    } catch (cause) {
      throw new ModelError('MODEL_NETWORK', 'The connection to the model server broke off.', {
        hint: 'Send the request again; half-received calls are not run.',
        retryable: true,
        cause,
      })
    }
  }
}

/** A body that is read to its end leaves the connection for the next request; a cancelled one closes it. */
export async function drain(reader: ReadableStreamDefaultReader, world: World): Promise<void> {
  const giveUp = world.setTimer(1000, () => void reader.cancel().catch(ignore))
  try {
    while (!(await reader.read()).done);
  } finally {
    giveUp()
  }
}

class EventSplitter {
  /** Whether `[DONE]` came: what stands behind it is no part of the answer, however the network splits it. */
  done = false
  #events: WireEvent[] = []
  #started = false
  #ending = false
  #document: string[] | undefined
  #length = 0
  #values: ValueSplitter | undefined
  readonly #newValues: (() => ValueSplitter) | undefined

  readonly #parser = createParser({
    maxBufferSize: maxEventChars,
    onEvent: ({ data, event }) => {
      const trimmed = data.trim()
      // Gateways re-emit comments as data (`data: : OPENROUTER PROCESSING`).
      if (trimmed && !trimmed.startsWith(':'))
        this.#add({ data: trimmed, event, last: this.#ending })
    },
  })

  constructor(newValues: (() => ValueSplitter) | undefined) {
    this.#newValues = newValues
  }

  push(text: string): void {
    if (this.#started) return this.#feed(text)
    const first = /\S/.exec(text)?.[0]
    // Blank lines mean nothing to any of the ways to read what follows, but SSE has to know where a line begins.
    if (first === undefined) return this.#parse(text)
    this.#started = true
    // No line of SSE begins so; the content type is not asked, since it is wrong too often.
    if ('{['.includes(first)) this.#values = this.#newValues?.()
    if ('{[<'.includes(first) && !this.#values) this.#document = []
    this.#feed(text)
  }

  end(): void {
    this.#ending = true
    if (this.#values) this.#addValues([this.#values.end()])
    else if (this.#document) this.#add({ data: this.#document.join('').trim(), document: true })
    else this.#parse('\n\n')
  }

  take(): readonly WireEvent[] {
    const events = this.#events
    this.#events = []
    return events
  }

  #addValues(values: readonly string[]): void {
    for (const data of values) if (data) this.#add({ data, last: this.#ending })
  }

  #add(event: WireEvent): void {
    if (this.done) return
    this.#events.push(event)
    this.done = event.data === doneMark
  }

  // The parser has no `onError`: it would make an error, with its stack, for each line that is no field. It
  // throws when it is fed more after an event that is too long.
  #parse(text: string): void {
    try {
      this.#parser.feed(text)
    } catch {
      throw tooLong()
    }
  }

  #feed(text: string): void {
    if (this.#values) return this.#addValues(this.#values.push(text))
    if (!this.#document) return this.#parse(text)
    this.#document.push(text)
    this.#length += text.length
    if (this.#length > maxEventChars) throw tooLong()
  }
}

export function tooLong(): ModelError {
  return protocolError(`An event is longer than ${maxEventChars} characters.`)
}
