import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { Socket } from 'node:net'
import path from 'node:path'
import type { ToolServer, toNodeListener } from 'toolwire/server'
import { webSocketConnection } from 'toolwire/transports/websocket'
import { WebSocketServer } from 'ws'
import { isLocal, listenLocally, sendPage } from '../shared/local-web.ts'
import type { FileWitness } from './file-witness.ts'
import { type PublishedPages, publishedPages } from './published.ts'
import { loadPages, publishedPage } from './pages.ts'

export interface WebOptions {
  readonly port: number
  readonly isRestart?: boolean
  readonly folder: string
  readonly modelName: string
  readonly instance: string
  readonly approvalMs: number
  readonly tools: ToolServer
  readonly listener: ReturnType<typeof toNodeListener>
  readonly witness: FileWitness
  /** Has this process killed, without a goodbye. */
  readonly killMe: () => void
}

export interface Web {
  readonly port: number
  close(): Promise<void>
}

/** What one request is about. */
interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly rest: string
}

/** Serves the editor, its tool server and the plugs, to this machine only. */
export async function startWeb(options: WebOptions): Promise<Web> {
  const pages = await loadPages(options)
  const published = publishedPages(path.join(options.folder, 'published'))
  const wires = new Set<Socket>()
  const routes = routesOf(options, published, wires)
  const http = createServer((request, response) => {
    if (!isLocal(request) || isForeign(request))
      return void response.writeHead(403).end('This demo is local.')
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const [, first = '', rest = ''] = /^\/([^/]*)\/?(.*)$/.exec(pathname) ?? []
    const route = routes[first]
    if (!route) return sendPage(response, pages.get(pathname))
    route({ request, response, rest }).catch((error: unknown) => {
      console.error(error)
      response.destroy()
    })
  })
  serveSockets(http, options.tools, wires)
  const port = await (options.isRestart
    ? again(http, options.port)
    : listenLocally(http, options.port))
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve())
        http.closeAllConnections()
        for (const socket of wires) socket.destroy()
      }),
  }
}

function again(http: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    http.once('error', reject).listen(port, '127.0.0.1', () => resolve(port))
  })
}

/** Whether a page of another site wants something done; the browser itself sends the reports of the policy. */
function isForeign({ method, url, headers }: IncomingMessage): boolean {
  if (method === 'GET' || url === '/csp-reports') return false
  const { origin, host } = headers
  return origin !== undefined && origin !== `http://${host}`
}

function serveSockets(http: Server, tools: ToolServer, wires: Set<Socket>): void {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 4 * 1024 * 1024 })
  http.on('upgrade', (request, socket: Socket, head) => {
    void tools.authorize(request).then((principal) => {
      if (!principal || !isLocal(request)) return void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
      keep(wires, socket)
      sockets.handleUpgrade(request, socket, head, (ws) => {
        tools.accept(webSocketConnection(ws), principal)
      })
    })
  })
}

function keep(wires: Set<Socket>, socket: Socket): void {
  if (wires.has(socket)) return
  wires.add(socket)
  socket.once('close', () => wires.delete(socket))
}

type Routes = Readonly<Record<string, (exchange: Exchange) => Promise<void>>>

function routesOf(options: WebOptions, published: PublishedPages, wires: Set<Socket>): Routes {
  const { listener, witness, killMe } = options
  const reports: unknown[] = []
  return {
    async toolwire({ request, response }) {
      keep(wires, request.socket)
      await listener(request, response)
    },
    // Runs of handlers that are on no server of Node: those of a worker and of an iframe.
    async runs({ request, response }) {
      if (request.method === 'POST') await witness.write(JSON.parse(await bodyOf(request)))
      sendJson(response, witness.runs())
    },
    async plugs({ request, response, rest }) {
      if (request.method !== 'POST') return sendPage(response, undefined)
      sendJson(response, { cut: wires.size })
      response.once('finish', () => {
        if (rest === 'restart') return killMe()
        for (const socket of wires) if (socket !== request.socket) socket.resetAndDestroy()
      })
    },
    async published({ request, response, rest }) {
      if (request.method === 'PUT') {
        await published.put(rest, JSON.parse(await bodyOf(request)))
        return sendJson(response, {})
      }
      if (request.method === 'DELETE') {
        await published.remove(rest)
        return sendJson(response, {})
      }
      if (rest === '') return sendJson(response, await published.list())
      const html = await published.html(rest)
      sendPage(response, html === null ? undefined : publishedPage(html))
    },
    // The browser says here what the content security policy refused; a test wants none.
    async 'csp-reports'({ request, response }) {
      if (request.method === 'POST') reports.push(JSON.parse(await bodyOf(request)))
      sendJson(response, reports)
    },
  }
}

function sendJson(response: ServerResponse, value: unknown): void {
  sendPage(response, { type: 'application/json', body: JSON.stringify(value) })
}

const maxBodyChars = 1_000_000

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = ''
  request.setEncoding('utf8')
  for await (const text of request) {
    body += String(text)
    if (body.length > maxBodyChars) throw new Error('The body of a request is too large.')
  }
  return body
}
