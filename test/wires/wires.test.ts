import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { describe, test } from 'vitest'
import { WebSocketServer } from 'ws'
import type { Transport } from '../../src/ports/index.ts'
import { toNodeListener } from '../../src/server/index.ts'
import { httpTransport } from '../../src/transports/http.ts'
import { memoryTransport } from '../../src/transports/memory.ts'
import { postMessageListener, postMessageTransport } from '../../src/transports/post-message.ts'
import { relay } from '../../src/transports/relay.ts'
import {
  type RuntimePort,
  runtimePortListener,
  runtimePortTransport,
} from '../../src/transports/runtime-port.ts'
import { webSocketConnection, webSocketTransport } from '../../src/transports/websocket.ts'
import type { OpenWire, Wire } from './app.ts'
import { breakable, overListener } from './over-listener.ts'
import { RuntimeChannel } from './runtime-channel.ts'
import { scenarios } from './scenarios.ts'

const me = { id: 'me' }

async function overNetwork(
  prepare: (server: ReturnType<typeof createServer>) => (port: number) => Transport,
): Promise<Wire> {
  const http = createServer()
  const transportTo = prepare(http)
  const sockets = new Set<Socket>()
  http.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve)
  })
  const { port } = http.address() as AddressInfo
  return {
    transport: () => transportTo(port),
    cut() {
      for (const socket of sockets) socket.resetAndDestroy()
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        http.close(() => resolve())
      }),
  }
}

const wires: Readonly<Record<string, OpenWire>> = {
  memory(server) {
    const wire = memoryTransport()
    return overListener(server, wire, () => wire)
  },

  'http [P67]': (server) =>
    overNetwork((http) => {
      const listener = toNodeListener(server.fetch)
      http.on('request', (request, response) => void listener(request, response))
      return (port) => httpTransport({ url: `http://127.0.0.1:${port}/` })
    }),

  'websocket [P68]': (server) =>
    overNetwork((http) => {
      const sockets = new WebSocketServer({ server: http })
      sockets.on('connection', (socket) => server.accept(webSocketConnection(socket), me))
      return (port) => webSocketTransport({ url: `ws://127.0.0.1:${port}/` })
    }),

  'post-message over a port [P69]': (server) => {
    const { port1, port2 } = new MessageChannel()
    return overListener(
      server,
      postMessageListener({ source: port1 }),
      () => postMessageTransport({ target: port2 }),
      () => {
        port1.close()
        port2.close()
      },
    )
  },

  'post-message over a broadcast channel [P69]': (server) => {
    const [near, far] = [new BroadcastChannel('a'), new BroadcastChannel('a')]
    return overListener(
      server,
      postMessageListener({ broadcast: near }),
      () => postMessageTransport({ broadcast: far }),
      () => {
        near.close()
        far.close()
      },
    )
  },

  'runtime-port [P70]': (server) => {
    const runtime = new RuntimeChannel()
    return overListener(
      server,
      runtimePortListener({ onConnect: runtime.onConnect, accept: ({ id }) => id === 'me' }),
      () => runtimePortTransport({ connect: (): RuntimePort => runtime.connect('toolwire') }),
    )
  },

  'runtime-port before post-message before websocket [P71]': async (server, steps) => {
    const socket = await wires['websocket [P68]']?.(server, steps)
    if (!socket) throw new Error('There is a wire of that name.')
    const { port1, port2 } = new MessageChannel()
    const runtime = new RuntimeChannel()
    const pages = breakable(
      runtimePortListener({ onConnect: runtime.onConnect, accept: () => true }),
    )
    const stops = [
      relay(pages, postMessageTransport({ target: port2 })),
      relay(postMessageListener({ source: port1 }), socket.transport()),
    ]
    return {
      transport: () => runtimePortTransport({ connect: () => runtime.connect('toolwire') }),
      async cut() {
        await socket.cut()
        pages.cut()
      },
      async close() {
        for (const stop of stops) stop()
        port1.close()
        port2.close()
        await socket.close()
      },
    }
  },
}

describe.each(Object.entries(wires))('over %s [P66]', (_, openWire) => {
  test.each(Object.entries(scenarios))('%s', (_title, scenario) => scenario(openWire))
})
