import { AsyncQueue, ToolwireError, systemFetch } from '../base/index.ts'
import type { Connection, Transport } from '../ports/index.ts'
import type { HelloFrame } from '../protocol/index.ts'
import { eventData } from './_event-data.ts'

export interface HttpTransportOptions {
  /** Where the server's `fetch` is mounted. */
  readonly url: string | URL
  /** Sent with every request; a function is asked each time, for tokens that change. */
  readonly headers?:
    | Readonly<Record<string, string>>
    | (() => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>)
  readonly credentials?: RequestCredentials
  readonly fetch?: typeof globalThis.fetch
}

/** HTTP: events come down as one stream of server-sent events, each command goes up as a POST of its own. */
export function httpTransport(options: HttpTransportOptions): Transport {
  return {
    name: 'http',
    async connect(hello, signal) {
      const gone = new AbortController()
      const abort = (): void => gone.abort()
      signal.addEventListener('abort', abort, { once: true })
      if (signal.aborted) abort()
      // Whether a client lives is known from its stream, so it promises no beats.
      const { beatMs: _, ...greeting } = hello
      const response = await post(greeting, 'text/event-stream', {
        ...options,
        signal: gone.signal,
      })
      const type = response.headers.get('content-type')
      // Such as the page that a host shows at addresses that it does not know.
      if (!type?.startsWith('text/event-stream')) {
        abort()
        throw closed(`The address answers with "${type}", not with a stream of events.`)
      }
      return new HttpConnection(hello, response, { ...options, gone })
    },
  }
}

class HttpConnection implements Connection {
  readonly #frames = new AsyncQueue<unknown>()
  readonly #hello: HelloFrame
  readonly #options: HttpTransportOptions & { readonly gone: AbortController }

  constructor(
    hello: HelloFrame,
    response: Response,
    options: HttpTransportOptions & { readonly gone: AbortController },
  ) {
    this.#hello = hello
    this.#options = options
    this.#read(response).then(
      () => this.#frames.end(),
      (error: unknown) => this.#frames.fail(closed('The event stream broke.', error)),
    )
  }

  get frames(): AsyncIterable<unknown> {
    return this.#frames
  }

  async send(frame: object): Promise<void> {
    // A server would carry it out all the same, and nobody would read the reply.
    if (this.#frames.isEnded) throw closed('The event stream is over.')
    // What another wire needed to stay open, as where frames are relayed.
    if ('k' in frame && frame.k === 'ping') return
    const { conversationId, clientId, epoch } = this.#hello
    const { signal } = this.#options.gone
    const body = { ...frame, conversationId, clientId, epoch }
    const response = await post(body, 'application/json', { ...this.#options, signal })
    const reply: unknown = await response.json().catch((cause: unknown) => {
      throw closed('The reply to a command was cut off.', cause)
    })
    this.#frames.push(reply)
  }

  close(): void {
    this.#options.gone.abort()
    this.#frames.end()
  }

  async #read({ body }: Response): Promise<void> {
    if (!body) return
    for await (const data of eventData(body)) this.#frames.push(JSON.parse(data))
  }
}

async function post(
  body: object,
  accept: string,
  options: HttpTransportOptions & { readonly signal: AbortSignal },
): Promise<Response> {
  const { headers: given = {}, url, credentials, signal } = options
  const request = options.fetch ?? systemFetch
  const headers = {
    ...(typeof given === 'function' ? await given() : given),
    'content-type': 'application/json',
    accept,
  }
  const response = await request(url, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
    signal,
    ...(credentials && { credentials }),
  }).catch((cause: unknown) => {
    throw closed('The server cannot be reached.', cause)
  })
  if (response.ok) return response
  const text = await response.text().catch(() => '')
  if (response.status === 401 || response.status === 403 || response.status === 404)
    throw new ToolwireError('UNAUTHORIZED', `The server refused (${response.status}): ${text}`, {
      hint: 'Check the credentials, the origin and the address of the server.',
    })
  if (response.status >= 400 && response.status < 500 && response.status !== 429)
    throw new ToolwireError('COMMAND_REFUSED', `The server refused (${response.status}): ${text}`, {
      hint: 'Sending the same again would be refused again.',
    })
  throw closed(`The server answered ${response.status}: ${text}`)
}

function closed(message: string, cause?: unknown): ToolwireError {
  return new ToolwireError('TRANSPORT_CLOSED', message, { cause })
}
