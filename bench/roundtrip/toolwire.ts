import { WebSocket, WebSocketServer } from 'ws'
import { createToolClient } from '../../src/client/index.ts'
import { createToolServer, toNodeListener } from '../../src/server/index.ts'
import { defineTool } from '../../src/tools/index.ts'
import { httpTransport } from '../../src/transports/http.ts'
import { webSocketConnection, webSocketTransport } from '../../src/transports/websocket.ts'
import { type OpenSession, countingHost, page, readTool, steps } from './task.ts'

/** This package, over either of its wires. */
export function toolwire(wire: 'http' | 'websocket'): OpenSession {
  return async (model) => {
    let onRun = (_: number): void => {}
    const read = defineTool({
      ...readTool,
      execute: ({ step }) => {
        onRun(step)
        return page(step)
      },
    })
    const server = createToolServer({
      model,
      tools: [read.withoutExecute()],
      authenticate: () => ({ id: 'me' }),
      maxSteps: steps + 1,
    })
    const host = await countingHost(toNodeListener(server.fetch))
    const sockets = new WebSocketServer({ server: host.http })
    sockets.on('connection', (socket) => server.accept(webSocketConnection(socket), { id: 'me' }))
    const transport =
      wire === 'http'
        ? httpTransport({ url: `http://${host.address}/` })
        : // The library of the other socket, too: the runtime's own is slower.
          webSocketTransport({ url: `ws://${host.address}/`, WebSocket })
    const client = createToolClient({ transport, tools: [read] })
    return {
      bytesUp: host.bytesUp,
      async play(told) {
        onRun = told
        const over = new Promise<string>((resolve) => {
          const stop = client.subscribe(() => {
            const { status, messages } = client.getSnapshot()
            const last = messages.at(-1)
            if (status !== 'ready' || last?.role !== 'assistant') return
            stop()
            const [part] = last.parts
            resolve(part?.type === 'text' ? part.text : '')
          })
        })
        await client.send('Go.')
        return over
      },
      async close() {
        client.close()
        await server.close()
        await host.close()
      },
    }
  }
}
