import { ToolwireError, type World, countedPlaces, systemWorld } from '../base/index.ts'
import type { Broker, BrokerListener, RunLeases } from '../ports/index.ts'

export interface MemoryBrokerOptions {
  /** Whose clock limits and leases go by. */
  readonly world?: Pick<World, 'monotonic'>
}

/** Joins servers of one process that share a store: pass them the same object. */
export function memoryBroker({ world = systemWorld }: MemoryBrokerOptions = {}): Broker {
  const topics = new Map<string, Set<BrokerListener>>()
  let isClosed = false

  /** Never within the caller, as with a broker that is elsewhere. */
  const later = (topic: string, listener: BrokerListener, tell: () => void): void => {
    void Promise.resolve().then(() => topics.get(topic)?.has(listener) && tell())
  }

  return {
    limiter: countedPlaces(world),
    runs: heldRuns(world),

    async publish(topic, text) {
      if (isClosed) throw closed()
      for (const listener of topics.get(topic) ?? [])
        later(topic, listener, () => listener.message(text))
    },

    subscribe(topic, given) {
      // A listener may be given twice, and each stands for itself.
      const listener: BrokerListener = {
        message: (text) => given.message(text),
        ready: () => given.ready(),
        lost: (error) => given.lost(error),
      }
      if (isClosed) {
        void Promise.resolve().then(() => listener.lost(closed()))
        return () => {}
      }
      const listeners = topics.get(topic) ?? new Set()
      topics.set(topic, listeners.add(listener))
      later(topic, listener, () => listener.ready())
      return () => {
        listeners.delete(listener)
        if (listeners.size === 0 && topics.get(topic) === listeners) topics.delete(topic)
      }
    },

    async close() {
      isClosed = true
      const all = [...topics.values()].flatMap((listeners) => [...listeners])
      topics.clear()
      for (const listener of all) listener.lost(closed())
    },
  }
}

const maxTakeovers = 3

function heldRuns(world: Pick<World, 'monotonic'>): RunLeases {
  const runs = new Map<string, { until: number; takeovers: number }>()
  return {
    async hold(id, leaseMs) {
      const { takeovers } = runs.get(id) ?? { takeovers: 0 }
      runs.set(id, { until: world.monotonic() + leaseMs, takeovers })
    },

    async release(id) {
      runs.delete(id)
    },

    async takeOver(limit, leaseMs) {
      const now = world.monotonic()
      const over = [...runs].filter(([, { until }]) => until <= now).slice(0, limit)
      for (const [id, run] of over)
        if (run.takeovers >= maxTakeovers) runs.delete(id)
        else runs.set(id, { until: now + leaseMs, takeovers: run.takeovers + 1 })
      return over.map(([id]) => id).filter((id) => runs.has(id))
    },
  }
}

function closed(): ToolwireError {
  return new ToolwireError('BROKER_FAILED', 'The broker is closed.', {
    hint: 'Close the servers that use it first.',
  })
}
