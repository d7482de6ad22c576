// Plays one workload twice, after a small one that warms up, and prints what became of each time as a line of JSON.
// node --expose-gc test/load/run.ts CONVERSATIONS STEPS memory|http direct|wire
import { runInNewContext } from 'node:vm'
import { type Played, type Workload, stage } from './workload.ts'

/** One play, and what the process holds on to after it. */
export interface Round extends Played {
  readonly heapMegabytes: number
  readonly residentMegabytes: number
}

const [conversations = '100', steps = '10', over = 'memory', model = 'direct'] =
  process.argv.slice(2)
// Given by load.test.ts, or by a person who reads the line above.
const load = {
  conversations: Number(conversations),
  steps: Number(steps),
  over,
  model,
} as Workload

const megabytes = (bytes: number): number => Math.round((bytes / 1_048_576) * 10) / 10

const theatre = await stage(load)
await theatre.play(10)
for (let round = 1; round <= 2; round++) {
  const played = await theatre.play(load.conversations)
  // Sockets and finalizers need a moment to let go.
  for (let n = 0; n < 3; n++) {
    await new Promise<void>((resolve) => void setTimeout(resolve, 50))
    runInNewContext('gc')()
  }
  const { heapUsed, rss } = process.memoryUsage()
  const line: Round = {
    ...played,
    heapMegabytes: megabytes(heapUsed),
    residentMegabytes: megabytes(rss),
  }
  console.log(JSON.stringify(line))
}
await theatre.close()
