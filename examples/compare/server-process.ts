// The server of both apps, as a child of bench.ts.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import path from 'node:path'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { bundle, isLocal, listenLocally } from '../shared/local-web.ts'
import { aiSdkRoutes } from './ai-sdk/server.ts'
import { toolwireRoutes } from './toolwire/server.ts'

export interface ServerSettings {
  /** Holds the conversations of both. */
  readonly folder: string
  readonly port: number
  /** Where runs are counted, and the model is. */
  readonly bench: string
}

const settings: ServerSettings = JSON.parse(process.argv[2] ?? '')
const { folder, bench } = settings

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  `connect-src 'self' ${bench}`,
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join('; ')

const app = new Hono()
app.use(async (context, next) => {
  const { host } = Object.fromEntries(context.req.raw.headers)
  if (!isLocal({ headers: host === undefined ? {} : { host } })) return context.text('', 403)
  context.header('x-content-type-options', 'nosniff')
  return next()
})
app.route('/ai-sdk', aiSdkRoutes({ folder, modelUrl: `${bench}/ai-sdk` }))
app.route('/toolwire', await toolwireRoutes({ folder, modelUrl: `${bench}/toolwire` }))

const pages: Readonly<Record<string, string>> = {
  '/': 'shell',
  '/tab.html': 'tab',
  '/ai-sdk/': 'app',
  '/toolwire/': 'app',
}
for (const [at, name] of Object.entries(pages))
  app.get(at, (context) =>
    context.html(read(`${name}.html`).replace('{{bench}}', bench), 200, {
      'content-security-policy': policy,
    }),
  )
app.get('/style.css', (context) =>
  context.body(read('style.css'), 200, { 'content-type': 'text/css; charset=utf-8' }),
)
const scripts = {
  '/shell.js': 'page/shell.ts',
  '/tab.js': 'page/tab.ts',
  '/ai-sdk/app.js': 'ai-sdk/app.tsx',
  '/toolwire/app.js': 'toolwire/app.tsx',
}
for (const [at, source] of Object.entries(scripts)) {
  const code = new Uint8Array(await bundled(source))
  app.get(at, (context) =>
    context.body(code, 200, { 'content-type': 'text/javascript; charset=utf-8' }),
  )
}

const server = createAdaptorServer(app)
if (!('closeAllConnections' in server)) throw new Error('This server speaks HTTP/1.')
const sockets = new Set<Socket>()
server.on('connection', (socket: Socket) => {
  sockets.add(socket)
  socket.once('close', () => sockets.delete(socket))
})
process.on('message', () => {
  for (const socket of sockets) socket.resetAndDestroy()
})
process.once('disconnect', () => process.exit())
process.send?.(await listenLocally(server, settings.port))

/** Bundled once, so that a server that is started again is there at once. */
async function bundled(source: string): Promise<Uint8Array> {
  const file = path.join(folder, `${source.replaceAll('/', '-')}.js`)
  if (!existsSync(file)) writeFileSync(file, await bundle(new URL(source, import.meta.url)))
  return readFileSync(file)
}

function read(name: string): string {
  return readFileSync(path.join(import.meta.dirname, 'page', name), 'utf8')
}
