import { AsyncQueue, ToolwireError } from '../base/index.ts'
import type { Connection, Listener, Transport } from '../ports/index.ts'
import type { HelloFrame } from '../protocol/index.ts'

/**
 * A wire within one process, both ends in one object: `server.accept(wire, principal)` and
 * `createToolClient({ transport: wire })`. Frames are copied, as every other wire does.
 */
export function memoryTransport(): Transport & Listener {
  const listeners = new Set<(connection: Connection) => void>()
  return {
    name: 'memory',

    listen(onConnection) {
      listeners.add(onConnection)
      return () => listeners.delete(onConnection)
    },

    async connect(hello: HelloFrame, signal) {
      const [listener] = listeners
      if (!listener || signal.aborted)
        throw new ToolwireError('TRANSPORT_CLOSED', 'No server accepts this memory transport.', {
          hint: 'Call `server.accept(wire, principal)` with the same object first.',
        })
      const [clientEnd, serverEnd] = memoryLink()
      signal.addEventListener('abort', () => clientEnd.close(), { once: true })
      await clientEnd.send(hello)
      listener(serverEnd)
      return clientEnd
    },
  }
}

/** Two ends of one link. */
function memoryLink(): readonly [Connection, Connection] {
  const there = new AsyncQueue<unknown>()
  const back = new AsyncQueue<unknown>()
  const close = (): void => {
    there.end()
    back.end()
  }
  return [end(there, back, close), end(back, there, close)]
}

function end(out: AsyncQueue<unknown>, frames: AsyncQueue<unknown>, close: () => void): Connection {
  return {
    frames,
    async send(frame) {
      if (out.isEnded) throw new ToolwireError('TRANSPORT_CLOSED', 'The link is closed.')
      out.push(structuredClone(frame))
    },
    close,
  }
}
