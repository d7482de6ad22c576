import { readFile } from 'node:fs/promises'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Picture } from './picture.ts'

export interface SwitchboardOptions {
  /** 0 takes any that is free. */
  readonly port: number
  readonly picture: () => Picture
  /** Kills a server; answers whether it lived. */
  readonly kill: (number: number) => boolean
}

export interface Switchboard {
  readonly url: string
  close(): void
}

const securityHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}

/** How often the page is told how things are, in milliseconds. */
const everyMs = 250

/** Serves the page with the kill switch, to this machine only. */
export async function openSwitchboard(options: SwitchboardOptions): Promise<Switchboard> {
  const files = await loadFiles()
  const server = createServer((request, response) => {
    const { method, url = '' } = request
    if (!isOwn(request)) return void response.writeHead(403).end('This page is local.')
    if (url === '/pictures') return sendPictures(response, options)
    if (method === 'POST') return void response.writeHead(statusOfKill(url, options)).end()
    const file = files.get(url)
    if (!file) return void response.writeHead(404, securityHeaders).end('There is no such page.')
    response.writeHead(200, { ...securityHeaders, 'content-type': file.type }).end(file.body)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, '127.0.0.1', resolve)
  })
  // It listens on a port, so its address is no pipe.
  const { port } = server.address() as AddressInfo
  return {
    url: `http://localhost:${port}`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

interface File {
  readonly type: string
  readonly body: string | Uint8Array
}

async function loadFiles(): Promise<ReadonlyMap<string, File>> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('page/main.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    logLevel: 'error',
  })
  const script = outputFiles[0]?.contents ?? ''
  const read = (name: string): Promise<Uint8Array> => readFile(source(name))
  return new Map([
    ['/', { type: 'text/html; charset=utf-8', body: await read('index.html') }],
    ['/page.js', { type: 'text/javascript; charset=utf-8', body: script }],
    ['/page.css', { type: 'text/css; charset=utf-8', body: await read('page.css') }],
    ['/icon.svg', { type: 'image/svg+xml', body: await read('../../shop/page/icon.svg') }],
  ])
}

function sendPictures(response: ServerResponse, { picture }: SwitchboardOptions): void {
  response.writeHead(200, { ...securityHeaders, 'content-type': 'text/event-stream' })
  const send = (): void => void response.write(`data: ${JSON.stringify(picture())}\n\n`)
  send()
  const timer = setInterval(send, everyMs)
  response.once('close', () => clearInterval(timer))
}

function statusOfKill(url: string, { kill }: SwitchboardOptions): number {
  const number = /^\/kill\/([12])$/.exec(url)?.[1]
  if (number === undefined) return 404
  return kill(Number(number)) ? 204 : 409
}

/** A page of another site can send requests here, but neither under this name nor without its own as origin. */
function isOwn({ headers: { host = '', origin } }: IncomingMessage): boolean {
  const isHere = /^(localhost|127\.0\.0\.1)(:\d+)?$/.test(host)
  return isHere && (origin === undefined || origin === `http://${host}`)
}

function source(name: string): URL {
  return new URL(`page/${name}`, import.meta.url)
}
