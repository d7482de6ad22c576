import { type Server, type Socket, connect } from 'node:net'
import {
  type Connection,
  type Listener,
  type Transport,
  ToolwireError,
} from '../../../src/index.ts'

/** A client over a TCP socket: each frame is a line of JSON. */
export function linesTransport(port: number): Transport {
  return {
    name: 'lines',
    async connect(hello, signal) {
      if (signal.aborted) throw closed('Not connected: aborted.')
      const socket = connect({ port })
      signal.addEventListener('abort', () => socket.destroy(), { once: true })
      await new Promise((resolve, reject) => {
        socket.once('connect', resolve)
        socket.once('close', () => reject(closed('The server cannot be reached.')))
      })
      const connection = linesConnection(socket)
      await connection.send(hello)
      return connection
    },
  }
}

/** The other half, on any `net.Server`. */
export function linesListener(server: Server): Listener {
  return {
    listen(onConnection) {
      const onSocket = (socket: Socket): void => onConnection(linesConnection(socket))
      server.on('connection', onSocket)
      return () => server.off('connection', onSocket)
    },
  }
}

/** One end of a socket as a connection. */
function linesConnection(socket: Socket): Connection {
  let isOurs = false
  // What went wrong is told to whoever reads the frames.
  socket.on('error', () => {})
  return {
    frames: framesOf(socket, () => isOurs),
    async send(frame) {
      if (!socket.writable) throw closed('The socket is closed.')
      await new Promise<void>((resolve, reject) => {
        socket.write(`${JSON.stringify(frame)}\n`, (error) => {
          if (error) reject(closed('The socket broke under a frame.', error))
          else resolve()
        })
      })
    },
    close() {
      isOurs = true
      socket.destroySoon()
    },
  }
}

/** Ends where either end closed the socket; throws where it broke. */
async function* framesOf(socket: Socket, isOurs: () => boolean): AsyncGenerator {
  socket.setEncoding('utf8')
  let line = ''
  try {
    for await (const chunk of socket) {
      if (isOurs()) return
      const [first = '', ...others] = String(chunk).split('\n')
      line += first
      for (const next of others) {
        yield JSON.parse(line)
        line = next
      }
    }
  } catch (cause) {
    if (!isOurs()) throw closed('The socket broke.', cause)
  }
}

function closed(message: string, cause?: unknown): ToolwireError {
  return new ToolwireError('TRANSPORT_CLOSED', message, { cause })
}
