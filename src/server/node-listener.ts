import { maxBodyBytes } from './fetch-handler.ts'

/** As much of Node's request as is needed; also those of Express and Fastify's `request.raw`. */
export interface NodeRequest extends NodeRequestHead, AsyncIterable<Uint8Array | string> {
  /** Set where a body parser has read the stream already. */
  readonly body?: unknown
}

/** What stands before the body, as in Node's `upgrade` event. */
export interface NodeRequestHead {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** As much of Node's response as is needed. */
export interface NodeResponse {
  readonly writableEnded: boolean
  writeHead(status: number, headers: Record<string, string>): unknown
  flushHeaders?(): void
  write(chunk: Uint8Array): boolean
  end(): unknown
  once(event: 'drain' | 'close', listener: () => void): unknown
  destroy?(): unknown
  /** Whether the client has left already. */
  readonly destroyed?: boolean
}

/**
 * Lets a `fetch` handler answer `node:http`, Express (also behind `express.json()`) and Fastify
 * (`listener(request.raw, reply.raw)` after `reply.hijack()`, with `request.raw.body = request.body`).
 */
export function toNodeListener(
  fetch: (request: Request) => Promise<Response>,
): (request: NodeRequest, response: NodeResponse) => Promise<void> {
  return async (request, response) => {
    const gone = new AbortController()
    response.once('close', () => {
      // Whoever has the whole answer is not gone.
      if (!response.writableEnded) gone.abort()
    })
    // Where the client left before the host came to ask us, there is no `close` any more.
    if (response.destroyed) gone.abort()
    const answer = await answerTo(request, gone.signal, fetch)
    response.writeHead(answer.status, Object.fromEntries(answer.headers))
    response.flushHeaders?.()
    await pipe(answer.body, response, gone.signal)
    response.end()
  }
}

/** Never rejects: nobody waits for a listener, so a rejection would end the host's process. */
async function answerTo(
  request: NodeRequest,
  signal: AbortSignal,
  fetch: (request: Request) => Promise<Response>,
): Promise<Response> {
  // Fails where the upload broke off, and where `fetch` knows no such method, host or path.
  const asked = await toRequest(request, signal).catch(() => null)
  if (!asked) return new Response(null, { status: 400 })
  return fetch(asked).catch(() => new Response(null, { status: 500 }))
}

async function toRequest(request: NodeRequest, signal: AbortSignal): Promise<Request> {
  const { method, url, headers } = headOf(request)
  if (method === 'GET' || method === 'HEAD') return new Request(url, { method, headers, signal })
  return new Request(url, { method, headers, signal, body: await bodyOf(request) })
}

/** All of a request of Node but its body. */
export function headOf(request: NodeRequestHead): {
  readonly method: string
  readonly url: string
  readonly headers: Headers
} {
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers))
    // HTTP/2 pseudo headers are no headers to `fetch`.
    if (value !== undefined && !name.startsWith(':')) headers.set(name, [value].flat().join(', '))
  // HTTP/2 names the host in a pseudo header.
  const host = headers.get('host') ?? String(request.headers[':authority'] ?? 'localhost')
  return { method: request.method ?? 'GET', url: `http://${host}${request.url ?? '/'}`, headers }
}

async function bodyOf(request: NodeRequest): Promise<string> {
  const { body } = request
  const decoder = new TextDecoder()
  if (typeof body === 'string') return body
  if (body instanceof Uint8Array) return decoder.decode(body)
  if (body !== undefined && body !== null) return JSON.stringify(body)
  let text = ''
  for await (const chunk of request)
    // Read to its end, so that the client hears the refusal, but kept only as far as shows the excess.
    if (text.length <= maxBodyBytes)
      text += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })
  return text + decoder.decode()
}

async function pipe(
  body: ReadableStream<Uint8Array> | null,
  response: NodeResponse,
  gone: AbortSignal,
): Promise<void> {
  const reader = body?.getReader()
  if (!reader) return
  const cancel = (): void => void reader.cancel().catch(() => {})
  gone.addEventListener('abort', cancel)
  if (gone.aborted) cancel()
  // A stream that fails was given up, since nobody reads it: so is its connection, with all that waits in it.
  reader.closed.catch(() => response.destroy?.())
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read())
      if (!response.write(next.value) && !gone.aborted) await drained(response, gone)
  } catch {
    // Its connection ends, above.
  } finally {
    gone.removeEventListener('abort', cancel)
  }
}

function drained(response: NodeResponse, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      gone.removeEventListener('abort', done)
      resolve()
    }
    response.once('drain', done)
    gone.addEventListener('abort', done)
  })
}
