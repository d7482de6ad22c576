import { isObject, isToolwireError, parseForeignJson } from '../base/index.ts'
import { type Principal, isAuditLog, parseClientFrame } from '../protocol/index.ts'
import { nodePrefix } from '../turn/index.ts'
import { handleCommand } from './commands.ts'
import type { Health } from './health.ts'
import type { Links } from './links.ts'
import { type OriginOptions, originOf } from './origin.ts'
import { SseConnection } from './sse-connection.ts'

export interface FetchOptions extends OriginOptions {
  readonly links: Links
  /** Who sent the request, checked; `null` refuses it. */
  readonly identify: (request: Request) => Promise<Principal | null>
  readonly onError: (error: unknown) => void
  /** Whether a GET request may see the health; absent where nothing answers them. */
  readonly healthAccess: ((request: Request) => boolean | Promise<boolean>) | undefined
  readonly checkHealth: () => Promise<Health>
}

/** Bytes of one request at the most; larger values go by reference. */
export const maxBodyBytes: number = 1024 * 1024

const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  // `no-transform` keeps compressing proxies away, the last one keeps nginx from buffering.
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
}

/**
 * Answers one HTTP request: a POST of `hello` opens the stream of events, a POST of a command carries it
 * out and answers with the reply. A GET is answered with the health of the server where the host allows it.
 * There are no other methods, and nothing to guess from a path.
 */
export function createFetch(options: FetchOptions): (request: Request) => Promise<Response> {
  return async (request) => {
    const cors = corsHeaders(request, options)
    const response = cors
      ? await answer(request, options).catch((error: unknown) => failure(error, options))
      : problem(
          403,
          'This origin may not call the server; list it in `allowedOrigins`, or its own host in `allowedHosts`.',
        )
    for (const [name, value] of Object.entries(cors ?? {})) response.headers.set(name, value)
    return response
  }
}

async function answer(request: Request, options: FetchOptions): Promise<Response> {
  if (request.method === 'OPTIONS') return new Response(null, { status: 204 })
  if (request.method === 'GET' && options.healthAccess) return healthReport(request, options)
  return post(request, options)
}

async function post(request: Request, options: FetchOptions): Promise<Response> {
  if (request.method !== 'POST') return problem(405, 'Use POST.', { allow: 'POST, OPTIONS' })
  // Only a request with this type makes a browser ask before it sends it across origins.
  if (!request.headers.get('content-type')?.toLowerCase().startsWith('application/json'))
    return problem(415, 'Send application/json.')
  const principal = await options.identify(request)
  if (!principal) return problem(401, 'Not signed in.')
  const text = await readBody(request)
  if (text === null)
    return problem(413, `Send at most ${maxBodyBytes} bytes, larger values by reference.`)
  const body = parseForeignJson(text)
  if (isObject(body) && body['k'] === 'tools') return list(body, principal, options.links)
  if (isObject(body) && body['k'] === 'c') return command(body, principal, options.links)
  const hello = parseClientFrame(body)
  if (hello.k !== 'hello') return problem(400, 'Send a hello or a command.')
  const connection = new SseConnection(hello)
  // Hosts tell of a client that left by cancelling the body, by this signal, or by both.
  request.signal.addEventListener('abort', () => connection.close())
  options.links.serve(connection, principal)
  return new Response(connection.body, { headers: streamHeaders })
}

/** For balancers and people on call: the status alone says whether this node can serve. */
async function healthReport(
  request: Request,
  { healthAccess, checkHealth }: FetchOptions,
): Promise<Response> {
  if (!(await healthAccess?.(request))) return problem(401, 'Not allowed to see this.')
  const health = await checkHealth()
  const headers = { 'cache-control': 'no-store' }
  return Response.json(health, { status: health.ok ? 200 : 503, headers })
}

/** A command that comes alone names its sender itself; whether that client exists does not matter. */
async function command(
  body: Record<string, unknown>,
  principal: Principal,
  links: Links,
): Promise<Response> {
  const { conversationId, clientId, epoch } = body
  const frame = parseClientFrame(body)
  if (frame.k !== 'c' || typeof conversationId !== 'string' || typeof clientId !== 'string')
    return problem(400, 'A command names its conversationId and clientId.')
  if (clientId.startsWith(nodePrefix) || isAuditLog(conversationId))
    return problem(404, 'No such conversation.')
  const sender = { clientId, epoch: typeof epoch === 'number' ? epoch : 0 }
  return links.hub.use(conversationId, async (conversation) => {
    // Only a hello opens a conversation; one that this node has not heard of may have been opened elsewhere.
    if (conversation.state.ownerId === null) await conversation.refresh()
    if (conversation.state.ownerId !== principal.id) return problem(404, 'No such conversation.')
    const context = links.context(sender, principal)
    return Response.json(await handleCommand(conversation, frame.c, context))
  })
}

/** The body as text, or `null` where it is too large. */
async function readBody(request: Request): Promise<string | null> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  const reader = request.body?.getReader()
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
    bytes += next.value.byteLength
    if (bytes > maxBodyBytes) {
      await reader?.cancel()
      return null
    }
    text += decoder.decode(next.value, { stream: true })
  }
  return text + decoder.decode()
}

/** For people who look for a fault: which tools a conversation of theirs has now, and which were refused. */
async function list(
  { conversationId }: Record<string, unknown>,
  principal: Principal,
  { hub, tools }: Links,
): Promise<Response> {
  if (typeof conversationId !== 'string') return problem(400, 'Name the conversationId.')
  if (isAuditLog(conversationId)) return problem(404, 'No such conversation.')
  return hub.use(conversationId, async (conversation) => {
    await conversation.refresh()
    const { ownerId, catalogs } = conversation.state
    if (ownerId !== principal.id) return problem(404, 'No such conversation.')
    const clients = [...catalogs].map(([clientId, catalog]) => ({ clientId, ...catalog }))
    return Response.json({ server: tools.catalog().tools, clients })
  })
}

/** The headers that let a page of another origin read the answer, or `null` where it may not. */
function corsHeaders(
  request: Request,
  options: OriginOptions,
): Readonly<Record<string, string>> | null {
  const from = originOf(request, options)
  if (from === 'foreign') return null
  if (from !== 'listed') return {}
  return {
    'access-control-allow-origin': request.headers.get('origin') ?? '',
    'access-control-allow-credentials': 'true',
    'access-control-allow-headers':
      request.headers.get('access-control-request-headers') ?? 'content-type',
    'access-control-allow-methods': 'POST',
    'access-control-max-age': '600',
    vary: 'origin',
  }
}

function failure(error: unknown, { onError }: FetchOptions): Response {
  const code = isToolwireError(error) ? error.code : null
  if (isToolwireError(error) && code === 'FRAME_INVALID') return problem(400, error.message)
  if (code === 'TRANSPORT_CLOSED') return problem(503, 'The server is closed; come back later.')
  onError(error)
  if (code === 'UNAUTHORIZED') return problem(401, 'Not signed in.')
  return problem(500, 'The server failed; its log has the reason.')
}

function problem(status: number, message: string, headers: HeadersInit = {}): Response {
  return Response.json({ error: { message } }, { status, headers })
}
