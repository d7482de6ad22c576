import {
  AsyncQueue,
  ToolwireError,
  type World,
  isObject,
  systemTimer,
  systemWebSocket,
} from '../base/index.ts'
import type { Connection, Transport } from '../ports/index.ts'
import { FrameBatch } from './_frame-batch.ts'

/** What is used of a socket: a browser's, that of `ws`, of Deno or of a Worker platform. */
export interface Socket {
  readonly readyState: number
  /** Bytes that `send` has taken and the network has not. */
  readonly bufferedAmount?: number
  send(data: string): void
  close(code?: number, reason?: string): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(
    type: 'close',
    listener: (event: { readonly code?: number; readonly reason?: string }) => void,
  ): void
  addEventListener(type: 'open' | 'error', listener: () => void): void
}

export interface WebSocketTransportOptions {
  /** As in `wss://app.example/tools`; a function is asked for each link, for tokens that change. */
  readonly url: string | URL | (() => string | URL | Promise<string | URL>)
  readonly protocols?: string | readonly string[]
  /** Where the runtime has none of its own. */
  readonly WebSocket?: new (url: string, protocols?: string | string[]) => Socket
  /** How often the client shows that it lives. Default 20,000, which keeps an extension's worker alive. */
  readonly beatMs?: number
  readonly world?: Pick<World, 'setTimer'>
}

/** WebSocket: one socket for both ways. */
export function webSocketTransport(options: WebSocketTransportOptions): Transport {
  const { beatMs = 20_000, world = runtime, protocols } = options
  return {
    name: 'websocket',
    beatMs,
    async connect(hello, signal) {
      const url = typeof options.url === 'function' ? await options.url() : options.url
      if (signal.aborted) throw broken('Not connected: aborted.')
      const Constructor = options.WebSocket ?? systemWebSocket()
      const socket: Socket = new Constructor(String(url), list(protocols))
      const connection = webSocketConnection(socket, { world })
      signal.addEventListener('abort', () => connection.close(), { once: true })
      await opened(socket)
      await connection.send({ ...hello, batch: true })
      return connection
    },
  }
}

/**
 * One end of a socket as a connection; on a server, of a socket that was accepted:
 * `server.accept(webSocketConnection(socket), principal)`.
 */
export function webSocketConnection(
  socket: Socket,
  { world = runtime }: { readonly world?: Pick<World, 'setTimer'> } = {},
): Connection {
  const frames = new AsyncQueue<unknown>()
  const batch = new FrameBatch((message) => {
    try {
      if (socket.readyState === isOpen) socket.send(message)
    } catch (cause) {
      frames.fail(broken('The socket did not take a message.', cause))
    }
  })
  /** Whether the other end reads several frames in one message. */
  let takesBatches = false
  socket.addEventListener('message', ({ data }) => {
    try {
      const message: unknown = JSON.parse(textOf(data))
      for (const frame of Array.isArray(message) ? message : [message]) frames.push(frame)
      takesBatches ||= isObject(message) && message['k'] === 'hello' && message['batch'] === true
    } catch (cause) {
      frames.fail(broken('The other end sent what is not JSON.', cause))
      socket.close(unsupportedData)
    }
  })
  socket.addEventListener('close', ({ code, reason }) => {
    if (code === normalClosure) frames.end()
    else frames.fail(refusalOf(code, reason))
  })
  // A `close` follows, which says what there is to say.
  socket.addEventListener('error', () => {})
  return {
    frames,
    async send(frame) {
      if (socket.readyState > isOpen) throw broken('The socket is closed.')
      const text = JSON.stringify(frame)
      if (takesBatches) batch.add(text)
      else socket.send(text)
      if (isBehind(socket)) await drained(socket, world)
    },
    close() {
      batch.flush()
      frames.end()
      socket.close(normalClosure)
    },
  }
}

/** Closes a socket whose other end may not come in; clients do not try again. */
export function refuseWebSocket(socket: Socket, reason: string): void {
  socket.close(unauthorized, reason)
}

const isOpen = 1
// RFC 6455, section 7.4.1.
const normalClosure = 1000
const unsupportedData = 1003
const policyViolation = 1008
/** In the range that the RFC leaves to applications. */
const unauthorized = 4401

const runtime = { setTimer: systemTimer }

/** A reader that is behind by more than this is waited for. */
const maxBuffered = 256 * 1024
/** Sockets do not tell when they have room again. */
const lookAgainMs = 20

function isBehind({ bufferedAmount = 0 }: Socket): boolean {
  return bufferedAmount > maxBuffered
}

function drained(socket: Socket, world: Pick<World, 'setTimer'>): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (socket.readyState > isOpen) reject(broken('The socket closed under a frame.'))
      else if (isBehind(socket)) world.setTimer(lookAgainMs, look)
      else resolve()
    }
    look()
  })
}

function opened(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    if (socket.readyState === isOpen) return resolve()
    socket.addEventListener('open', () => resolve())
    socket.addEventListener('close', ({ code, reason }) => reject(refusalOf(code, reason)))
  })
}

function textOf(data: unknown): string {
  if (typeof data === 'string') return data
  if (data instanceof ArrayBuffer || ArrayBuffer.isView(data)) return new TextDecoder().decode(data)
  throw new TypeError('A frame is text.')
}

function refusalOf(code = 0, reason = ''): ToolwireError {
  if (code !== unauthorized && code !== policyViolation)
    return broken(`The socket closed (${code}${reason && `: ${reason}`}).`)
  return new ToolwireError('UNAUTHORIZED', `The server refused the socket (${code}): ${reason}`, {
    hint: 'Check the credentials, the origin and the address of the server.',
  })
}

function broken(message: string, cause?: unknown): ToolwireError {
  return new ToolwireError('TRANSPORT_CLOSED', message, { cause })
}

function list(protocols: string | readonly string[] | undefined): string | string[] | undefined {
  return typeof protocols === 'object' ? [...protocols] : protocols
}
