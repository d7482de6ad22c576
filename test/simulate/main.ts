// Runs the production code of both ends in a world that goes wrong at random, and checks that it keeps its
// promises: `npm run simulate -- --seeds 5000 [--first 1] [--mutants] [--trace SEED]`.
import { parseArgs } from 'node:util'
import { bundle } from './bundle.ts'
import type { FaultKind } from './faults.ts'
import { mutants } from './mutants.ts'
import { runSeeds } from './pool.ts'
import { simulate } from './simulation.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    first: { type: 'string', default: '1' },
    mutants: { type: 'boolean', default: false },
    trace: { type: 'string' },
  },
})
const [first, seeds] = [Number(values.first), Number(values.seeds)]

if (values.trace !== undefined) await show(Number(values.trace))
else if (values.mutants) await runMutants()
else await run()

async function run(): Promise<void> {
  const started = performance.now()
  const { finding, events, counts, ...ran } = await runSeeds(await bundle(), first, seeds)
  const seconds = ((performance.now() - started) / 1_000).toFixed(1)
  console.log(`${ran.seeds} seeds from ${first}, ${events} events in the logs, ${seconds} s`)
  console.log([...counts].map(([name, n]) => `${name} ${n}`).join(' · '))
  if (!finding) return console.log('✔ every promise was kept')
  process.exitCode = 1
  console.log(`✘ seed ${finding.seed}:\n  ${finding.violations.join('\n  ')}`)
  console.log(`The least that has to go wrong: ${(await shrink(finding.seed)).join(', ')}`)
  console.log(`See it happen: npm run simulate -- --trace ${finding.seed}`)
}

/** Takes one kind of fault after another away, as long as the promise is still broken. */
async function shrink(seed: number): Promise<readonly FaultKind[]> {
  const without = new Set<FaultKind>()
  const { kinds } = await simulate({ seed })
  for (const kind of kinds) {
    without.add(kind)
    const { violations } = await simulate({ seed, without })
    if (violations.length === 0) without.delete(kind)
  }
  return kinds.filter((kind) => !without.has(kind))
}

async function runMutants(): Promise<void> {
  for (const mutant of mutants) {
    const { finding, seeds: ran } = await runSeeds(await bundle(mutant), first, seeds)
    if (!finding) process.exitCode = 1
    const caught = finding
      ? `caught after ${ran} seeds: ${finding.violations[0]}`
      : `MISSED in ${ran}`
    console.log(`${finding ? '✔' : '✘'} without "${mutant.rule}": ${caught.slice(0, 160)}`)
  }
}

async function show(seed: number): Promise<void> {
  const { violations } = await simulate({ seed, trace: (line) => console.log(line) })
  console.log(violations.length > 0 ? `✘ ${violations.join('\n  ')}` : '✔ every promise was kept')
}
