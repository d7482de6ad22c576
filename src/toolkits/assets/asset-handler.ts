import { isToolwireError, systemLog } from '../../base/index.ts'
import { ToolError } from '../../tools/index.ts'
import type { Asset } from './asset.ts'
import type { AssetLibrary } from './library.ts'
import { serveFile } from './serve-file.ts'

export interface AssetHandlerOptions {
  /** Who uploads: what the tools get as `principal`. `null` for nobody, who may not. */
  readonly authenticate: (request: Request) => unknown
  /**
   * Whether a file may be read. Without it, whoever knows its address may, and caches that are shared keep it; no
   * address can be guessed.
   */
  readonly mayRead?: (request: Request, asset: Asset) => boolean | Promise<boolean>
  /** Which pages may embed the files. Default: those of the same origin. */
  readonly resourcePolicy?: 'same-origin' | 'same-site' | 'cross-origin'
  /** What broke, of which the client hears no more than that. Default: `console.error`. */
  readonly onError?: (error: unknown) => void
}

/**
 * The way in and out for the bytes, under the path of the library's `baseURL`:
 *
 * `POST …/uploads` takes the bytes of one file as its body, the media type as `content-type`, and the name as
 * `x-file-name`, percent-encoded; 201 with the {@link Upload} as JSON. The header is asked for since no page of
 * another origin can set it unasked.
 *
 * `GET …/<owner>/<id>/<file>` serves a file of an asset, with ranges, so that a browser never runs anything in it.
 */
export function assetHandler(
  library: AssetLibrary,
  options: AssetHandlerOptions,
): (request: Request) => Promise<Response> {
  const base = new URL(library.baseURL, 'http://localhost').pathname.replace(/\/$/, '')
  return async (request) => {
    const { pathname } = new URL(request.url)
    try {
      if (pathname === `${base}/uploads`) return await receive(library, options, request)
      const file = pathname.startsWith(`${base}/`) ? pathname.slice(base.length + 1) : ''
      return await serve(library, options, { request, segments: file.split('/') })
    } catch (cause) {
      if (cause instanceof ToolError || isToolwireError(cause)) return refused(cause)
      const { onError = systemLog } = options
      onError(cause)
      return answer(500, { error: 'failed', message: 'The file could not be stored or read.' })
    }
  }
}

async function receive(
  library: AssetLibrary,
  { authenticate }: AssetHandlerOptions,
  request: Request,
): Promise<Response> {
  if (request.method !== 'POST') return answer(405, undefined, { allow: 'POST' })
  const principal = await authenticate(request)
  if (principal === null || principal === undefined)
    return answer(401, { error: 'unauthorized', message: 'Sign in to upload files.' })
  const name = decodedName(request.headers.get('x-file-name'))
  if (name === undefined || !request.body)
    return answer(400, {
      error: 'bad-request',
      message:
        'Send the bytes of one file as the body, and its name percent-encoded as the header "x-file-name".',
    })
  const { maxImageBytes, maxVideoBytes, maxDocumentBytes } = library.limits
  const most = Math.max(maxImageBytes, maxVideoBytes, maxDocumentBytes)
  if (Number(request.headers.get('content-length') ?? 0) > most)
    return answer(413, { error: 'too-large', message: `At most ${most} bytes are taken.` })
  const type = request.headers.get('content-type') ?? ''
  return answer(201, await library.receive(principal, { name, type, body: request.body }))
}

async function serve(
  library: AssetLibrary,
  { mayRead, resourcePolicy = 'same-origin' }: AssetHandlerOptions,
  { request, segments }: { readonly request: Request; readonly segments: readonly string[] },
): Promise<Response> {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return answer(405, undefined, { allow: 'GET, HEAD' })
  const [owner = '', id = '', name = '', ...more] = segments
  const found = more.length === 0 ? await library.open(owner, id, name) : undefined
  const isAllowed = found && (!mayRead || (await mayRead(request, found.asset)))
  if (!found || !isAllowed) return answer(404)
  const isPrivate = mayRead !== undefined
  return serveFile(request, { ...found, isPrivate, resourcePolicy })
}

function decodedName(header: string | null): string | undefined {
  try {
    return header ? decodeURIComponent(header) : undefined
  } catch {
    return undefined
  }
}

const statuses: Readonly<Record<string, number>> = { 'too-large': 413, 'too-many': 429 }

function refused({ code, message }: { readonly code: string; readonly message: string }): Response {
  return answer(statuses[code] ?? 400, { error: code, message })
}

function answer(status: number, body?: object, headers?: Record<string, string>): Response {
  return new Response(body && JSON.stringify(body), {
    status,
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      ...headers,
    },
  })
}
