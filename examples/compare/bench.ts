import { type ChildProcess, fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { scriptedModel } from 'toolwire/testing'
import { isLocal, listenLocally } from '../shared/local-web.ts'
import { script } from './script.ts'
import type { ServerSettings } from './server-process.ts'
import { Tally } from './tally.ts'

export interface Bench {
  readonly url: string
  close(): Promise<void>
}

/** What outlives every plug: the model, what is counted, and who restarts the server of the two apps. */
export async function startBench(port: number): Promise<Bench> {
  const model = await scriptedModel(
    async (request, context) => ({ ...(await script(request, context)), delayMs: 40 }),
    { record: false },
  ).listen()
  const folder = await mkdtemp(path.join(tmpdir(), 'toolwire-compare-'))
  const routes = new Routes(model.url)
  const web = createServer((request, response) => {
    routes.answer(request, response).catch((error: unknown) => {
      console.error(error)
      response.destroy()
    })
  })
  const own = await listenLocally(web, 0)
  const apps = new Apps({ folder, port, bench: `http://localhost:${own}` })
  routes.apps = apps
  await apps.start()
  return {
    url: `http://localhost:${apps.port}`,
    async close() {
      await apps.kill()
      web.close()
      web.closeAllConnections()
      await model.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The process that serves both apps. */
class Apps {
  port: number
  readonly #settings: ServerSettings
  #child: ChildProcess | undefined

  constructor(settings: ServerSettings) {
    this.#settings = settings
    this.port = settings.port
  }

  async start(): Promise<void> {
    const settings = JSON.stringify({ ...this.#settings, port: this.port })
    const child = fork(new URL('server-process.ts', import.meta.url), [settings])
    this.#child = child
    this.port = await new Promise((resolve, reject) => {
      child.once('exit', () => reject(new Error('The server of the two apps did not start.')))
      child.once('message', resolve)
    })
  }

  /** Resets every connection. */
  cut(): void {
    this.#child?.send('cut')
  }

  async kill(): Promise<void> {
    const gone = new Promise((resolve) => this.#child?.once('exit', resolve))
    this.#child?.kill('SIGKILL')
    await gone
  }
}

class Routes {
  apps: Apps | undefined
  readonly #modelUrl: string
  #tally = new Tally()

  constructor(modelUrl: string) {
    this.#modelUrl = modelUrl
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isLocal(request)) return void response.writeHead(403).end()
    const { origin = '' } = request.headers
    const isOurs = origin === `http://localhost:${this.apps?.port}`
    if (isOurs) response.setHeader('access-control-allow-origin', origin)
    else if (origin) return void response.writeHead(403).end()
    const body = await text(request)
    if (request.url?.endsWith('/chat/completions')) return this.#model(body, response)
    await this.#act(request.url ?? '', body)
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(this.#tally.seen()))
  }

  async #act(route: string, body: string): Promise<void> {
    if (route === '/begin') this.#tally = new Tally()
    else if (route === '/runs') {
      this.#tally.run(body)
    } else if (route === '/cut') this.apps?.cut()
    else if (route === '/restart') {
      await this.apps?.kill()
      await this.apps?.start()
    }
  }

  /** Writes down what the model is told, and passes it on. */
  async #model(body: string, response: ServerResponse): Promise<void> {
    const tally = this.#tally
    tally.request(body)
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const answer = await fetch(`${this.#modelUrl}/chat/completions`, {
      method: 'POST',
      body,
      signal: gone.signal,
    })
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' })
    let streamed = ''
    try {
      for await (const piece of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        streamed += piece
        response.write(piece)
      }
      response.end()
    } catch {
      // Whoever asked is gone, which is what some plugs are about.
      response.destroy()
    }
    tally.answer(streamed)
  }
}
