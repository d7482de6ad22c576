import type { RunLeases } from '../../ports/index.ts'
import { demandEqual } from '../suite-case.ts'
import type { Stand, StandCase } from './stand.ts'

/** Long enough to look before it is over, and short enough to wait for. */
const shortMs = 100
const longMs = 60_000

/** Runs where the broker keeps leases. Marked, so that a bundler leaves out cases that nobody runs. */
/* @__NO_SIDE_EFFECTS__ */
function withRuns(
  run: (stand: Stand, a: RunLeases, b: RunLeases) => Promise<void>,
): StandCase['run'] {
  return async (stand) => {
    await stand.listen(stand.nodes[0], 'up')
    await stand.listen(stand.nodes[1], 'up')
    const [a, b] = stand.nodes.map(({ runs }) => runs)
    if (a && b) await run(stand, a, b)
  }
}

/** What is taken over, once something is. */
async function taken(stand: Stand, runs: RunLeases, leaseMs: number): Promise<readonly string[]> {
  let ids: readonly string[] = []
  await stand.until('A lease has to end', async () => {
    ids = await runs.takeOver(10, leaseMs)
    return ids.length > 0
  })
  return ids
}

export const runCases: readonly StandCase[] = [
  {
    name: 'a run is taken over when its lease is over, by one node',
    run: withRuns(async (stand, a, b) => {
      await a.hold('held', longMs)
      await a.hold('left', shortMs)
      demandEqual(await b.takeOver(10, longMs), [], 'What is taken over too early')
      await stand.pass(shortMs)
      demandEqual(await taken(stand, b, longMs), ['left'], 'What is taken over')
      const again = await Promise.all([a.takeOver(10, longMs), b.takeOver(10, longMs)])
      demandEqual(again, [[], []], 'What is taken over twice')
    }),
  },
  {
    name: 'a run that is held again, or released, is not taken over',
    run: withRuns(async (stand, a, b) => {
      await a.hold('renewed', shortMs)
      await a.hold('ended', shortMs)
      await a.hold('renewed', longMs)
      await b.release('ended')
      await b.release('unheard of')
      await stand.pass(2 * shortMs)
      demandEqual(await b.takeOver(10, longMs), [], 'What is taken over')
    }),
  },
  {
    name: 'no more runs are taken over than asked for, and of many who ask each gets others',
    run: withRuns(async (stand, a, b) => {
      const ids = Array.from({ length: 20 }, (_, n) => `run ${n}`)
      for (const id of ids) await a.hold(id, 1)
      await stand.pass(shortMs)
      const got = await Promise.all([a, b, a, b].map((runs) => runs.takeOver(5, longMs)))
      demandEqual(
        got.map(({ length }) => length),
        [5, 5, 5, 5],
        'How many each gets',
      )
      demandEqual(got.flat().toSorted(), ids.toSorted(), 'What all get together')
    }),
  },
  {
    name: 'a run that was taken over three times is left alone, and counts anew once it was released',
    run: withRuns(async (stand, a, b) => {
      const threeTimes = async (): Promise<void> => {
        await a.hold('poison', 1)
        for (let n = 0; n < 3; n++)
          demandEqual(await taken(stand, n % 2 === 0 ? a : b, 1), ['poison'], `Time ${n + 1}`)
        await stand.pass(shortMs)
      }
      await threeTimes()
      await b.release('poison')
      await threeTimes()
      demandEqual(await b.takeOver(10, longMs), [], 'What is taken over a fourth time')
    }),
  },
]
