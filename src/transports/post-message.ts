import { ToolwireError, type World, isObject, systemWorld } from '../base/index.ts'
import type { Listener, Transport } from '../ports/index.ts'
import { type BroadcastLike, broadcastPort } from './_broadcast-port.ts'
import { type PortLike, closed, portConnection } from './_port-link.ts'

/** Something that messages with ports can be posted to: a worker, a `MessagePort`, a service worker. */
export interface MessageTarget {
  postMessage(message: unknown, transfer: Transferable[]): void
}

/** A window, to which messages are posted with the origin that may read them. */
export interface WindowTarget {
  postMessage(message: unknown, targetOrigin: string, transfer: Transferable[]): void
}

/** Something that hears what is posted: a window, a worker's own scope, a `MessagePort`. */
export interface MessageSource {
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void
  removeEventListener(type: 'message', listener: (event: MessageEvent) => void): void
  /** A `MessagePort` keeps its messages until it is started. */
  start?(): void
}

export type PostMessageTransportOptions = {
  /** Tells several conversations over one window apart. Default: `toolwire`. */
  readonly channel?: string
  readonly world?: World
} & (
  | {
      readonly window: WindowTarget
      /** The one origin that the window has to be of, as in `https://app.example`; never `*`. */
      readonly origin: string
    }
  | { readonly target: MessageTarget }
  | { readonly broadcast: BroadcastLike }
)

export type PostMessageListenerOptions = {
  readonly channel?: string
} & (
  | {
      /** Where clients knock: `window`, a worker or its own scope, or a port. */
      readonly source: MessageSource
      /** For a window: the origins that may come in. A worker or a port has no strangers. */
      readonly origins?: readonly string[]
      /** The one window that may come in, as in `iframe.contentWindow`; a function is asked each time. */
      readonly from?: unknown
    }
  | { readonly broadcast: BroadcastLike }
)

export type { BroadcastLike }

const defaultChannel = 'toolwire'
/** The other side may not listen yet. */
const knockEveryMs = 200
/** Nothing tells when the document at the other end is gone. */
const beatMs = 5_000

/**
 * `postMessage` between windows, frames and workers. The public message is one knock with a private port
 * in it; all else goes through that port, which nobody can overhear, and which dies with its document.
 * A `BroadcastChannel` carries no ports: what goes over it can be heard by the whole origin.
 */
export function postMessageTransport(options: PostMessageTransportOptions): Transport {
  const { channel = defaultChannel, world = systemWorld } = options
  const knockOnce = knocker(options, { toolwire: 'knock', channel }, world)
  return {
    name: 'post-message',
    beatMs,
    async connect(hello, signal) {
      const port = await answered(knockOnce, { signal, world })
      const connection = portConnection(port)
      signal.addEventListener('abort', () => connection.close(), { once: true })
      await connection.send(hello)
      return connection
    },
  }
}

/** The other half: takes in whoever knocks, from the origins and the window that may. */
export function postMessageListener(options: PostMessageListenerOptions): Listener {
  const { channel = defaultChannel } = options
  if ('source' in options) checkOrigins(options)
  const source = 'source' in options ? options.source : options.broadcast
  return {
    listen(onConnection) {
      const onMessage = (event: MessageEvent): void => {
        const port = isKnock(event.data, channel) ? portOf(event, options) : null
        if (!port) return
        // A knock is repeated until it is heard; one that its sender gave up never says hello.
        port.postMessage({ toolwire: 'open' })
        onConnection(portConnection(port))
      }
      source.addEventListener('message', onMessage)
      if ('start' in source) source.start?.()
      return () => source.removeEventListener('message', onMessage)
    },
  }
}

/** The port that a knock brought, unless its sender may not come in. */
function portOf(event: MessageEvent, options: PostMessageListenerOptions): PortLike | null {
  if ('broadcast' in options) return broadcastPort(options.broadcast, event.data.link, 'server')
  return mayEnter(event, options) ? (event.ports[0] ?? null) : null
}

/** Knocks once with a new port, and returns our end of it. */
type Knock = () => PortLike

function knocker(options: PostMessageTransportOptions, message: object, world: World): Knock {
  if ('broadcast' in options)
    return () => {
      const link = world.randomId()
      const port = broadcastPort(options.broadcast, link, 'client')
      options.broadcast.postMessage({ ...message, link })
      return port
    }
  if ('window' in options) checkOrigin(options.origin)
  return () => {
    const { port1, port2 } = new MessageChannel()
    if ('target' in options) options.target.postMessage(message, [port2])
    else options.window.postMessage(message, options.origin, [port2])
    return port1
  }
}

/** Knocks again and again until the port of one knock is answered. */
function answered(
  knock: Knock,
  { signal, world }: { readonly signal: AbortSignal; readonly world: World },
): Promise<PortLike> {
  return new Promise((resolve, reject) => {
    const ports: PortLike[] = []
    let stopTimer = (): void => {}
    const finish = (open?: PortLike): void => {
      stopTimer()
      signal.removeEventListener('abort', abort)
      for (const port of ports) if (port !== open) port.close()
    }
    const fail = (cause?: unknown): void => {
      finish()
      reject(closed('The other side cannot be reached.', cause))
    }
    const abort = (): void => fail()
    const next = (): void => {
      const port = attempted(knock, fail)
      if (!port) return
      ports.push(port)
      const onOpen = (): void => {
        finish(port)
        resolve(port)
      }
      port.addEventListener('message', onOpen, { once: true })
      port.start?.()
      stopTimer = world.setTimer(knockEveryMs, next)
    }
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort)
    next()
  })
}

/** A worker that ended, or a message that cannot be posted, is a side that cannot be reached. */
function attempted(knock: Knock, fail: (cause: unknown) => void): PortLike | null {
  try {
    return knock()
  } catch (error) {
    fail(error)
    return null
  }
}

interface Door {
  readonly source: MessageSource
  readonly origins?: readonly string[]
  readonly from?: unknown
}

function mayEnter({ origin, source }: MessageEvent, { origins, from }: Door): boolean {
  const expected: unknown = typeof from === 'function' ? from() : from
  if (expected !== undefined && source !== expected) return false
  return origins === undefined || origins.includes(origin)
}

function isKnock(data: unknown, channel: string): boolean {
  return isObject(data) && data['toolwire'] === 'knock' && data['channel'] === channel
}

function checkOrigin(origin: string): void {
  if (origin === '*' || !URL.canParse(origin) || new URL(origin).origin !== origin)
    throw invalid(`"${origin}" is no exact origin.`, 'Write it as in "https://app.example".')
}

function checkOrigins({ source, origins = [] }: Door): void {
  for (const origin of origins) checkOrigin(origin)
  const isWindow = typeof window !== 'undefined' && source === window
  if (isWindow && origins.length === 0)
    throw invalid('"origins" is missing.', 'Name the origins of the pages that may come in.')
}

function invalid(message: string, hint: string): ToolwireError {
  return new ToolwireError('INVALID_OPTIONS', `postMessage: ${message}`, { hint })
}
