/** From where requests may come. */
export interface OriginOptions {
  /** Origins of pages beside the server's own, such as `https://app.example`. */
  readonly allowedOrigins: readonly string[]
  /** Names under which browsers may reach the server over plain HTTP; with a port, only at that port. */
  readonly allowedHosts: readonly string[]
}

/**
 * How a request stands to the pages that may send one: `none` came from no page, `own` from one of this server,
 * `listed` from one that is allowed, `foreign` from any other.
 *
 * That origin and host are equal does not suffice: a page can have its own name point to this server
 * (DNS rebinding). It cannot do so with an address, with `localhost`, or over TLS.
 */
export function originOf(
  { headers, url }: Pick<Request, 'headers' | 'url'>,
  { allowedOrigins, allowedHosts }: OriginOptions,
): 'none' | 'own' | 'listed' | 'foreign' {
  const origin = headers.get('origin')
  if (origin === null) return 'none'
  if (allowedOrigins.includes(origin)) return 'listed'
  // A host that makes its own requests, as a worker platform or a test does, names no host beside the URL.
  const host = headers.get('host')
  if (!URL.canParse(origin)) return 'foreign'
  const page = new URL(origin)
  if (host === null) return page.host === new URL(url).host ? 'own' : 'foreign'
  const isSafe =
    page.protocol === 'https:' ||
    isFixed(page.hostname) ||
    allowedHosts.some((name) => name === page.host || name === page.hostname)
  return page.host === host && isSafe ? 'own' : 'foreign'
}

/** Whether nobody can make the name point elsewhere. */
function isFixed(hostname: string): boolean {
  return (
    /^(?:localhost|.+\.localhost)$/.test(hostname) ||
    /^(?:\d{1,3}\.){3}\d{1,3}$/.test(hostname) ||
    hostname.startsWith('[')
  )
}
