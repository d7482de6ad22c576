import type { Place } from './places.ts'
import { type Measured, median, print, quantile, rotated, row } from './report.ts'
import { shop, turn } from './turns.ts'

const ROUNDS = 5
const ROUND_MS = 2_000
/** Conversations that have a turn under way at any moment. */
const AT_ONCE = 16
const TURNS_OF_CONVERSATION = 20

/** Turns a second that one server finishes over each store. */
export async function reportThroughput(all: Readonly<Record<string, Place>>): Promise<void> {
  print(`One server, ${AT_ONCE} conversations at once; medians of ${ROUNDS} rounds`)
  print(row(['', 'turns/s', 'p50, ms', 'p99, ms', 'memory = 1']))
  const names = Object.keys(all)
  const rounds = new Map(names.map((name) => [name, [] as Measured[]]))
  // The first round warms up.
  for (let round = 0; round <= ROUNDS; round++)
    for (const name of rotated(names, round)) {
      const place = all[name]
      const measured = place && (await load(place, `${name} ${round}`))
      if (round > 0 && measured) rounds.get(name)?.push(measured)
    }
  const base = rounds.get('memory') ?? []
  for (const [name, measured] of rounds) print(line(name, measured, base))
}

async function load({ store }: Place, label: string): Promise<Measured> {
  const server = shop({ store })
  const start = performance.now()
  const ms: number[] = []
  const person = async (who: number): Promise<void> => {
    for (let n = 0; performance.now() - start < ROUND_MS; n++) {
      const begun = performance.now()
      await turn(server, `${label} ${who} ${Math.floor(n / TURNS_OF_CONVERSATION)}`)
      ms.push(performance.now() - begun)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, (_, who) => person(who)))
  const perSecond = (ms.length / (performance.now() - start)) * 1_000
  await server.close()
  return { perSecond, ms }
}

/** One contender beside another, round by round. */
export function line(name: string, own: readonly Measured[], base: readonly Measured[]): string {
  const ratios = own.map(({ perSecond }, at) => perSecond / (base[at]?.perSecond ?? Number.NaN))
  return row([
    name,
    median(own.map(({ perSecond }) => perSecond)).toFixed(0),
    median(own.map(({ ms }) => quantile(ms, 0.5))).toFixed(1),
    median(own.map(({ ms }) => quantile(ms, 0.99))).toFixed(1),
    median(ratios).toFixed(2),
  ])
}
