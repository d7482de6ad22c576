import { readFile } from 'node:fs/promises'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import { type Page, bundle, isLocal, listenLocally, sendPage } from '../shared/local-web.ts'

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

const securityHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}

/** Serves the page and the tool server, to this machine only. */
export async function startWebServer(options: WebServerOptions): Promise<WebServer> {
  const pages = await loadPages(options)
  const server = createServer((request, response) => {
    if (!isLocal(request)) return void response.writeHead(403).end('This demo is local.')
    if (request.url !== '/toolwire') return sendPage(response, pages.get(request.url ?? ''))
    options.toolwire(request, response).catch((error: unknown) => {
      console.error(error)
      response.destroy()
    })
  })
  const port = await listenLocally(server, options.port)
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
    ['/', { type: 'text/html; charset=utf-8', body, headers: securityHeaders }],
    [
      '/page.js',
      {
        type: 'text/javascript; charset=utf-8',
        body: await bundle(new URL('page/main.ts', import.meta.url)),
      },
    ],
    ['/page.css', { type: 'text/css; charset=utf-8', body: await readFile(source('page.css')) }],
    ['/icon.svg', { type: 'image/svg+xml', body: await readFile(source('icon.svg')) }],
  ])
}

function source(name: string): URL {
  return new URL(`page/${name}`, import.meta.url)
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
