import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { type World, systemWorld } from '../../src/base/index.ts'
import type { Transport } from '../../src/ports/index.ts'
import { type ToolServer, toNodeListener } from '../../src/server/index.ts'
import { httpTransport } from '../../src/transports/http.ts'
import { webSocketConnection, webSocketTransport } from '../../src/transports/websocket.ts'
import { Proxy, type ProxyOptions } from './proxy.ts'

/** The wires that a network can break. */
export const kinds = ['http', 'websocket'] as const
export type Kind = (typeof kinds)[number]

/** How a client reaches a server at a port, which answers both kinds there. */
export function transportTo(
  port: number,
  kind: Kind,
  options: { readonly world?: World; readonly beatMs?: number } = {},
): Transport {
  return kind === 'http'
    ? httpTransport({ url: `http://127.0.0.1:${port}/` })
    : webSocketTransport({ url: `ws://127.0.0.1:${port}/`, ...options })
}

/** Puts a server behind `node:http`, for requests and for sockets. */
export async function serve(
  server: ToolServer,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const listener = toNodeListener(server.fetch)
  const host = createServer((request, response) => void listener(request, response))
  const sockets = new WebSocketServer({ server: host })
  sockets.on('connection', (socket) => server.accept(webSocketConnection(socket), { id: 'me' }))
  await new Promise<void>((resolve) => void host.listen(0, '127.0.0.1', resolve))
  return {
    // It listens on a port, so its address is no pipe.
    port: (host.address() as AddressInfo).port,
    async close() {
      await server.close()
      for (const socket of sockets.clients) socket.terminate()
      const closed = new Promise<void>((resolve) => void host.close(() => resolve()))
      host.closeAllConnections()
      await closed
    },
  }
}

/** A server behind a proxy of ours. */
export class House {
  readonly proxy: Proxy
  readonly #kind: Kind
  readonly #world: World
  readonly #close: () => Promise<void>

  private constructor(proxy: Proxy, kind: Kind, world: World, close: () => Promise<void>) {
    this.proxy = proxy
    this.#kind = kind
    this.#world = world
    this.#close = close
  }

  static async open(
    server: ToolServer,
    {
      kind,
      world = systemWorld,
      ...options
    }: ProxyOptions & { readonly kind: Kind; readonly world?: World },
  ): Promise<House> {
    const host = await serve(server)
    const proxy = await Proxy.open(host.port, options)
    return new House(proxy, kind, world, async () => {
      await host.close()
      await proxy.close()
    })
  }

  transport(options: { readonly beatMs?: number } = {}): Transport {
    return transportTo(this.proxy.port, this.#kind, { world: this.#world, ...options })
  }

  async close(): Promise<void> {
    await this.#close()
  }
}

/** The real world, whose time passes so many times faster: ten seconds of patience need not be waited for. */
export function fastWorld(times: number): World {
  const [wall, start] = [systemWorld.now(), systemWorld.monotonic()]
  const passed = (): number => (systemWorld.monotonic() - start) * times
  return {
    ...systemWorld,
    now: () => wall + passed(),
    monotonic: passed,
    setTimer: (delayMs, task) => systemWorld.setTimer(delayMs / times, task),
  }
}
