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
 * Leaving the loop, or `signal`, cancels the body.
 */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  { world, signal, splitter: values }: ReadContext,
): AsyncGenerator<WireEvent, void, undefined> {
  const reader = body.getReader()
  const cancel = (): void => void reader.cancel().catch(ignore)
  const splitter = new EventSplitter(values)
  const decoder = new TextDecoder()
  let ended = false
  signal?.addEventListener('abort', cancel, { once: true })
  try {
    while (!ended) {
      const { done, value } = await reader.read().catch(brokenOff)
      ended = done
      splitter.push(decoder.decode(value, { stream: !done }))
      if (ended) splitter.end()
      for (const event of splitter.take()) {
        yield event
        ended ||= event.data === doneMark
      }
    }
  } finally {
    signal?.removeEventListener('abort', cancel)
    if (ended) void drain(reader, world).catch(ignore)
    else cancel()
  }
}

// A body that is read to its end leaves the connection for the next request; a cancelled one closes it.
async function drain(reader: ReadableStreamDefaultReader, world: World): Promise<void> {
  const giveUp = world.setTimer(1000, () => void reader.cancel().catch(ignore))
  try {
    while (!(await reader.read()).done);
  } finally {
    giveUp()
  }
}

function brokenOff(cause: unknown): never {
  throw new ModelError('MODEL_NETWORK', 'The connection to the model server broke off.', {
    hint: 'Send the request again; half-received calls are not run.',
    retryable: true,
    cause,
  })
}

class EventSplitter {
  #events: WireEvent[] = []
  #start = ''
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
        this.#events.push({ data: trimmed, event, last: this.#ending })
    },
    onError: ({ type }) => {
      if (type === 'max-buffer-size-exceeded') throw tooLong()
    },
  })

  constructor(newValues: (() => ValueSplitter) | undefined) {
    this.#newValues = newValues
  }

  push(text: string): void {
    if (this.#started) return this.#feed(text)
    this.#start += text
    const first = this.#start.trimStart()[0]
    if (first === undefined) return
    this.#started = true
    // No line of SSE begins so; the content type is not asked, since it is wrong too often.
    if ('{['.includes(first)) this.#values = this.#newValues?.()
    if ('{[<'.includes(first) && !this.#values) this.#document = []
    this.#feed(this.#start)
  }

  end(): void {
    this.#ending = true
    if (this.#values) this.#addValues([this.#values.end()])
    else if (this.#document)
      this.#events.push({ data: this.#document.join('').trim(), document: true })
    else this.#parser.feed('\n\n')
  }

  take(): readonly WireEvent[] {
    const events = this.#events
    this.#events = []
    return events
  }

  #addValues(values: readonly string[]): void {
    for (const data of values) if (data) this.#events.push({ data, last: this.#ending })
  }

  #feed(text: string): void {
    if (this.#values) return this.#addValues(this.#values.push(text))
    if (!this.#document) return this.#parser.feed(text)
    this.#document.push(text)
    this.#length += text.length
    if (this.#length > maxEventChars) throw tooLong()
  }
}

export function tooLong(): ModelError {
  return protocolError(`An event is longer than ${maxEventChars} characters.`)
}
