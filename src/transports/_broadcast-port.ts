import { isObject } from '../base/index.ts'
import type { PortLike } from './_port-link.ts'

/** What is used of a `BroadcastChannel`. */
export interface BroadcastLike {
  postMessage(message: unknown): void
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void
  removeEventListener(type: 'message', listener: (event: MessageEvent) => void): void
}

/** One end of a link over a channel that many share: each message names its link, and who is to read it. */
export function broadcastPort(
  channel: BroadcastLike,
  link: unknown,
  side: 'client' | 'server',
): PortLike {
  const listeners = new Set<(event: MessageEvent) => void>()
  return {
    postMessage: (data) => channel.postMessage({ toolwire: 'frame', link, by: side, data }),
    addEventListener(type, listener, { once = false } = {}) {
      if (type !== 'message') return
      const onMessage = (event: MessageEvent): void => {
        const { data: said } = event
        if (!isObject(said) || said['toolwire'] !== 'frame') return
        if (said['link'] !== link || said['by'] === side) return
        if (once) forget()
        listener(new MessageEvent('message', { data: said['data'] }))
      }
      const forget = (): void => {
        channel.removeEventListener('message', onMessage)
        listeners.delete(onMessage)
      }
      listeners.add(onMessage)
      channel.addEventListener('message', onMessage)
    },
    close() {
      for (const listener of listeners) channel.removeEventListener('message', listener)
      listeners.clear()
    },
  }
}
