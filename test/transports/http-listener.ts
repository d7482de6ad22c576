import { AsyncQueue, isObject } from '../../src/base/index.ts'
import type { Connection, Listener } from '../../src/ports/index.ts'
import { claimedKey, parseClientFrame } from '../../src/protocol/index.ts'
import { SseConnection } from '../../src/server/sse-connection.ts'

/** A link whose commands come as requests, and whose replies answer them. */
class HttpLink implements Connection {
  readonly frames: AsyncQueue<unknown> = new AsyncQueue()
  readonly #stream: SseConnection
  readonly #waiting = new Map<string, (reply: object | null) => void>()

  constructor(stream: SseConnection) {
    this.#stream = stream
    void this.#pump()
  }

  async send(frame: object): Promise<void> {
    const key = 'k' in frame && frame.k === 'r' && 'c' in frame ? String(frame.c) : null
    if (key === null) return this.#stream.send(frame)
    this.#waiting.get(key)?.(frame)
    this.#waiting.delete(key)
  }

  close(): void {
    this.#stream.close()
  }

  /** The reply to a command; `null` where the link ends under it. A command needs no link to be carried out. */
  take(frame: unknown): Promise<object | null> {
    return new Promise((resolve) => {
      const key = String(claimedKey(frame))
      if (this.frames.isEnded) return resolve({ k: 'r', c: key, st: 'accepted' })
      this.#waiting.set(key, resolve)
      this.frames.push(frame)
    })
  }

  async #pump(): Promise<void> {
    for await (const frame of this.#stream.frames) this.frames.push(frame)
    this.frames.end()
    for (const resolve of this.#waiting.values()) resolve(null)
  }
}

/** Links over HTTP as the port wants them, without a server of conversations: [P67]. */
export class HttpListener implements Listener {
  refuses = false
  /** Links that are open. */
  open = 0
  #onConnection: ((connection: Connection) => void) | null = null
  readonly #links = new Map<unknown, HttpLink>()

  listen(onConnection: (connection: Connection) => void): () => void {
    this.#onConnection = onConnection
    return () => {
      if (this.#onConnection === onConnection) this.#onConnection = null
    }
  }

  readonly fetch = async (request: Request): Promise<Response> => {
    if (this.refuses) return new Response('Not signed in.', { status: 401 })
    const body: unknown = await request.json()
    return isObject(body) && body['k'] === 'c' ? this.#command(body) : this.#hello(body, request)
  }

  async #command({ clientId, c }: Record<string, unknown>): Promise<Response> {
    const reply = await this.#links.get(clientId)?.take({ k: 'c', c })
    return reply ? Response.json(reply) : new Response('No such link.', { status: 503 })
  }

  #hello(body: unknown, request: Request): Response {
    const hello = parseClientFrame(body)
    if (hello.k !== 'hello' || !this.#onConnection) return new Response(null, { status: 503 })
    const stream = new SseConnection(hello)
    request.signal.addEventListener('abort', () => stream.close())
    const link = new HttpLink(stream)
    this.#links.set(hello.clientId, link)
    this.open++
    this.#onConnection({
      frames: this.#counted(link.frames),
      send: (frame) => link.send(frame),
      close: () => link.close(),
    })
    return new Response(stream.body, { headers: { 'content-type': 'text/event-stream' } })
  }

  async *#counted(frames: AsyncIterable<unknown>): AsyncGenerator {
    yield* frames
    this.open--
  }
}
