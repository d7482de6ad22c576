// Decodes the cases that campaign.ts gives it, in a thread of its own: it may hang, or need too much.
import { parentPort, workerData } from 'node:worker_threads'
import { loadRecordings, makeCase } from './make-case.ts'
import { runCase } from './run-case.ts'

export interface Task {
  readonly seed: number
  /** The case that is being decoded. */
  readonly current: Int32Array
}

export interface Failure {
  readonly number: number
  readonly found: readonly string[]
}

/** What became of a batch. */
export interface Done {
  readonly runs: number
  readonly failures: readonly Failure[]
}

const { seed, current }: Task = workerData
const recordings = loadRecordings()
parentPort?.on('message', ([from, to]: [number, number]) => void decode(from, to))

async function decode(from: number, to: number): Promise<void> {
  const failures: Failure[] = []
  for (let number = from; number < to; number++) {
    Atomics.store(current, 0, number)
    const found = await runCase(makeCase(seed, number, recordings))
    if (found.length > 0) failures.push({ number, found })
  }
  const done: Done = { runs: to - from, failures }
  parentPort?.postMessage(done)
}
