import { type World, countedPlaces } from '../base/index.ts'
import type { Limiter } from '../ports/index.ts'

/** Counts calls in memory. It holds for one process. */
export function memoryLimiter(world: Pick<World, 'monotonic'>): Limiter {
  return countedPlaces(world)
}
