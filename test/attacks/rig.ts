// A server behind every wire, a victim with a client, and a link that says whatever an attacker wants.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { WebSocketServer } from 'ws'
import * as z from 'zod'
import { type Snapshot, type ToolClient, createToolClient } from '../../src/client/index.ts'
import type { Connection, Store, Transport } from '../../src/ports/index.ts'
import type {
  ClientCommand,
  ConversationEvent,
  HelloFrame,
  Principal,
  ReplyStatus,
  ServerFrame,
} from '../../src/protocol/index.ts'
import {
  type ToolServer,
  type ToolServerOptions,
  createToolServer,
  toNodeListener,
} from '../../src/server/index.ts'
import { memoryStore } from '../../src/stores/index.ts'
import { type ScriptStep, scriptedModel } from '../../src/testing/index.ts'
import { type AnyTool, defineTool } from '../../src/tools/index.ts'
import { httpTransport } from '../../src/transports/http.ts'
import { memoryTransport } from '../../src/transports/memory.ts'
import { postMessageListener, postMessageTransport } from '../../src/transports/post-message.ts'
import { runtimePortListener, runtimePortTransport } from '../../src/transports/runtime-port.ts'
import { webSocketConnection, webSocketTransport } from '../../src/transports/websocket.ts'
import { RuntimeChannel } from '../wires/runtime-channel.ts'

/** Puts a server on a wire; gives the way to it for each principal. */
type OpenWire = (server: ToolServer) => Promise<(principal: Principal) => Transport>

/** Every wire that there is. */
export const wires: Readonly<Record<string, OpenWire>> = {
  async memory(server) {
    return (principal) => {
      const wire = memoryTransport()
      onTestFinished(server.accept(wire, principal))
      return wire
    }
  },
  async http(server) {
    const url = await listening((http) => {
      const listener = toNodeListener(server.fetch)
      http.on('request', (request, response) => void listener(request, response))
    })
    return ({ id }) => httpTransport({ url, headers: { authorization: id } })
  },
  async websocket(server) {
    const sockets = new WebSocketServer({ noServer: true })
    const url = await listening((http) => {
      http.on('upgrade', (request, socket, head) => {
        void server.authorize(request).then((principal) => {
          if (!principal) socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
          else
            sockets.handleUpgrade(request, socket, head, (ws) =>
              server.accept(webSocketConnection(ws), principal),
            )
        })
      })
    })
    return ({ id }) => webSocketTransport({ url: `${url.replace('http', 'ws')}?as=${id}` })
  },
  async 'post-message'(server) {
    return (principal) => {
      const { port1, port2 } = new MessageChannel()
      const stop = server.accept(postMessageListener({ source: port1 }), principal)
      onTestFinished(() => {
        stop()
        port1.close()
        port2.close()
      })
      return postMessageTransport({ target: port2 })
    }
  },
  async 'runtime-port'(server) {
    return (principal) => {
      const runtime = new RuntimeChannel()
      const listener = runtimePortListener({ onConnect: runtime.onConnect, accept: () => true })
      onTestFinished(server.accept(listener, principal))
      return runtimePortTransport({ connect: () => runtime.connect('toolwire') })
    }
  },
}

async function listening(
  prepare: (http: ReturnType<typeof createServer>) => void,
): Promise<string> {
  const http = createServer()
  prepare(http)
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(() => {
    http.closeAllConnections()
    http.close()
  })
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}/`
}

/** A link that says what it is told to, and keeps what comes. */
export class Attacker {
  readonly frames: ServerFrame[] = []
  readonly #connection: Connection
  isOver = false

  private constructor(connection: Connection) {
    this.#connection = connection
    void this.#read()
  }

  static async open(transport: Transport, hello: Partial<HelloFrame> = {}): Promise<Attacker> {
    const greeting: HelloFrame = {
      k: 'hello',
      v: 1,
      conversationId: 'talk',
      clientId: 'attacker',
      epoch: 1,
      from: 0,
      journal: 'J1',
      ...hello,
    }
    const signal = new AbortController().signal
    const attacker = new Attacker(await transport.connect(greeting, signal))
    onTestFinished(() => attacker.#connection.close())
    return attacker
  }

  /** Sends a command and resolves with its reply, or with how it was refused. */
  async ask(command: ClientCommand | object): Promise<ReplyStatus | 'refused' | 'cut'> {
    const before = this.#replies.length
    try {
      await this.#connection.send({ k: 'c', c: command })
    } catch {
      return 'refused'
    }
    await until(() => this.#replies.length > before || this.isOver)
    return this.#replies[before] ?? 'cut'
  }

  get #replies(): readonly ReplyStatus[] {
    return this.frames.flatMap((frame) => (frame.k === 'r' ? [frame.st] : []))
  }

  async #read(): Promise<void> {
    try {
      // Straight from the server under test.
      for await (const frame of this.#connection.frames) this.frames.push(frame as ServerFrame)
    } catch {
      // That the server cut it is seen by `isOver`.
    } finally {
      this.isOver = true
    }
  }
}

export interface AttackRig {
  readonly server: ToolServer
  readonly store: Store
  readonly model: ReturnType<typeof scriptedModel>
  readonly errors: unknown[]
  /** What ran, as tools tell it. */
  readonly ran: string[]
  readonly to: (principal: Principal) => Transport
  readonly victim: ToolClient
  log(conversationId?: string): Promise<readonly ConversationEvent[]>
}

export interface RigOptions extends Partial<ToolServerOptions> {
  readonly steps?: readonly ScriptStep[]
  readonly clientTools?: readonly AnyTool[]
}

export const me: Principal = { id: 'me' }
export const stranger: Principal = { id: 'stranger' }

/** A server on `wire`, whose model asks for `pay`, which asks a person first; the victim's client runs it. */
export async function attackRig(wire: OpenWire, options: RigOptions = {}): Promise<AttackRig> {
  const { steps = [{ toolCalls: [pay100] }, { text: 'Done.' }], clientTools, ...rest } = options
  const store = memoryStore()
  const ran: string[] = []
  const errors: unknown[] = []
  const tools = clientTools ?? [payTool(ran)]
  const model = scriptedModel(steps)
  const server = createToolServer({
    store,
    model,
    tools: tools.map((tool) => tool.withoutExecute()),
    authenticate: ({ headers, url }) => {
      const id = headers.get('authorization') ?? new URL(url).searchParams.get('as')
      return id === null ? null : { id }
    },
    onError: ({ error }) => errors.push(error),
    ...rest,
  })
  onTestFinished(() => server.close())
  const to = await wire(server)
  const victim = createToolClient({ transport: to(me), tools, conversationId: 'talk' })
  onTestFinished(() => victim.close())
  return {
    server,
    store,
    model,
    errors,
    ran,
    to,
    victim,
    log: (conversationId = 'talk') => store.read(conversationId, 0),
  }
}

export const pay100 = { toolName: 'pay', input: { to: 'bob', amount: 100 } }

export function payTool(ran: string[], options: object = {}): AnyTool {
  return defineTool({
    name: 'pay',
    description: 'Pays somebody.',
    inputSchema: z.object({ to: z.string(), amount: z.number() }),
    approval: true,
    execute: ({ to, amount }) => {
      ran.push(`${amount} to ${to}`)
      return 'paid'
    },
    ...options,
  })
}

export interface Question {
  readonly callId: string
  readonly argsHash: string
  readonly approvalId: string
  readonly toolCallId: string
}

/** The open question, as whoever reads the log knows it. */
export async function question(rig: AttackRig): Promise<Question> {
  const { victim } = rig
  await victim.send('Pay Bob.')
  await untilSnapshot(victim, ({ calls }) => calls[0]?.state === 'approval-requested')
  const created = (await rig.log()).find((event) => event.type === 'call-created')
  if (created?.type !== 'call-created') throw new Error('There is a call.')
  const { callId, argsHash, approvalId = '', toolCallId } = created.call
  return { callId, argsHash, approvalId, toolCallId }
}

export async function untilSnapshot(
  client: ToolClient,
  isIt: (snapshot: Snapshot) => boolean,
): Promise<Snapshot> {
  await until(() => isIt(client.getSnapshot()))
  return client.getSnapshot()
}

export const isOver = ({ status, calls, messages }: Snapshot): boolean =>
  status === 'ready' && messages.at(-1)?.role === 'assistant' && calls.length > 0

/** Real wires take their time; a test that waits in vain runs into its limit. */
export async function until(isIt: () => boolean): Promise<void> {
  while (!isIt()) await new Promise<void>((resolve) => void setImmediate(resolve))
}
