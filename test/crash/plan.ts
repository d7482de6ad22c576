import { Chance } from '../simulate/chance.ts'

/** What a crash run does. The same plan deals the same blows at the same moments. */
export interface CrashPlan {
  readonly seed: number
  /** For so long turns begin and servers are killed; then all has to come to its end. */
  readonly seconds: number
  readonly turns: number
  readonly killEveryMs: number
  /** Redis is killed too, and comes back with nothing. */
  readonly redisRestarts: boolean
  /** Every connection to PostgreSQL is cut now and then. */
  readonly postgresCuts: boolean
}

export const serverCount = 3

/** Something breaks, `atMs` after the begin. */
export type Blow =
  | { readonly atMs: number; readonly kind: 'kill'; readonly server: number }
  | { readonly atMs: number; readonly kind: 'redis-restart'; readonly downMs: number }
  | { readonly atMs: number; readonly kind: 'postgres-cut' }

const redisEveryMs = 8_000
const postgresEveryMs = 3_000

/** All blows in order, each kind by a chance of its own, so that one more kind moves no other. */
export function blowsOf(plan: CrashPlan): readonly Blow[] {
  const { seed, killEveryMs } = plan
  const [kills, redis, postgres] = [
    new Chance(seed),
    new Chance(seed + 1e6),
    new Chance(seed + 2e6),
  ]
  const blows: Blow[] = moments(plan, killEveryMs, kills).map((atMs) => ({
    atMs,
    kind: 'kill',
    server: kills.between(0, serverCount - 1),
  }))
  if (plan.redisRestarts)
    for (const atMs of moments(plan, redisEveryMs, redis))
      blows.push({ atMs, kind: 'redis-restart', downMs: redis.between(0, 3_000) })
  if (plan.postgresCuts)
    for (const atMs of moments(plan, postgresEveryMs, postgres))
      blows.push({ atMs, kind: 'postgres-cut' })
  return blows.toSorted((a, b) => a.atMs - b.atMs)
}

/** One moment at random within each stretch of `everyMs`. */
function moments({ seconds }: CrashPlan, everyMs: number, chance: Chance): number[] {
  const stretches = Math.floor((seconds * 1_000) / everyMs)
  return Array.from({ length: stretches }, (_, n) => n * everyMs + chance.between(0, everyMs - 1))
}
