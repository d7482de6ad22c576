import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Json, World } from '../base/index.ts'

/** The answer to one request, before it is sent. */
export interface WireAnswer {
  readonly status: number
  /** The whole body of a refusal. */
  readonly refusal?: Json
  /** The events of an answer, and the pause between two. */
  readonly events: Iterable<string>
  readonly delayMs: number
}

export type AnswerBody = (body: Json) => Promise<WireAnswer>

/** A loopback HTTP server. */
export interface ScriptedServer {
  /** The base URL, for a model adapter. */
  readonly url: string
  /** Drops open connections and frees the port. */
  close(): Promise<void>
}

const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
}
const jsonHeaders = { 'content-type': 'application/json' }

/** Answers as a server behind `fetch` would, without network and pauses; an abort breaks the body. */
export function wireFetch(answer: AnswerBody): typeof globalThis.fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const { signal } = request
    signal.throwIfAborted()
    const { status, refusal, events } = await answer(await request.json())
    if (refusal !== undefined)
      return new Response(JSON.stringify(refusal), { status, headers: jsonHeaders })
    return new Response(streamOf(events, signal), { status, headers: streamHeaders })
  }
}

/** Listens on 127.0.0.1; port 0 takes a free one. */
export async function listenForChat(
  answer: AnswerBody,
  { port, world }: { readonly port: number; readonly world: World },
): Promise<ScriptedServer> {
  // Loaded here, so that the scripted model itself also runs in a browser.
  const { createServer } = await import('node:http')
  const server = createServer((request, response) => {
    serve({ request, response, answer, world }).catch((error: unknown) =>
      response.destroy(asError(error)),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address()
  const bound = typeof address === 'object' && address ? address.port : port
  return {
    url: `http://127.0.0.1:${bound}/v1`,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()))
        server.closeAllConnections()
      }),
  }
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly answer: AnswerBody
  readonly world: World
}

async function serve({ request, response, answer, world }: Exchange): Promise<void> {
  if (request.method !== 'POST' || !request.url?.split('?')[0]?.endsWith('/chat/completions'))
    return sendJson(response, 404, { error: { message: 'Only POST /chat/completions is here.' } })
  const body = parseBody(await readBody(request))
  if (body === undefined)
    return sendJson(response, 400, { error: { message: 'The body is not JSON.' } })
  const { status, refusal, events, delayMs } = await answer(body)
  if (refusal !== undefined) return sendJson(response, status, refusal)
  response.writeHead(status, streamHeaders)
  for (const event of events) {
    if (response.destroyed) return
    // A slow reader is waited for, so that nothing piles up here.
    if (!response.write(event)) await new Promise<void>((resolve) => onFlow(response, resolve))
    if (delayMs > 0) await new Promise<void>((resolve) => void world.setTimer(delayMs, resolve))
  }
  response.end()
}

function onFlow(response: ServerResponse, resume: () => void): void {
  const go = (): void => {
    response.off('drain', go).off('close', go)
    resume()
  }
  response.on('drain', go).on('close', go)
}

function sendJson(response: ServerResponse, status: number, body: Json): void {
  response.writeHead(status, jsonHeaders).end(JSON.stringify(body))
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = ''
  request.setEncoding('utf8')
  for await (const piece of request) text += String(piece)
  return text
}

function parseBody(text: string): Json | undefined {
  try {
    const body: Json = JSON.parse(text)
    return body
  } catch {
    return undefined
  }
}

function streamOf(events: Iterable<string>, signal: AbortSignal): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  const source = events[Symbol.iterator]()
  return new ReadableStream({
    start(controller) {
      signal.addEventListener('abort', () => controller.error(signal.reason), { once: true })
    },
    pull(controller) {
      const { done, value } = source.next()
      if (done) controller.close()
      else controller.enqueue(encoder.encode(value))
    },
  })
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
