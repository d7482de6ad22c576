import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { WebSocketServer } from 'ws'
import { type World, systemWorld } from '../../src/base/index.ts'
import type { Connection, Listener, Transport } from '../../src/ports/index.ts'
import { toNodeListener } from '../../src/server/index.ts'
import type { TransportBench } from '../../src/testing/index.ts'
import { httpTransport } from '../../src/transports/http.ts'
import {
  refuseWebSocket,
  webSocketConnection,
  webSocketTransport,
} from '../../src/transports/websocket.ts'
import { HttpListener } from './http-listener.ts'

/** The system's clock, which counts the timers that are set. */
export function countingWorld(): World & { timers: number } {
  const world = {
    ...systemWorld,
    timers: 0,
    setTimer(delayMs: number, task: () => void): () => void {
      world.timers++
      let isSet = true
      const over = (): void => {
        if (isSet) world.timers--
        isSet = false
      }
      const cancel = systemWorld.setTimer(delayMs, () => {
        over()
        task()
      })
      return () => {
        over()
        cancel()
      }
    },
  }
  return world
}

type Half = Omit<TransportBench, 'cut' | 'close' | 'transport'> & {
  readonly transportTo: (port: number) => Transport
}

/** A wire over a real server on this machine, whose sockets can be reset. */
async function overNetwork(
  prepare: (server: ReturnType<typeof createServer>) => Half,
): Promise<TransportBench> {
  const http = createServer()
  const { transportTo, ...half } = prepare(http)
  const sockets = new Set<Socket>()
  http.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve)
  })
  // It listens at an address by now.
  const { port } = http.address() as AddressInfo
  return {
    ...half,
    transport: transportTo(port),
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

export function overHttp(): Promise<TransportBench> {
  return overNetwork((http) => {
    const listener = new HttpListener()
    const answer = toNodeListener(listener.fetch)
    http.on('request', (request, response) => void answer(request, response))
    return {
      transportTo: (port) => httpTransport({ url: `http://127.0.0.1:${port}/` }),
      listener,
      refuse: () => {
        listener.refuses = true
      },
      leftovers: () => listener.open,
    }
  })
}

export function overWebSocket(): Promise<TransportBench> {
  return overNetwork((http) => {
    const world = countingWorld()
    const sockets = new WebSocketServer({ server: http })
    let refuses = false
    const listener: Listener = {
      listen(onConnection: (connection: Connection) => void) {
        const onSocket = (socket: InstanceType<typeof WebSocket>): void => {
          if (refuses) refuseWebSocket(socket, 'Not you.')
          else onConnection(webSocketConnection(socket, { world }))
        }
        sockets.on('connection', onSocket)
        return () => sockets.off('connection', onSocket)
      },
    }
    return {
      transportTo: (port) => webSocketTransport({ url: `ws://127.0.0.1:${port}/`, world }),
      listener,
      refuse: () => {
        refuses = true
      },
      leftovers: () => sockets.clients.size + world.timers,
    }
  })
}
