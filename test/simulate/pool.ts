import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { SimResult } from './simulation.ts'

export interface Finding {
  readonly seed: number
  readonly violations: readonly string[]
}

export interface Summary {
  readonly seeds: number
  readonly events: number
  /** How often each fault and each outcome came. */
  readonly counts: ReadonlyMap<string, number>
  /** The lowest seed that broke a promise. */
  readonly finding: Finding | null
}

/** What a worker tells of one seed. */
export type Told = Pick<SimResult, 'violations' | 'events'> & {
  readonly seed: number
  readonly counts: readonly (readonly [string, number])[]
}

/** Runs seeds on every core until one breaks a promise. */
export async function runSeeds(file: string, first: number, count: number): Promise<Summary> {
  const counts = new Map<string, number>()
  const progress = { next: first, seeds: 0, events: 0 }
  let finding: Finding | null = null
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL('worker.ts', import.meta.url), { workerData: file })
      const give = (): void => {
        if (finding || progress.next >= first + count) {
          resolve()
          void worker.terminate()
        } else worker.postMessage(progress.next++)
      }
      worker.on('error', reject)
      worker.on('message', (told: Told) => {
        progress.seeds++
        progress.events += told.events
        for (const [name, n] of told.counts) counts.set(name, (counts.get(name) ?? 0) + n)
        if (told.violations.length > 0 && (!finding || told.seed < finding.seed)) finding = told
        give()
      })
      give()
    })
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  return { seeds: progress.seeds, events: progress.events, counts, finding }
}
