import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Actor } from './crash.ts'
import type { SimResult, SimTask } from './simulation.ts'

export interface Finding {
  readonly task: SimTask
  readonly violations: readonly string[]
}

export interface Summary {
  readonly runs: number
  readonly events: number
  /** How often each fault, each outcome and each race came. */
  readonly counts: ReadonlyMap<string, number>
  readonly steps: Readonly<Record<Actor, number>>
  /** The first task that broke a promise. */
  readonly finding: Finding | null
}

/** What a worker tells of one run. */
export type Told = Pick<SimResult, 'violations' | 'events' | 'steps'> & {
  readonly counts: readonly (readonly [string, number])[]
}

/** A run takes milliseconds; one that takes so long spins. */
const patienceMs = 60_000

/** Runs tasks on every core, in order, until one breaks a promise. */
export async function runTasks(file: string, tasks: readonly SimTask[]): Promise<Summary> {
  const counts = new Map<string, number>()
  const steps = { tab: 0, node: 0 }
  const findings: (Finding & { readonly nth: number })[] = []
  let [next, runs, events] = [0, 0, 0]
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL('worker.ts', import.meta.url), { workerData: file })
      let watchdog: NodeJS.Timeout | undefined
      const end = (): void => {
        clearTimeout(watchdog)
        resolve()
        void worker.terminate()
      }
      const give = (): void => {
        clearTimeout(watchdog)
        const nth = next++
        const task = tasks[nth]
        if (!task || findings.length > 0) return end()
        watchdog = setTimeout(() => {
          findings.push({ nth, task, violations: ['the run goes on for ever'] })
          end()
        }, patienceMs)
        worker.once('message', (told: Told) => {
          runs++
          events += told.events
          steps.tab += told.steps.tab
          steps.node += told.steps.node
          for (const [name, n] of told.counts) counts.set(name, (counts.get(name) ?? 0) + n)
          if (told.violations.length > 0) findings.push({ nth, task, violations: told.violations })
          give()
        })
        worker.postMessage(task)
      }
      worker.on('error', reject)
      give()
    })
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  const finding = findings.toSorted((a, b) => a.nth - b.nth)[0] ?? null
  return { runs, events, counts, steps, finding }
}
