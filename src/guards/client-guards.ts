import type { World } from '../base/index.ts'
import type { RoomLimits } from './guard-limits.ts'
import type { Guard } from './guard.ts'
import { memoryLimiter } from './memory-limiter.ts'
import { Pipeline } from './pipeline.ts'
import { rateLimit } from './rate-limit.ts'

export interface ClientGuardsOptions {
  readonly world: World
  readonly limits: RoomLimits
  /** The host's own. */
  readonly guards: readonly Guard[]
}

/**
 * The guards of a client, in the same order. Sizes, circuits and kept answers are the server's, which asks its
 * guards before it grants a call and when it gets the result; a page need not carry them twice.
 */
export function clientGuards({ world, limits, guards }: ClientGuardsOptions): Pipeline {
  return new Pipeline({ world, limits, guards: [...guards, rateLimit(memoryLimiter(world))] })
}
