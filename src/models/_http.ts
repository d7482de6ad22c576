import pRetry from 'p-retry'
import { ToolwireError, type World, pause } from '../base/index.ts'
import { parseJson } from './_json.ts'
import { ModelError, excerpt, ignore, readProblem } from './_model-error.ts'

/** How often and how patiently a request is repeated until the server begins to answer. */
export interface RequestRetry {
  /** Requests in all; 1 never repeats. Default 3. */
  readonly attempts?: number
  /** Default 500. */
  readonly minDelayMs?: number
  /** Default 8000. A server may ask for more with `Retry-After`, up to a minute. */
  readonly maxDelayMs?: number
}

/** One POST of JSON. */
export interface JsonPost {
  readonly url: URL
  readonly headers: Headers
  readonly body: string
  readonly signal: AbortSignal | undefined
}

/** What sending depends on. */
export interface Sender {
  readonly fetch: typeof globalThis.fetch
  readonly world: World
  readonly retry: RequestRetry | undefined
}

/** What repeating depends on. */
export interface Patience {
  readonly world: World
  readonly retry: RequestRetry | undefined
  readonly signal: AbortSignal | undefined
}

/** A server that asks for more than this has to be asked by someone who can wait. */
const longestWaitMs = 60_000

/**
 * Sends a request until a response with an ok status arrives, and never after that: what has begun to
 * answer may have been paid for, and shown.
 * @throws {@link ModelError} for a status or network failure that is final, {@link ToolwireError} `ABORTED`.
 */
export function postJson(post: JsonPost, sender: Sender): Promise<Response> {
  const { world, retry } = sender
  const { signal } = post
  return sendPatiently((attempt) => postOnce(post, sender, attempt), { world, retry, signal })
}

/** Repeats `send` as often as `retry` allows while it fails with a {@link ModelError} that may pass. */
export async function sendPatiently<T>(
  send: (attempt: number) => Promise<T>,
  { world, retry, signal }: Patience,
): Promise<T> {
  const { attempts = 3, minDelayMs = 500, maxDelayMs = 8000 } = retry ?? {}
  try {
    return await pRetry(send, {
      retries: Math.max(0, attempts - 1),
      ...(signal && { signal }),
      // All waiting is ours, because p-retry knows neither Retry-After nor the World's clock.
      minTimeout: 0,
      shouldRetry: async ({ error, retriesConsumed }) => {
        if (!(error instanceof ModelError) || !error.retryable) return false
        const backoff = Math.min(maxDelayMs, minDelayMs * 2 ** retriesConsumed)
        const wait = error.retryAfterMs ?? backoff * (1 - world.random() / 4)
        if (wait > longestWaitMs) return false
        await pause(wait, { world, signal })
        return true
      },
    })
  } catch (error) {
    throw signal?.aborted ? abortedError(signal) : error
  }
}

/** What is thrown where the caller's signal aborts. */
export function abortedError(signal: AbortSignal): ToolwireError {
  return new ToolwireError('ABORTED', 'The model request was aborted.', {
    cause: signal.reason,
    hint: 'Nothing to do: the caller asked for it.',
  })
}

async function postOnce(
  post: JsonPost,
  { fetch, world }: Sender,
  attempts: number,
): Promise<Response> {
  const { url, headers, body, signal } = post
  let response: Response
  try {
    const init = { method: 'POST', headers, body, ...(signal && { signal }) }
    response = await untilAborted(fetch(url, init), signal)
  } catch (cause) {
    throw new ModelError('MODEL_NETWORK', `The model server at "${url.host}" was not reached.`, {
      hint: 'Check "baseURL", the network and, in a page, that the server allows its origin (CORS).',
      retryable: true,
      attempts,
      cause,
    })
  }
  if (response.ok) return response
  throw statusError(response, await untilAborted(readHead(response), signal), world.now())
}

function statusError(response: Response, body: string, now: number): ModelError {
  const { status } = response
  const problem = readProblem(parseJson(body))
  const said = problem?.message ?? excerpt(body.trim())
  const code = problem?.code ? ` (${problem.code})` : ''
  return new ModelError('MODEL_REQUEST', `The model server answered ${status}: ${said}${code}`, {
    hint: hintFor(status),
    status,
    retryable: status >= 500 || [408, 409, 429].includes(status),
    retryAfterMs: retryAfter(response.headers, now),
    providerCode: problem?.code,
    failedGeneration: problem?.failedGeneration,
  })
}

/** What to do about a status that is no success. */
export function hintFor(status: number): string {
  if (status === 401 || status === 403) return 'Check "apiKey" and what its account may use.'
  if (status === 404) return 'Check "baseURL" and "model".'
  if (status === 429) return 'Send less at a time, or raise the limit of the account.'
  return status < 500
    ? 'The server refuses the request; its message says what of it.'
    : 'The server has a fault; send the request again later.'
}

/** How long a server asks to wait, in milliseconds. */
export function retryAfter(headers: Headers, now: number): number | undefined {
  const exact = headers.get('retry-after-ms')
  const after = headers.get('retry-after')
  const seconds = Number(after ?? Number.NaN)
  // RFC 9110 10.2.3: a number of seconds or a date.
  const ms = exact
    ? Number(exact)
    : Number.isNaN(seconds)
      ? Date.parse(after ?? '') - now
      : seconds * 1000
  return Number.isNaN(ms) ? undefined : Math.max(0, ms)
}

// An error page may be endless; what matters stands at its beginning. DeepSeek says octet-stream for JSON,
// so the type is not asked.
async function readHead({ body }: Response, limit = 65_536): Promise<string> {
  if (!body) return ''
  const decoder = new TextDecoder()
  const reader = body.getReader()
  let head = ''
  try {
    while (head.length < limit) {
      const { done, value } = await reader.read()
      if (done) break
      head += decoder.decode(value, { stream: true })
    }
  } catch {
    // The status alone says enough where the body breaks off.
  }
  void reader.cancel().catch(ignore)
  return head
}

/** Ends at once on abort, also where the given `fetch` does not look at its signal. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(abortedError(signal))
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
