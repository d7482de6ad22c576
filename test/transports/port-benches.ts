import { type TransportBench, memoryTransport as faultyTransport } from '../../src/testing/index.ts'
import { memoryTransport } from '../../src/transports/memory.ts'
import { postMessageListener, postMessageTransport } from '../../src/transports/post-message.ts'
import {
  type RuntimePort,
  runtimePortListener,
  runtimePortTransport,
} from '../../src/transports/runtime-port.ts'
import { RuntimeChannel } from '../wires/runtime-channel.ts'
import { countingWorld } from './network-bench.ts'

export function overMemory(): TransportBench {
  const wire = memoryTransport()
  return { transport: wire, listener: wire }
}

/** The memory transport for tests, slow and with nothing worse. */
export function overSlowMemory(): TransportBench {
  const world = countingWorld()
  const wire = faultyTransport({ delay: { minMs: 1, maxMs: 5 }, world })
  return { transport: wire, listener: wire, cut: () => wire.cut(), leftovers: () => world.timers }
}

/** A door that passes each knock on with a port of its own, so that what is behind can be torn apart. */
class Doorway {
  readonly #far: MessagePort
  readonly #between = new Set<MessagePort>()

  constructor(far: MessagePort) {
    this.#far = far
  }

  postMessage(message: unknown, [theirs]: Transferable[]): void {
    const { port1, port2 } = new MessageChannel()
    if (!(theirs instanceof MessagePort)) throw new TypeError('A knock brings a port.')
    this.#join(theirs, port1)
    this.#join(port1, theirs)
    this.#far.postMessage(message, [port2])
  }

  /** Ports that die with their process say nothing. */
  cut(): void {
    for (const port of this.#between) port.close()
    this.#between.clear()
  }

  get size(): number {
    return this.#between.size
  }

  #join(from: MessagePort, to: MessagePort): void {
    this.#between.add(from)
    from.addEventListener('message', ({ data }) => to.postMessage(data))
    from.addEventListener('close', () => {
      this.#between.delete(from)
      to.close()
    })
    from.start()
  }
}

export function overPort(): TransportBench {
  const world = countingWorld()
  const { port1, port2 } = new MessageChannel()
  const doorway = new Doorway(port2)
  return {
    transport: postMessageTransport({ target: doorway, world }),
    listener: postMessageListener({ source: port1 }),
    cut: () => doorway.cut(),
    leftovers: () => doorway.size + world.timers,
    close() {
      port1.close()
      port2.close()
    },
  }
}

export function overBroadcast(): TransportBench {
  const world = countingWorld()
  const [near, far] = [new BroadcastChannel('suite'), new BroadcastChannel('suite')]
  return {
    transport: postMessageTransport({ broadcast: far, world }),
    listener: postMessageListener({ broadcast: near }),
    leftovers: () => world.timers,
    close() {
      near.close()
      far.close()
    },
  }
}

/** A port of which a test can say that it was disconnected, as when the worker at its other end is ended. */
class EndingPort implements RuntimePort {
  readonly name: string
  readonly sender: RuntimePort['sender']
  readonly onMessage: RuntimePort['onMessage']
  readonly onDisconnect: RuntimePort['onDisconnect']
  readonly #port: RuntimePort
  readonly #listeners = new Set<() => void>()
  #isOver = false

  constructor(port: RuntimePort) {
    this.#port = port
    this.name = port.name
    this.sender = port.sender
    this.onMessage = port.onMessage
    this.onDisconnect = {
      addListener: (listener) => this.#listeners.add(listener),
      removeListener: (listener) => this.#listeners.delete(listener),
    }
    port.onDisconnect.addListener(() => this.#tell())
  }

  postMessage(message: unknown): void {
    this.#port.postMessage(message)
  }

  disconnect(): void {
    this.#isOver = true
    this.#port.disconnect()
  }

  cut(): void {
    this.#port.disconnect()
    this.#tell()
  }

  #tell(): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const listener of this.#listeners) listener()
  }
}

export function overRuntimePort(): TransportBench {
  const runtime = new RuntimeChannel()
  const ports = new Set<EndingPort>()
  return {
    transport: runtimePortTransport({
      connect() {
        const port = new EndingPort(runtime.connect('toolwire'))
        ports.add(port)
        return port
      },
    }),
    listener: runtimePortListener({
      onConnect: runtime.onConnect,
      accept: ({ id }) => id === 'me',
    }),
    cut() {
      for (const port of ports) port.cut()
      ports.clear()
    },
  }
}
