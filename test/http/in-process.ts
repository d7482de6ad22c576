import { onTestFinished } from 'vitest'
import {
  type ToolClient,
  type ToolClientOptions,
  createToolClient,
} from '../../src/client/index.ts'
import type { Connection, Listener, Transport } from '../../src/ports/index.ts'
import {
  type ToolServer,
  type ToolServerOptions,
  createToolServer,
} from '../../src/server/index.ts'
import { type VirtualClock, virtualClock } from '../../src/testing/virtual-clock.ts'
import { memoryTransport } from '../../src/transports/index.ts'

/** A server and clients in one process, where no time passes but the virtual one. */
export interface InProcess {
  readonly world: VirtualClock
  readonly server: ToolServer
  readonly errors: unknown[]
  readonly wire: CutWire
  client(options?: Partial<ToolClientOptions>): ToolClient
}

export interface CutWire extends Transport, Listener {
  /** While set, no new link opens. */
  isDown: boolean
  /** Breaks every link. */
  cut(): void
}

export function inProcess(options: Partial<ToolServerOptions>): InProcess {
  const world = options.world ? (options.world as VirtualClock) : virtualClock()
  const errors: unknown[] = []
  const onError = ({ error }: { readonly error: unknown }): void => void errors.push(error)
  const server = createToolServer({ tools: [], world, onError, ...options })
  const wire = cutWire()
  server.accept(wire, { id: 'ann' })
  const clients: ToolClient[] = []
  onTestFinished(async () => {
    for (const client of clients) client.close()
    await server.close()
    await world.settle()
  })
  return {
    world,
    server,
    errors,
    wire,
    client(rest = {}) {
      const client = createToolClient({ transport: wire, world, onError, ...rest })
      clients.push(client)
      return client
    },
  }
}

function cutWire(): CutWire {
  const wire = memoryTransport()
  const open = new Set<Connection>()
  return {
    name: wire.name,
    isDown: false,
    listen: (onConnection) => wire.listen(onConnection),
    async connect(hello, signal) {
      if (this.isDown) throw new Error('The network is down.')
      const connection = await wire.connect(hello, signal)
      open.add(connection)
      return connection
    },
    cut() {
      for (const connection of open) connection.close()
      open.clear()
    },
  }
}
