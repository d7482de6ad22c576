import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import * as z from 'zod'
import { AsyncQueue } from '../../src/base/index.ts'
import { type ToolServer, createToolServer } from '../../src/server/index.ts'
import { scriptedModel } from '../../src/testing/index.ts'
import { defineTool } from '../../src/tools/index.ts'
import { webSocketConnection } from '../../src/transports/websocket.ts'

/** What became of the calls of a conversation. */
export interface Figures {
  readonly begun: number
  readonly begunAgain: number
  readonly settledAgain: number
  /** In which the calls ended, in order. */
  readonly states: readonly (string | undefined)[]
}

/** A server outside of the browser, in whose conversations the model calls `work` so often, one after another. */
export class Outside {
  /** Sockets that were opened to it, ever. */
  links = 0
  readonly errors: string[] = []
  /** In each conversation the calls that began, in order; a call that began twice is there twice. */
  readonly #begun = new Map<string, string[]>()
  readonly #settled = new Map<string, string[]>()
  readonly #waiting = new Map<string, AsyncQueue<() => void>>()
  readonly #server: ToolServer
  readonly #sockets: WebSocketServer
  readonly #http = createServer((request, response) => this.#answer(request, response))

  private constructor(calls: number) {
    this.#sockets = new WebSocketServer({ server: this.#http })
    this.#sockets.on('connection', (socket) => {
      this.links++
      this.#server.accept(webSocketConnection(socket), { id: 'me' })
    })
    this.#server = createToolServer({
      model: scriptedModel((_, { step }) =>
        step < calls ? { toolCalls: [{ toolName: 'work' }] } : { text: 'Done.' },
      ),
      tools: [
        defineTool({
          name: 'work',
          description: 'Is counted, and ends when the test wants',
          inputSchema: z.object({}),
        }),
      ],
      maxSteps: calls + 1,
      budgets: { maxRepeats: calls },
      onEvent: ({ conversationId, event }) => {
        if (event.type === 'call-settled')
          listOf(this.#settled, conversationId).push(`${event.callId} ${event.state}`)
      },
      onError: ({ error }) => this.errors.push(String(error)),
    })
  }

  static async open(calls: number): Promise<Outside> {
    const outside = new Outside(calls)
    await new Promise<void>((resolve) => void outside.#http.listen(0, '127.0.0.1', resolve))
    return outside
  }

  get port(): number {
    // It listens on a port, so its address is no pipe.
    return (this.#http.address() as AddressInfo).port
  }

  /** Resolves when the next call of a conversation runs; what it resolves with lets the handler end. */
  async nextCall(conversationId: string): Promise<() => void> {
    const next = await this.#calls(conversationId)[Symbol.asyncIterator]().next()
    if (next.done) throw new Error('The server was closed.')
    return next.value
  }

  /** The calls of a conversation as handlers and log saw them. */
  figures(conversationId: string): Figures {
    const begun = listOf(this.#begun, conversationId)
    const settled = listOf(this.#settled, conversationId).map((line) => line.split(' '))
    return {
      begun: begun.length,
      begunAgain: begun.length - new Set(begun).size,
      settledAgain: settled.length - new Set(settled.map(([callId]) => callId)).size,
      states: settled.map(([, state]) => state),
    }
  }

  async close(): Promise<void> {
    await this.#server.close()
    for (const socket of this.#sockets.clients) socket.terminate()
    const closed = new Promise<void>((resolve) => void this.#http.close(() => resolve()))
    this.#http.closeAllConnections()
    await closed
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    if (pathname !== '/work') {
      response.setHeader('content-type', 'text/html')
      response.end('<!doctype html>')
      return
    }
    const talk = searchParams.get('talk') ?? ''
    listOf(this.#begun, talk).push(searchParams.get('call') ?? '')
    this.#calls(talk).push(() => response.end('worked'))
  }

  #calls(conversationId: string): AsyncQueue<() => void> {
    const calls = this.#waiting.get(conversationId) ?? new AsyncQueue()
    this.#waiting.set(conversationId, calls)
    return calls
  }
}

function listOf(lists: Map<string, string[]>, name: string): string[] {
  const list = lists.get(name) ?? []
  lists.set(name, list)
  return list
}
