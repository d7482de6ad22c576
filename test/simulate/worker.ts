// Does one run after another, as it is told, with the bundle that it is given.
import { parentPort, workerData } from 'node:worker_threads'
import type { Told } from './pool.ts'
import type { SimOptions, SimResult, SimTask } from './simulation.ts'

type Simulate = (options: SimOptions) => Promise<SimResult>

const { simulate }: { simulate: Simulate } = await import(String(workerData))

parentPort?.on('message', (task: SimTask) => {
  void simulate(task).then(({ violations, events, faults, outcomes, races, steps }) => {
    const reached = [...races].map(([race, n]) => [`race ${race}`, n] as const)
    const told: Told = { violations, events, steps, counts: [...faults, ...outcomes, ...reached] }
    parentPort?.postMessage(told)
  })
})
