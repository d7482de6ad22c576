import type { PageDocument } from '../_page-document.ts'

/** Where an address stands. A `link` is followed when somebody asks, a `load` at once. */
export interface UrlUse {
  readonly kind: 'link' | 'load'
  readonly element: string
  readonly attribute: string
}

/** Whether an address outside the page's own origin may stand there. Never asked for a scheme that can run code. */
export type AllowUrl = (url: URL, use: UrlUse) => boolean

const linkSchemes = ['http:', 'https:', 'mailto:', 'tel:']
const imageData = /^data:image\/(?:png|gif|jpeg|webp|avif)[;,]/i

/** Why an address may not stand on the page, or `null`. */
export function urlProblem(
  text: string,
  use: UrlUse,
  { location, allowUrl }: { location: PageDocument['location']; allowUrl?: AllowUrl | undefined },
): string | null {
  const own = parsed(location.url)
  // The parser of addresses drops what a browser drops: spaces, tabs and line breaks within a scheme.
  const url = parsed(text, location.base)
  if (!url) return `"${shown(text)}" is no address`
  const isOwn = own !== null && own.protocol === url.protocol && own.host === url.host
  if (isOwn) return null
  const isData = use.kind === 'load' && imageData.test(url.href)
  if (!linkSchemes.includes(url.protocol) && !isData)
    return `an address that begins with "${url.protocol}" is not allowed`
  if (use.kind === 'link' || allowUrl?.(url, use)) return null
  return `"${shown(text)}" would load something from elsewhere`
}

/** The addresses in a `srcset`. */
export function srcsetUrls(text: string): readonly string[] {
  const urls: string[] = []
  let rest = text.replace(/^[\s,]+/, '')
  while (rest !== '') {
    const [token = ''] = /^\S+/.exec(rest) ?? []
    urls.push(token.replace(/,+$/, ''))
    rest = rest.slice(token.length)
    if (!token.endsWith(',')) rest = rest.replace(/^[^,]*/, '')
    rest = rest.replace(/^[\s,]+/, '')
  }
  return urls
}

function parsed(text: string, base?: string): URL | null {
  return URL.canParse(text, base) ? new URL(text, base) : null
}

export function shown(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}…` : text
}
