import type { World } from '../base/index.ts'
import type { Limiter } from '../ports/index.ts'

/** Places remembered at the most, over all keys; beyond that the key that was asked for longest ago is forgotten. */
const maxPlaces = 100_000

/** Counts in memory, exactly: never more than `limit` places in any window. It holds for one process. */
export function memoryLimiter(world: Pick<World, 'monotonic'>): Limiter {
  // When each call took its place, the oldest first; the key that was asked for last stands last.
  const keys = new Map<string, Map<string, number>>()
  let places = 0

  const forget = (key: string): void => {
    places -= keys.get(key)?.size ?? 0
    keys.delete(key)
  }

  return {
    take({ key, id, limit, windowMs }) {
      const now = world.monotonic()
      const taken = keys.get(key) ?? new Map<string, number>()
      keys.delete(key)
      keys.set(key, taken)
      for (const [call, at] of taken) {
        if (at + windowMs > now) break
        taken.delete(call)
        places--
      }
      if (taken.has(id)) return { ok: true }
      const [oldest] = taken.values()
      if (oldest !== undefined && taken.size >= limit)
        return { ok: false, retryAfterMs: oldest + windowMs - now }
      taken.set(id, now)
      places++
      for (const old of keys.keys()) {
        if (places <= maxPlaces || old === key) break
        forget(old)
      }
      return { ok: true }
    },
  }
}
