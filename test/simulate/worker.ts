// Runs one seed after another, as it is told, with the bundle that it is given.
import { parentPort, workerData } from 'node:worker_threads'
import type { Told } from './pool.ts'
import type { SimOptions, SimResult } from './simulation.ts'

type Simulate = (options: SimOptions) => Promise<SimResult>

const { simulate }: { simulate: Simulate } = await import(String(workerData))

parentPort?.on('message', (seed: number) => {
  void simulate({ seed }).then(({ violations, events, faults, outcomes }) => {
    const told: Told = { seed, violations, events, counts: [...faults, ...outcomes] }
    parentPort?.postMessage(told)
  })
})
