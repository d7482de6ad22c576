import { AsyncQueue, ToolwireError } from '../base/index.ts'
import type { Connection } from '../ports/index.ts'

/** What is used of a `MessagePort`. */
export interface PortLike {
  postMessage(message: unknown): void
  addEventListener(
    type: string,
    listener: (event: MessageEvent) => void,
    options?: { readonly once?: boolean },
  ): void
  start?(): void
  close(): void
}

/** Says goodbye, since most ports do not tell their other end that they were closed. */
const goodbye = { toolwire: 'bye' }

/** One end of a private port as a connection. */
export function portConnection(port: PortLike): Connection {
  const frames = new AsyncQueue<unknown>()
  const end = (failure?: ToolwireError): void => {
    stopWatching()
    if (failure) frames.fail(failure)
    else frames.end()
  }
  const close = (): void => {
    if (!frames.isEnded) port.postMessage(goodbye)
    end()
    port.close()
  }
  const stopWatching = onLeaving(close)
  port.addEventListener('message', ({ data }) => {
    if (isGoodbye(data)) end()
    else frames.push(data)
  })
  // Browsers that have the event fire it when the other end is gone without a word, as in a crash.
  port.addEventListener('close', () => end(closed('The other end of the port is gone.')))
  port.addEventListener('messageerror', () => end(closed('A frame could not be read.')))
  port.start?.()
  return {
    frames,
    async send(frame) {
      if (frames.isEnded) throw closed('The port is closed.')
      port.postMessage(frame)
    },
    close,
  }
}

/** Calls `listener` when this document goes away; elsewhere nothing tells. A page that comes back links anew. */
function onLeaving(listener: () => void): () => void {
  if (typeof document === 'undefined') return () => {}
  addEventListener('pagehide', listener)
  return () => removeEventListener('pagehide', listener)
}

function isGoodbye(data: unknown): boolean {
  return typeof data === 'object' && data !== null && Reflect.get(data, 'toolwire') === 'bye'
}

export function closed(message: string, cause?: unknown): ToolwireError {
  return new ToolwireError('TRANSPORT_CLOSED', message, { cause })
}
