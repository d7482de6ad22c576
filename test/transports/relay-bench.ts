import { type TransportBench, memoryTransport as faultyTransport } from '../../src/testing/index.ts'
import { memoryTransport } from '../../src/transports/memory.ts'
import { relay } from '../../src/transports/relay.ts'
import { overWebSocket } from './network-bench.ts'

/** A wire in front of `far`, which passes everything on to it. A refusal is known only to who asked there. */
function before(far: TransportBench): TransportBench {
  const near = memoryTransport()
  const stop = relay(near, far.transport)
  return {
    transport: near,
    listener: far.listener,
    cut: () => far.cut?.(),
    leftovers: () => far.leftovers?.() ?? 0,
    async close() {
      stop()
      await far.close?.()
    },
  }
}

export function overRelay(): TransportBench {
  const far = faultyTransport()
  return before({ transport: far, listener: far, cut: () => far.cut() })
}

export async function overRelayToSocket(): Promise<TransportBench> {
  return before(await overWebSocket())
}
