import type { Asset } from './asset.ts'
import type { StoredFile } from './records.ts'

export interface ServedFile {
  readonly file: StoredFile
  readonly asset: Asset
  readonly blob: Blob
  readonly isPrivate: boolean
  readonly resourcePolicy: string
}

/** Answers with a file or a part of it, in such a way that a browser shows it and never runs anything in it. */
export function serveFile(request: Request, served: ServedFile): Response {
  const { file, blob } = served
  const headers = headersOf(served)
  const hasBody = request.method !== 'HEAD'
  if (request.headers.get('if-none-match')?.includes(`"${file.name}"`))
    return new Response(null, { status: 304, headers })
  const range = rangeOf(request, served)
  if (range === 'beyond')
    return new Response(null, {
      status: 416,
      headers: { ...headers, 'content-range': `bytes */${blob.size}` },
    })
  const { start, end } = range ?? { start: 0, end: blob.size }
  const part = blob.slice(start, end)
  return new Response(hasBody ? part.stream() : null, {
    status: range ? 206 : 200,
    headers: {
      ...headers,
      'content-length': String(end - start),
      ...(range && { 'content-range': `bytes ${start}-${end - 1}/${blob.size}` }),
    },
  })
}

function headersOf({ file, asset, isPrivate, resourcePolicy }: ServedFile): Record<string, string> {
  const isShown = /^(?:image\/(?!svg)|video\/)/.test(file.type)
  return {
    'content-type': servedType(file.type),
    'content-disposition': `${isShown ? 'inline' : 'attachment'}; filename*=UTF-8''${encodeName(asset.name, file)}`,
    'x-content-type-options': 'nosniff',
    // A picture in SVG may style itself; nothing may fetch, run, or be part of the origin.
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    'cross-origin-resource-policy': resourcePolicy,
    'cache-control': `${isPrivate ? 'private' : 'public'}, max-age=31536000, immutable`,
    etag: `"${file.name}"`,
    'accept-ranges': 'bytes',
  }
}

/** HTML is shown as the text that it is. */
function servedType(type: string): string {
  if (type === 'text/html') return 'text/plain; charset=utf-8'
  return type.startsWith('text/') ? `${type}; charset=utf-8` : type
}

/** The name that it was uploaded under, with the ending of what it is now; RFC 8187. */
function encodeName(name: string, file: StoredFile): string {
  const ending = file.type === 'text/html' ? 'txt' : (file.name.split('.').at(-1) ?? 'bin')
  const stem = name.replace(/\.[^.]*$/, '')
  return encodeURIComponent(`${stem}.${ending}`).replace(
    /['()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16)}`,
  )
}

/** One range, as players ask for it; anything else is answered with the whole, which RFC 9110 allows. */
function rangeOf(
  request: Request,
  { blob, file }: ServedFile,
): { readonly start: number; readonly end: number } | 'beyond' | undefined {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(request.headers.get('range') ?? '') ?? []
  const condition = request.headers.get('if-range')
  if ((!from && !to) || (condition !== null && condition !== `"${file.name}"`)) return undefined
  const start = from ? Number(from) : Math.max(0, blob.size - Number(to))
  const end = from && to ? Math.min(Number(to) + 1, blob.size) : blob.size
  return start < end ? { start, end } : 'beyond'
}
