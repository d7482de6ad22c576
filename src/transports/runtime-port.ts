import { AsyncQueue } from '../base/index.ts'
import type { Connection, Listener, Transport } from '../ports/index.ts'
import { closed } from './_port-link.ts'

/** What is used of a `chrome.runtime.Port`. */
export interface RuntimePort {
  readonly name: string
  readonly sender?: RuntimeSender | undefined
  readonly onMessage: RuntimeEvent<(message: unknown) => void>
  readonly onDisconnect: RuntimeEvent<() => void>
  postMessage(message: unknown): void
  disconnect(): void
}

/** Who opened a port, as the browser says it. */
export interface RuntimeSender {
  readonly id?: string
  readonly origin?: string
  readonly url?: string
  readonly tab?: { readonly id?: number }
  readonly frameId?: number
}

export interface RuntimeEvent<Callback> {
  addListener(callback: Callback): void
  removeListener(callback: Callback): void
}

export interface RuntimePortTransportOptions {
  /** Opens a port, which also wakes a worker that sleeps: `() => chrome.runtime.connect({ name: 'toolwire' })`. */
  readonly connect: () => RuntimePort
  /** How often the client shows that it lives. Default 20,000: a worker that hears nothing for 30 s is ended. */
  readonly beatMs?: number
}

/** `chrome.runtime` ports between the parts of an extension, its content scripts and its service worker. */
export function runtimePortTransport(options: RuntimePortTransportOptions): Transport {
  return {
    name: 'runtime-port',
    beatMs: options.beatMs ?? 20_000,
    async connect(hello, signal) {
      if (signal.aborted) throw closed('Not connected: aborted.')
      const connection = runtimePortConnection(open(options))
      signal.addEventListener('abort', () => connection.close(), { once: true })
      await connection.send(hello)
      return connection
    },
  }
}

export interface RuntimePortListenerOptions {
  /**
   * `chrome.runtime.onConnect`, to be listened to as soon as the worker starts: it is woken for a port and
   * asked only once. For pages of the web, `chrome.runtime.onConnectExternal`.
   */
  readonly onConnect: RuntimeEvent<(port: RuntimePort) => void>
  /** Ports of another name are somebody else's. Default: `toolwire`. */
  readonly name?: string
  /** Whether this sender may come in; for parts of the extension itself `({ id }) => id === chrome.runtime.id`. */
  readonly accept: (sender: RuntimeSender) => boolean
}

/** The other half: takes in the ports that are opened to this part of the extension. */
export function runtimePortListener(options: RuntimePortListenerOptions): Listener {
  const { onConnect, accept, name = 'toolwire' } = options
  return {
    listen(onConnection) {
      const onPort = (port: RuntimePort): void => {
        if (port.name !== name) return
        if (accept(port.sender ?? {})) onConnection(runtimePortConnection(port))
        else port.disconnect()
      }
      onConnect.addListener(onPort)
      return () => onConnect.removeListener(onPort)
    },
  }
}

/** One end of a port as a connection. */
export function runtimePortConnection(port: RuntimePort): Connection {
  const frames = new AsyncQueue<unknown>()
  port.onMessage.addListener((message) => frames.push(message))
  // The same for a port that was closed, a page that went away and a worker that was ended.
  port.onDisconnect.addListener(() => frames.fail(closed('The port was disconnected.')))
  return {
    frames,
    async send(frame) {
      if (frames.isEnded) throw closed('The port is closed.')
      try {
        port.postMessage(frame)
      } catch (cause) {
        throw closed('The port does not take the frame.', cause)
      }
    },
    close() {
      frames.end()
      port.disconnect()
    },
  }
}

function open({ connect }: RuntimePortTransportOptions): RuntimePort {
  try {
    return connect()
  } catch (cause) {
    // As after an update of the extension, for content scripts that the old one left behind.
    throw closed('The extension cannot be reached.', cause)
  }
}
