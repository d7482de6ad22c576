import type { Server } from 'node:http'
import { WebSocketServer } from 'ws'
import type { ToolServer } from '../../../src/server/index.ts'
import { webSocketConnection } from '../../../src/transports/websocket.ts'

/** Gives whoever may have one a socket; everybody else gets 403 before there is any. */
export function serveSockets(http: Server, tools: ToolServer): void {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 1024 * 1024 })
  http.on('upgrade', (request, socket, head) => {
    void tools.authorize(request).then((principal) => {
      if (!principal) return void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
      sockets.handleUpgrade(request, socket, head, (ws) => {
        tools.accept(webSocketConnection(ws), principal)
      })
    })
  })
}
