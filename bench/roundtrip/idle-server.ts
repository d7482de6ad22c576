// What idle.ts weighs: a server with sessions, or one with nothing but their sockets.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { runInNewContext } from 'node:vm'
import { WebSocketServer } from 'ws'
import { createToolServer } from '../../src/server/index.ts'
import { scriptedModel } from '../../src/testing/index.ts'
import { defineTool } from '../../src/tools/index.ts'
import { webSocketConnection } from '../../src/transports/websocket.ts'
import { readTool } from './task.ts'

const [, , kind] = process.argv
const server = createToolServer({
  model: scriptedModel(() => ({ text: 'Hello.' }), { record: false }),
  tools: [defineTool(readTool)],
})
const host = createServer()
const sockets = new WebSocketServer({ server: host })
sockets.on('connection', (socket) => {
  if (kind === 'toolwire') server.accept(webSocketConnection(socket), { id: 'me' })
  else socket.on('message', () => socket.send('{}'))
})
// It listens on a port, so its address is no pipe.
host.listen(0, '127.0.0.1', () => process.send?.((host.address() as AddressInfo).port))
process.on('message', () => {
  runInNewContext('gc')()
  process.send?.({ ...process.memoryUsage(), links: sockets.clients.size })
})
