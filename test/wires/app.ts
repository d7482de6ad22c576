import * as z from 'zod'
import { type Snapshot, type ToolClient, createToolClient } from '../../src/client/index.ts'
import type { Transport } from '../../src/ports/index.ts'
import { type ToolServer, createToolServer } from '../../src/server/index.ts'
import { type ScriptStep, scriptedModel } from '../../src/testing/index.ts'
import { type AnyTool, defineTool } from '../../src/tools/index.ts'

/** One way between a server and its clients. */
export interface Wire {
  /** How a new client reaches the server. */
  transport(): Transport
  /** Breaks every link that is open, without either end having said so. */
  cut(): void | Promise<void>
  close(): void | Promise<void>
}

/**
 * Puts `server` on a wire. A wire to another realm leaves it alone, and has a server of the same `steps` made
 * there.
 */
export type OpenWire = (server: ToolServer, steps: readonly ScriptStep[]) => Wire | Promise<Wire>

/** An application as it may stand on any wire: a server with a tool, and clients with tools of their own. */
export class App {
  readonly server: ToolServer
  readonly wire: Wire
  readonly errors: unknown[]
  readonly begun: string[] = []
  readonly #gates = new Map<string, () => void>()
  readonly #clients: ToolClient[] = []

  private constructor(server: ToolServer, wire: Wire, errors: unknown[]) {
    this.server = server
    this.wire = wire
    this.errors = errors
  }

  static async open(openWire: OpenWire, steps: readonly ScriptStep[]): Promise<App> {
    const errors: unknown[] = []
    const server = appServer(steps, (error) => errors.push(error))
    return new App(server, await openWire(server, steps), errors)
  }

  client(options: { readonly conversationId?: string } = {}): ToolClient {
    const client = createToolClient({
      transport: this.wire.transport(),
      tools: this.#tools(`client ${this.#clients.length + 1}`),
      onError: ({ error }) => this.errors.push(error),
      ...options,
    })
    this.#clients.push(client)
    return client
  }

  /** Lets the tool `wait` with this name end. */
  openGate(name: string): void {
    this.#gates.get(name)?.()
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close()
    await this.server.close()
    await this.wire.close()
  }

  #tools(owner: string): AnyTool[] {
    return [
      defineTool({
        ...echo,
        execute: ({ text }, { progress }) => {
          progress({ half: text.slice(0, text.length / 2) })
          return { text, owner }
        },
      }),
      defineTool({
        ...wait,
        execute: async ({ name }, { signal }) => {
          this.begun.push(name)
          await new Promise<void>((resolve, reject) => {
            this.#gates.set(name, resolve)
            signal.addEventListener('abort', () => reject(new Error('aborted')))
          })
          return `${name} waited`
        },
      }),
    ]
  }
}

const echo = {
  name: 'echo',
  description: 'Gives back a text',
  inputSchema: z.object({ text: z.string() }),
} as const

const wait = {
  name: 'wait',
  description: 'Ends when it is told to',
  inputSchema: z.object({ name: z.string() }),
} as const

const schemas: readonly AnyTool[] = [defineTool(echo), defineTool(wait)]

const addTool: AnyTool = defineTool({
  name: 'add',
  description: 'Adds two numbers on the server',
  inputSchema: z.object({ a: z.number(), b: z.number() }),
  execute: ({ a, b }) => a + b,
})

/** The server half of the application, whose model follows `steps`. */
export function appServer(
  steps: readonly ScriptStep[],
  onError: (error: unknown) => void,
): ToolServer {
  return createToolServer({
    model: scriptedModel(steps),
    tools: [addTool, ...schemas],
    authenticate: () => ({ id: 'me' }),
    allowedOrigins: ['null'],
    onError: ({ error }) => onError(error),
  })
}

/**
 * Resolves with the first snapshot of which `isIt` is true, which may look at more than the snapshot; fails
 * after a while, saying what stands there.
 */
export function until(
  client: ToolClient,
  isIt: (snapshot: Snapshot) => boolean,
  timeoutMs = 15_000,
): Promise<Snapshot> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const snapshot = client.getSnapshot()
      if (!isIt(snapshot)) return
      done()
      resolve(snapshot)
    }
    const timer = setTimeout(() => {
      done()
      reject(new Error(`It never came to that: ${JSON.stringify(client.getSnapshot())}`))
    }, timeoutMs)
    const unsubscribe = client.subscribe(look)
    const looking = setInterval(look, 5)
    const done = (): void => {
      clearTimeout(timer)
      clearInterval(looking)
      unsubscribe()
    }
    look()
  })
}
