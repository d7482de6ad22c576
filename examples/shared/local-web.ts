import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const host = '127.0.0.1'

/** What is served from memory under one path. */
export interface Page {
  readonly type: string
  readonly body: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

/** Headers of every answer. */
const plainHeaders = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' }

export function sendPage(response: ServerResponse, page: Page | undefined): void {
  if (!page) return void response.writeHead(404, plainHeaders).end('There is no such page.')
  const headers = { ...plainHeaders, ...page.headers, 'content-type': page.type }
  response.writeHead(200, headers).end(page.body)
}

/** A page of another site that points its name at this machine still sends its own name as host. */
export function isLocal({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return /^(localhost|127\.0\.0\.1)(:\d+)?$/.test(headers.host ?? '')
}

/** Listens on this machine only: on `port` where it is free, otherwise on any that is. Returns which. */
export function listenLocally(server: Server, port: number): Promise<number> {
  return listen(server, port).catch((error: unknown) => {
    if (codeOf(error) === 'EADDRINUSE') return listen(server, 0)
    throw error
  })
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : port)
    })
  })
}

/** The script at `entry` with all that it imports, for a browser. */
export async function bundle(entry: URL): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    // What imports it is for Node, and is not called in a page.
    external: ['node:*'],
    logLevel: 'error',
  })
  return outputFiles[0]?.contents ?? new Uint8Array()
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
