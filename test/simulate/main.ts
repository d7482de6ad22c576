// Runs the production code of both ends in a world that goes wrong at random, and checks that it keeps its
// promises: `npm run simulate -- --seeds 5000 [--first 1]`; with `--crashes`, each actor of a calm run is
// crashed at each of its steps instead; with `--mutants`, each rule of the protocol is taken away in turn
// (`--rule TEXT` for one of them);
// `--trace SEED` shows one run, and with `--crash tab:12:before` the one with that crash.
import { parseArgs } from 'node:util'
import { bundle } from './bundle.ts'
import type { Actor, CrashPoint } from './crash.ts'
import type { FaultKind } from './faults.ts'
import { mutants } from './mutants.ts'
import { type Finding, type Summary, runTasks } from './pool.ts'
import { racesReached } from './races.ts'
import { type SimTask, simulate } from './simulation.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    first: { type: 'string', default: '1' },
    crashes: { type: 'boolean', default: false },
    mutants: { type: 'boolean', default: false },
    rule: { type: 'string', default: '' },
    trace: { type: 'string' },
    crash: { type: 'string' },
  },
})
const first = Number(values.first)
// A rule that guards a rare race takes many runs to be missed.
const seedCount = Number(values.seeds ?? (values.mutants ? 50_000 : 1_000))
const seeds = Array.from({ length: seedCount }, (_, n) => ({ seed: first + n }))
/** So many runs reach every race, if any number does. */
const enoughForRaces = 5_000

if (values.trace !== undefined) await show(taskOf(Number(values.trace), values.crash))
else if (values.mutants) await runMutants()
else if (values.crashes) await runCrashes()
else await runSeeds()

async function runSeeds(): Promise<void> {
  const summary = await timed('seeds', seeds)
  const { counts } = summary
  const missing = racesReached.filter((race) => !counts.has(`race ${race}`))
  if (seeds.length < enoughForRaces || missing.length === 0 || summary.finding) return
  process.exitCode = 1
  console.log(`✘ races that were not reached: ${missing.join(', ')}`)
}

/** Crashes each actor at every step of a calm run, before the step is done and before it is answered. */
async function runCrashes(): Promise<void> {
  for (const { seed } of seeds) {
    // A step that is never reached crashes nobody, and counts them all.
    const { steps } = await simulate({
      seed,
      crash: { actor: 'tab', step: Infinity, when: 'before' },
    })
    const tasks = (['tab', 'node'] as const).flatMap((actor) =>
      crashesOf(seed, actor, steps[actor]),
    )
    await timed(`crashes of seed ${seed}`, tasks)
  }
}

function crashesOf(seed: number, actor: Actor, steps: number): SimTask[] {
  return Array.from({ length: steps }, (_, n) => n + 1).flatMap((step) => [
    { seed, crash: { actor, step, when: 'before' } },
    { seed, crash: { actor, step, when: 'after' } },
  ])
}

async function timed(what: string, tasks: readonly SimTask[]): Promise<Summary> {
  const started = performance.now()
  const summary = await runTasks(await bundle(), tasks)
  const { runs, events, counts, finding } = summary
  const seconds = ((performance.now() - started) / 1_000).toFixed(1)
  console.log(`${runs} ${what}, ${events} events in the logs, ${seconds} s`)
  const inOrder = [...counts].toSorted(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
  console.log(inOrder.map(([name, n]) => `${name} ×${n}`).join(' · '))
  if (finding) await report(finding)
  else console.log('✔ every promise was kept')
  return summary
}

async function report({ task, violations }: Finding): Promise<void> {
  process.exitCode = 1
  const { seed, crash } = task
  const point = crash && `${crash.actor}:${crash.step}:${crash.when}`
  console.log(`✘ seed ${seed}${point ? `, crash ${point}` : ''}:\n  ${violations.join('\n  ')}`)
  if (!crash && violations[0] !== 'the run goes on for ever')
    console.log(`The least that has to go wrong: ${(await shrink(seed)).join(', ')}`)
  const flag = point ? ` --crash ${point}` : ''
  console.log(`See it happen: npm run simulate -- --trace ${seed}${flag}`)
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
  for (const mutant of mutants.filter(({ rule }) => rule.includes(values.rule))) {
    const { finding, runs } = await runTasks(await bundle(mutant), seeds)
    if (!finding) process.exitCode = 1
    const caught = finding ? `caught after ${runs} seeds: ${finding.violations[0]}` : 'MISSED'
    console.log(`${finding ? '✔' : '✘'} without "${mutant.rule}": ${caught.slice(0, 160)}`)
  }
}

async function show(task: SimTask): Promise<void> {
  const { violations } = await simulate({ ...task, trace: (line) => console.log(line) })
  console.log(violations.length > 0 ? `✘ ${violations.join('\n  ')}` : '✔ every promise was kept')
}

function taskOf(seed: number, crash: string | undefined): SimTask {
  if (crash === undefined) return { seed }
  const [actor, step, when] = crash.split(':')
  return { seed, crash: { actor, step: Number(step), when } as CrashPoint }
}
