import { expect, test } from 'vitest'
import {
  type MessageSource,
  type MessageTarget,
  postMessageListener,
  postMessageTransport,
} from '../../src/transports/post-message.ts'
import { Rig, settledOnce } from './rig.ts'

/** A window: it outlives its documents, and what is posted to it comes with the one source that it is. */
class Frame {
  readonly #host = new EventTarget()

  /** Where the host hears what the documents of this frame post. */
  get source(): MessageSource {
    // An EventTarget takes any event; the frame fires no other.
    return this.#host as MessageSource
  }

  /** The host's window, as the document of the frame sees it. */
  get host(): MessageTarget {
    return {
      postMessage: (data, ports) => {
        const own = ports.filter((port) => port instanceof MessagePort)
        const event = new MessageEvent('message', { data, ports: own })
        this.#host.dispatchEvent(event)
      },
    }
  }
}

test('race 48: a frame goes to another document between the offer and its answer, and the new one runs the call', async () => {
  const rig = new Rig()
  const frame = new Frame()
  rig.node.server.accept(postMessageListener({ source: frame.source }), { id: 'me' })
  const to = postMessageTransport({ target: frame.host, world: rig.world })
  const old = rig.open('old document', { to })
  await rig.world.advance(1_000)
  old.wire.up = (up) => (up.includes('"claim"') ? 'hold' : 'pass')
  await rig.say(old, 500)
  // Same window, new document; the claim of the old one is still on its way.
  const document = rig.open('new document', { to, realm: old.realm.reload() })
  await rig.world.advance(1_000)
  old.wire.release()
  await rig.world.advance(60_000)
  expect(document.client.getSnapshot().connection).toBe('open')
  expect(await rig.verdict()).toEqual(settledOnce(['new document']))
})

test('race 49: a port is handed on to the server, its first owner closes, and the session goes on', async () => {
  const rig = new Rig()
  // The tab's owner made the channel and hands one end on through a channel of its own.
  const [own, carrier] = [new MessageChannel(), new MessageChannel()]
  const handedOn = new Promise<MessagePort>((resolve) => {
    carrier.port2.addEventListener('message', ({ ports }) => {
      if (ports[0]) resolve(ports[0])
    })
    carrier.port2.start()
  })
  const to = postMessageTransport({ target: own.port1, world: rig.world })
  const tab = rig.open('tab', { to })
  // It knocks before anybody listens: what was posted to a port goes with it.
  await rig.world.advance(1_000)
  carrier.port1.postMessage('a port', [own.port2])
  rig.node.server.accept(postMessageListener({ source: await handedOn }), { id: 'me' })
  carrier.port1.close()
  await rig.say(tab, 500)
  expect(rig.begins).toEqual(['tab'])
  // The way in is gone now; the port of the session is another.
  own.port1.close()
  await rig.world.advance(60_000)
  expect(await rig.verdict()).toEqual(settledOnce(['tab']))
  tab.client.close()
  await rig.world.advance(1_000)
  expect(rig.node.server.health().links).toBe(0)
})
