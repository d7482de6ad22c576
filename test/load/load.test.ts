import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { Round } from './run.ts'
import type { Workload } from './workload.ts'

const program = resolve(import.meta.dirname, 'run.ts')

/** In a process of its own, so that what it holds on to is the SDK's doing and not the test runner's. */
async function rounds({ conversations, steps, over, model }: Workload): Promise<readonly Round[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--expose-gc',
    program,
    String(conversations),
    String(steps),
    over,
    model,
  ])
  // Printed by run.ts, which has this type.
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Round)
}

// Half a minute on two idle cores; the limit leaves room for a busy machine.
const minutes = 60_000

test.each<Workload>([
  { conversations: 1_000, steps: 10, over: 'memory', model: 'wire' },
  { conversations: 100, steps: 10, over: 'http', model: 'wire' },
])(
  '$conversations conversations of $steps steps at once over $over: no result lost or doubled, memory flat',
  { timeout: 5 * minutes },
  async (load) => {
    const played = await rounds(load)
    for (const round of played) console.log(figures(load, round))
    const steps = load.conversations * load.steps
    for (const round of played)
      expect(round).toMatchObject({
        calls: 2 * steps,
        handlerRuns: 2 * steps,
        handlersRunTwice: 0,
        settled: 2 * steps,
        settledTwice: 0,
        modelRequests: steps + load.conversations,
        stepsStarted: steps + load.conversations,
        stepsStartedTwice: 0,
        wrongOutputs: 0,
        wrongEnds: 0,
        errors: [],
        linksLeft: 0,
        conversationsLeft: 0,
        timersLeft: 0,
      })
    const [first, second] = played as readonly [Round, Round]
    expect(second.heapMegabytes).toBeLessThan(first.heapMegabytes * 1.1 + 4)
  },
)

function figures(load: Workload, round: Round): string {
  const seconds = round.seconds.toFixed(1)
  const rate = Math.round(round.calls / round.seconds)
  return `${load.over}: ${round.calls} calls in ${seconds} s (${rate}/s), heap ${round.heapMegabytes} MB after it, ${round.residentMegabytes} MB resident`
}
