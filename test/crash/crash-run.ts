import { setTimeout as pause } from 'node:timers/promises'
import { createToolClient } from '../../src/client/index.ts'
import type { ConversationEvent } from '../../src/protocol/index.ts'
import { postgresStore } from '../../src/stores/postgres.ts'
import { Chance } from '../simulate/chance.ts'
import { type CrashPlan, blowsOf } from './plan.ts'
import { Stage } from './stage.ts'
import { Talk, overHttp, until } from './talk.ts'
import { type Sights, type Story, brokenIn, strays } from './verdict.ts'

export interface CrashReport {
  /** How often what happened. */
  readonly counts: ReadonlyMap<string, number>
  /** Promises that were broken. */
  readonly broken: readonly string[]
  readonly seconds: number
  /** For whoever looks for the fault: every log, and all that was seen. */
  readonly evidence: unknown
}

/** In one line, for people. */
export function summaryOf({ counts, seconds }: CrashReport): string {
  const inOrder = [...counts].toSorted(([a], [b]) => a.localeCompare(b, 'en'))
  return `${seconds.toFixed(1)} s: ${inOrder.map(([what, n]) => `${what} ×${n}`).join(' · ')}`
}

const maxTalks = 20

/** So long may it take behind the last blow until everything is over. */
const patienceMs = 120_000

/** Lets turns run over real servers that are killed meanwhile, and says what became of them. */
export async function runCrash(plan: CrashPlan): Promise<CrashReport> {
  const started = performance.now()
  const stage = await Stage.open(plan)
  const { fleet, witness } = stage
  const talks = Array.from(
    { length: Math.min(maxTalks, plan.turns) },
    (_, n) => new Talk(`talk-${n}`, fleet, witness),
  )
  try {
    await Promise.all([strike(plan, stage), speak(plan, talks)])
    await stage.mended
    const hanging = await hangingOf(talks)
    const stories = await storiesOf(talks, stage)
    for (const talk of talks) talk.close()
    await fleet.end()
    const sights = { seen: witness.read(), killedAt: fleet.killedAt }
    const broken = [
      ...hanging,
      ...(await Promise.all(stories.map((story) => brokenIn(story, sights)))).flat(),
      ...strays(stories, sights),
      ...faultsIn(sights, plan),
      ...fleet.faults,
      ...(await leftovers(stage)),
    ]
    const counts = countsOf(stories, sights, plan).set('servers started', fleet.starts)
    const seconds = (performance.now() - started) / 1_000
    return {
      counts,
      broken,
      seconds,
      evidence: { stories, ...sights, killedAt: [...fleet.killedAt] },
    }
  } finally {
    for (const talk of talks) talk.close()
    await stage.close()
  }
}

/** Deals the blows of the plan, each at its moment. */
async function strike(plan: CrashPlan, stage: Stage): Promise<void> {
  const started = performance.now()
  for (const blow of blowsOf(plan)) {
    await pauseUntil(started + blow.atMs)
    stage.strike(blow)
  }
}

function pauseUntil(moment: number): Promise<void> {
  return pause(Math.max(0, moment - performance.now()))
}

/** Begins the turns of the plan, evenly over its time. */
async function speak({ seed, seconds, turns }: CrashPlan, talks: readonly Talk[]): Promise<void> {
  const chance = new Chance(seed + 3e6)
  const started = performance.now()
  for (let turn = 0; turn < turns; turn++) {
    await pauseUntil(started + (turn * seconds * 1_000) / turns)
    talks[turn % talks.length]?.say(turn, chance.between(0, 1))
  }
}

/** The talks that do not come to their end. */
async function hangingOf(talks: readonly Talk[]): Promise<readonly string[]> {
  const ends = talks.map(async (talk) =>
    (await soon(talk.over())) ? [] : [`${talk.id} does not end: ${talk.standing}`],
  )
  return (await Promise.all(ends)).flat()
}

/** Whether `end` comes in time. */
function soon(end: Promise<void>): Promise<boolean> {
  const late = pause(patienceMs, false, { ref: false })
  return Promise.race([late, end.then(() => true)])
}

/** What the store and the clients have, and a client that comes only now. */
async function storiesOf(talks: readonly Talk[], stage: Stage): Promise<readonly Story[]> {
  const store = await postgresStore({ url: stage.database.url })
  try {
    return await Promise.all(
      talks.map(async (talk) => {
        const late = createToolClient({
          transport: overHttp(stage.fleet),
          conversationId: talk.id,
        })
        await soon(until(late, () => talk.isOverAt(late)))
        const shown = [...talk.clients, late].map((client) => client.getSnapshot().messages)
        late.close()
        return { id: talk.id, turns: talk.turns, shown, log: await store.read(talk.id, 0) }
      }),
    )
  } finally {
    await store.close()
  }
}

/** What witnesses found wrong, and errors that nothing in the plan explains. */
function faultsIn({ seen }: Sights, plan: CrashPlan): readonly string[] {
  const explained = new Set([
    ...(plan.postgresCuts ? ['STORE_FAILED'] : []),
    ...(plan.redisRestarts ? ['BROKER_FAILED'] : []),
  ])
  return seen.flatMap((sight) => {
    if (sight.saw === 'fault') return [sight.text]
    if (sight.saw === 'error' && !explained.has(sight.code)) return [`${sight.code}: ${sight.text}`]
    return []
  })
}

async function leftovers({ database, redis }: Stage): Promise<readonly string[]> {
  const connections = await database.connections()
  const keys = await redis.keys()
  return [
    ...(connections > 0 ? [`left: ${connections} connections to PostgreSQL`] : []),
    ...keys.map((key) => `left: the Redis key ${key}`),
  ]
}

function countsOf(
  stories: readonly Story[],
  { seen }: Sights,
  plan: CrashPlan,
): Map<string, number> {
  const counts = new Map<string, number>()
  const add = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1)
  for (const { kind } of blowsOf(plan)) add(kind)
  for (const { log } of stories) for (const what of happened(log)) add(what)
  for (const sight of seen) {
    if (sight.saw === 'begin') add('handlers begun')
    if (sight.saw === 'request') add('model asked')
    if (sight.saw === 'error') add(`error ${sight.code}`)
  }
  return counts
}

function* happened(log: readonly ConversationEvent[]): Generator<string> {
  const steps = new Set<string>()
  for (const event of log) {
    if (event.type === 'turn-finished') yield 'turns'
    if (event.type === 'call-settled') yield `calls ${event.state}`
    if (event.type === 'call-granted' && event.attempt > 1) yield 'calls begun again'
    if (event.type !== 'step-started') continue
    const step = `${event.turnId} ${event.step}`
    if (steps.has(step)) yield 'steps taken over'
    steps.add(step)
  }
}
