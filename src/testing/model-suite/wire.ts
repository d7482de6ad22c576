import type { Json } from '../../base/index.ts'

/** A request as the adapter sent it. */
export interface SentRequest {
  readonly body: Json
  readonly text: string
  readonly signal: AbortSignal | undefined
}

/** A server that is no server: it answers every request in the same way, and keeps what it was sent. */
export class Wire {
  readonly requests: SentRequest[] = []
  /** Whether the reader of the last answer gave up before its end. */
  cancelled = false
  readonly #answer: (wire: Wire) => Response | Promise<Response>

  constructor(answer: (wire: Wire) => Response | Promise<Response>) {
    this.#answer = answer
  }

  /** For the adapter under test. */
  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init)
    const text = await request.text()
    const body: Json = JSON.parse(text)
    this.requests.push({ body, text, signal: init?.signal ?? undefined })
    return this.#answer(this)
  }

  /** A response of `pieces` that ends behind them, stays open, or breaks off. */
  stream(
    pieces: readonly Uint8Array[],
    { contentType, end = 'close' }: { readonly contentType: string; readonly end?: Ending },
  ): Response {
    let next = 0
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        const piece = pieces[next++]
        if (piece) controller.enqueue(piece)
        else if (end === 'break') controller.error(new TypeError('The connection was reset.'))
        else if (end === 'close') controller.close()
      },
      cancel: () => {
        this.cancelled = true
      },
    })
    return new Response(body, { headers: { 'content-type': contentType } })
  }
}

/** `hang`: nothing more comes, and nothing ends. */
export type Ending = 'close' | 'hang' | 'break'

export function bytesOf(bytes: string | Uint8Array): Uint8Array {
  return typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes
}

/** `bytes` in pieces of chance length, which split characters and line ends. */
export function splitBytes(bytes: Uint8Array, random: () => number): readonly Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let at = 0; at < bytes.length;) {
    const end = at + 1 + Math.floor(random() * random() * 200)
    pieces.push(bytes.slice(at, end))
    at = end
  }
  return pieces
}
