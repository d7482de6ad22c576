import { Worker } from 'node:worker_threads'
import type { Done, Failure, Task } from './worker.ts'

/** What a worker takes on at a time. */
const batch = 500
/** Longer than any case needs on a busy machine. */
const patienceMs = 60_000
/** A decoder that needs more holds on to what it should not. */
const heapMb = 256
/** More are of the same few kinds. */
const enough = 50

/** Many cases, shared out to workers, and what is wrong with them. */
export class Campaign {
  readonly failures: Failure[] = []
  runs = 0
  seconds = 0
  readonly #seed: number
  readonly #total: number
  #given = 0

  readonly #say: (line: string) => void

  constructor(seed: number, total: number, say: (line: string) => void) {
    this.#seed = seed
    this.#total = total
    this.#say = say
  }

  async run(workers: number): Promise<void> {
    const started = performance.now()
    const progress = setInterval(() => {
      this.seconds = (performance.now() - started) / 1_000
      const rate = Math.round(this.runs / this.seconds)
      this.#say(`  ${this.runs} of ${this.#total} (${rate}/s), ${this.failures.length} wrong`)
    }, 30_000)
    await Promise.all(Array.from({ length: workers }, () => this.#employ()))
    clearInterval(progress)
    this.seconds = (performance.now() - started) / 1_000
  }

  /** One worker from its first batch to its last. */
  #employ(): Promise<void> {
    const current = new Int32Array(new SharedArrayBuffer(4))
    const task: Task = { seed: this.#seed, current }
    const worker = new Worker(new URL('worker.ts', import.meta.url), {
      workerData: task,
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
    })
    return new Promise((resolve) => {
      let watch: NodeJS.Timeout
      const leave = (): void => {
        clearTimeout(watch)
        void worker.terminate()
        resolve()
      }
      const fail = (what: string): void => {
        this.failures.push({ number: Atomics.load(current, 0), found: [what] })
        leave()
      }
      const look = (): void => {
        const before = Atomics.load(current, 0)
        watch = setTimeout(() => {
          if (Atomics.load(current, 0) === before) fail('it hangs')
          else look()
        }, patienceMs)
      }
      const give = (): void => {
        if (this.#given >= this.#total || this.failures.length >= enough) return leave()
        const from = this.#given
        this.#given = Math.min(this.#total, from + batch)
        worker.postMessage([from, this.#given])
      }
      worker.on('message', ({ runs, failures }: Done) => {
        this.runs += runs
        this.failures.push(...failures)
        for (const { number, found } of failures) this.#say(`  case ${number}: ${found.join('; ')}`)
        give()
      })
      worker.on('error', (error) => fail(`it breaks the process: ${error.message}`))
      look()
      give()
    })
  }
}
