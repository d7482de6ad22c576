/**
 * The address to link to, or `null` for a text that is no whole address or has another scheme than http, https
 * and mailto: a script has none of these.
 */
export function safeLink(text: string): string | null {
  const url = parse(text)
  return url && ['http:', 'https:', 'mailto:'].includes(url.protocol) ? url.href : null
}

/**
 * The address to load an image from, or `null`: what it would ask a stranger's server tells that server something.
 * `data:` and `blob:` ask nobody; anything else has to be of one of `origins`, such as `https://cdn.example`.
 */
export function safeImage(text: string, origins: readonly string[] = []): string | null {
  const url = parse(text)
  if (!url) return null
  if (url.protocol === 'data:') return /^data:image\/[\w.+-]+[;,]/i.test(url.href) ? url.href : null
  if (url.protocol === 'blob:') return url.href
  const isHttp = url.protocol === 'https:' || url.protocol === 'http:'
  return isHttp && origins.includes(url.origin) ? url.href : null
}

/** No base: what is relative is of the page, which nobody but the page may say. */
function parse(text: string): URL | null {
  // The parser drops spaces, tabs and line ends, and what people read would not be where they go.
  if (/[\s\p{Cc}]/u.test(text) || !URL.canParse(text)) return null
  return new URL(text)
}
