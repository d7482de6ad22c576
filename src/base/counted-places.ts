import type { World } from './world.ts'

/** Places remembered at the most, over all keys; beyond that the key that was asked for longest ago is forgotten. */
const maxPlaces = 100_000

interface Asked {
  readonly key: string
  /** Asking again with the same id takes no second place. */
  readonly id: string
  readonly limit: number
  readonly windowMs: number
}

type Answer = { readonly ok: true } | { readonly ok: false; readonly retryAfterMs: number }

/** Counts in memory, exactly: never more than `limit` places in any window. */
export function countedPlaces(world: Pick<World, 'monotonic'>): { take(asked: Asked): Answer } {
  // When each id took its place, the oldest first; the key that was asked for last stands last.
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
      for (const [one, at] of taken) {
        if (at + windowMs > now) break
        taken.delete(one)
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
