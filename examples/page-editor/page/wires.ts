import type { Transport } from 'toolwire'
import { httpTransport } from 'toolwire/transports/http'
import { postMessageTransport } from 'toolwire/transports/post-message'
import { webSocketTransport } from 'toolwire/transports/websocket'
import { element } from '../../shared/element.ts'

export const wires = ['websocket', 'sse', 'iframe', 'worker'] as const
export type Wire = (typeof wires)[number]

export const isWire = (name: unknown): name is Wire => wires.some((wire) => wire === name)

/** Where the conversations of a wire are kept: two wires of one home share them. */
export type Home = 'node' | 'browser'

export const homeOf = (wire: Wire): Home =>
  wire === 'websocket' || wire === 'sse' ? 'node' : 'browser'

/** One way to a tool server, with the server where this tab holds it. */
export interface OpenWire {
  readonly transport: Transport
  /** Ends the server at once where this tab holds it, with no word to anybody. */
  readonly kill: () => void
}

/** Opens a wire: from here on nothing depends on which. */
export async function openWire(wire: Wire): Promise<OpenWire> {
  switch (wire) {
    case 'websocket': {
      const url = `${location.origin.replace('http', 'ws')}/toolwire`
      return { transport: webSocketTransport({ url }), kill: () => {} }
    }
    case 'sse':
      return { transport: httpTransport({ url: '/toolwire' }), kill: () => {} }
    case 'iframe':
      return inFrame()
    case 'worker': {
      const worker = new Worker(`/worker.js${query()}`, { type: 'module' })
      return {
        transport: postMessageTransport({ target: worker }),
        kill: () => worker.terminate(),
      }
    }
  }
}

async function inFrame(): Promise<OpenWire> {
  const frame = element('iframe')
  frame.hidden = true
  frame.src = `/frame.html${query()}`
  const loaded = new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }))
  document.body.append(frame)
  await loaded
  const window = frame.contentWindow
  if (!window) throw new Error('The frame has no window.')
  return {
    transport: postMessageTransport({ window, origin: location.origin }),
    kill: () => frame.remove(),
  }
}

/** What a server in this tab is told of how this demo was started. */
function query(): string {
  return `?approvalMs=${document.documentElement.dataset['approvalMs'] ?? ''}`
}
