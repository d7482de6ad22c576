// Decodes damaged streams until something is wrong: `npm run fuzz -- --runs 1000000 --seed 1`, or one of them
// again: `npm run fuzz -- --seed 1 --case 4711`. Ends with 1 and the smallest failing case.
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { Campaign } from './campaign.ts'
import { loadRecordings, makeCase } from './make-case.ts'
import { type FuzzCase, runCase } from './run-case.ts'
import { kindsOf, shrink } from './shrink.ts'
import type { Failure } from './worker.ts'

await main()

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '100000' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      workers: { type: 'string', default: String(availableParallelism()) },
      case: { type: 'string' },
    },
  })
  const seed = Number(values.seed)
  if (!loadRecordings()) say('The recorded streams are not here: only written ones are damaged.')
  if (values.case !== undefined) return again(seed, Number(values.case))
  const campaign = new Campaign(seed, Number(values.runs), say)
  await campaign.run(Number(values.workers))
  const { failures, runs, seconds } = campaign
  const rate = Math.round(runs / seconds)
  say(
    `seed ${seed}: ${runs} streams in ${seconds.toFixed(0)} s (${rate}/s), ${failures.length} wrong`,
  )
  if (failures.length > 0) await report(seed, failures)
}

/** Shows one case of each kind that was found, made small, and the smallest of all in full. */
async function report(seed: number, failures: readonly Failure[]): Promise<void> {
  process.exitCode = 1
  const recordings = loadRecordings()
  const byKind = new Map<string, Failure>()
  for (const failure of failures)
    for (const kind of kindsOf(failure.found)) byKind.set(kind, byKind.get(kind) ?? failure)
  let smallest: FuzzCase | undefined
  for (const [kind, { number, found }] of byKind) {
    const fuzzCase = makeCase(seed, number, recordings)
    say(`${kind}\n  ${fuzzCase.title}`)
    // What never ends cannot be made smaller.
    if (/^it (?:hangs|breaks)/.test(found[0] ?? '')) continue
    const small = await shrink(fuzzCase)
    if (!smallest || small.bytes.length < smallest.bytes.length) smallest = small
  }
  if (smallest) await show(smallest)
}

async function again(seed: number, number: number): Promise<void> {
  const fuzzCase = makeCase(seed, number, loadRecordings())
  await show(fuzzCase)
  if ((await runCase(fuzzCase)).length > 0) process.exitCode = 1
}

async function show(fuzzCase: FuzzCase): Promise<void> {
  const found = await runCase(fuzzCase)
  say(`\n${fuzzCase.title}\n${found.map((finding) => `  ${finding}\n`).join('')}`)
  say(JSON.stringify(new TextDecoder().decode(fuzzCase.bytes)))
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
