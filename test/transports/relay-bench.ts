import type { TransportBench } from '../../src/testing/index.ts'
import { memoryTransport } from '../../src/transports/memory.ts'
import { relay } from '../../src/transports/relay.ts'
import { overWebSocket } from './network-bench.ts'

/** A wire in front of `far`, which passes everything on to it. */
function before(far: TransportBench): TransportBench {
  const near = memoryTransport()
  const stop = relay(near, far.transport)
  return {
    ...far,
    transport: near,
    async close() {
      stop()
      await far.close?.()
    },
  }
}

export function overRelay(): TransportBench {
  const far = memoryTransport()
  return before({ transport: far, listener: far })
}

export async function overRelayToSocket(): Promise<TransportBench> {
  const { refuse: _, ...far } = await overWebSocket()
  return before(far)
}
