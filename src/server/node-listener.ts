/** As much of Node's request as is needed; also those of Express and Fastify's `request.raw`. */
export interface NodeRequest extends AsyncIterable<Uint8Array | string> {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Set where a body parser has read the stream already. */
  readonly body?: unknown
}

/** As much of Node's response as is needed. */
export interface NodeResponse {
  readonly writableEnded: boolean
  writeHead(status: number, headers: Record<string, string>): unknown
  flushHeaders?(): void
  write(chunk: Uint8Array): boolean
  end(): unknown
  once(event: 'drain' | 'close', listener: () => void): unknown
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
    response.once('close', () => gone.abort())
    const answer = await fetch(await toRequest(request, gone.signal))
    response.writeHead(answer.status, Object.fromEntries(answer.headers))
    response.flushHeaders?.()
    await pipe(answer.body, response, gone.signal)
    response.end()
  }
}

async function toRequest(request: NodeRequest, signal: AbortSignal): Promise<Request> {
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers))
    // HTTP/2 pseudo headers are no headers to `fetch`.
    if (value !== undefined && !name.startsWith(':')) headers.set(name, [value].flat().join(', '))
  const url = `http://${headers.get('host') ?? 'localhost'}${request.url ?? '/'}`
  const method = request.method ?? 'GET'
  if (method === 'GET' || method === 'HEAD') return new Request(url, { method, headers, signal })
  return new Request(url, { method, headers, signal, body: await bodyOf(request) })
}

async function bodyOf(request: NodeRequest): Promise<string | Uint8Array<ArrayBuffer>> {
  if (typeof request.body === 'string') return request.body
  if (request.body !== undefined && request.body !== null) return JSON.stringify(request.body)
  const chunks: Uint8Array[] = []
  const encoder = new TextEncoder()
  for await (const chunk of request)
    chunks.push(typeof chunk === 'string' ? encoder.encode(chunk) : chunk)
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer())
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
  for (let next = await reader.read(); !next.done; next = await reader.read())
    if (!response.write(next.value) && !gone.aborted) await drained(response, gone)
  gone.removeEventListener('abort', cancel)
}

function drained(response: NodeResponse, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    response.once('drain', resolve)
    gone.addEventListener('abort', () => resolve(), { once: true })
  })
}
