import { readFile } from 'node:fs/promises'
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

export interface WebServer {
  readonly url: string
  close(): Promise<void>
}

export interface WebServerOptions {
  /** Taken where it is free; otherwise any that is. */
  readonly port: number
  readonly modelName: string
  readonly suggestions: readonly string[]
  /** Answers what is sent to /toolwire. */
  readonly toolwire: (request: IncomingMessage, response: ServerResponse) => Promise<void>
}

const host = '127.0.0.1'

const securityHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}

interface Page {
  readonly type: string
  readonly body: string | Uint8Array
}

/** Serves the page and the tool server, to this machine only. */
export async function startWebServer(options: WebServerOptions): Promise<WebServer> {
  const pages = await loadPages(options)
  const server = createServer((request, response) => {
    if (!isLocal(request)) return void response.writeHead(403).end('This demo is local.')
    if (request.url !== '/toolwire') return send(response, pages.get(request.url ?? ''))
    options.toolwire(request, response).catch((error: unknown) => {
      console.error(error)
      response.destroy()
    })
  })
  const port = await listen(server, options.port).catch((error: unknown) => {
    if (codeOf(error) === 'EADDRINUSE') return listen(server, 0)
    throw error
  })
  return {
    url: `http://localhost:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function loadPages(options: WebServerOptions): Promise<ReadonlyMap<string, Page>> {
  const html = await readFile(source('index.html'), 'utf8')
  const buttons = options.suggestions.map((text) => `<button type="button">${text}</button>`)
  const body = html
    .replace('{{model}}', escapeHtml(options.modelName))
    .replace('{{suggestions}}', buttons.join(''))
  return new Map([
    ['/', { type: 'text/html; charset=utf-8', body }],
    ['/page.js', { type: 'text/javascript; charset=utf-8', body: await bundle() }],
    ['/page.css', { type: 'text/css; charset=utf-8', body: await readFile(source('page.css')) }],
    ['/icon.svg', { type: 'image/svg+xml', body: await readFile(source('icon.svg')) }],
  ])
}

async function bundle(): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('page/main.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    logLevel: 'error',
  })
  return outputFiles[0]?.contents ?? new Uint8Array()
}

/** A page of another site that points its name at this machine still sends its own name as host. */
function isLocal({ headers }: IncomingMessage): boolean {
  return /^(localhost|127\.0\.0\.1)(:\d+)?$/.test(headers.host ?? '')
}

function send(response: ServerResponse, page: Page | undefined): void {
  if (!page) return void response.writeHead(404, securityHeaders).end('There is no such page.')
  response.writeHead(200, { ...securityHeaders, 'content-type': page.type }).end(page.body)
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

function source(name: string): URL {
  return new URL(`page/${name}`, import.meta.url)
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
