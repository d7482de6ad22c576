import { type Socket, createServer } from 'node:net'
import { test } from 'vitest'
import { type TransportBench, transportSuite } from '../../../src/testing/index.ts'
import { linesListener, linesTransport } from './lines.ts'

async function open(): Promise<TransportBench> {
  const server = createServer()
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => {
    server.listen(0, resolve)
  })
  const address = server.address()
  return {
    transport: linesTransport(typeof address === 'object' ? (address?.port ?? 0) : 0),
    listener: linesListener(server),
    cut: () => sockets.forEach((socket) => socket.resetAndDestroy()),
    leftovers: () => sockets.size,
    close: () => void server.close(),
  }
}

test.each(transportSuite({ name: 'lines', open }))('$name', ({ run }) => run())
