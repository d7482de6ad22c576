import { ToolwireError, type World } from '../base/index.ts'
import type { AuditEntry, AuditRecord, AuditSink } from '../ports/index.ts'
import { type AuditHead, noHead, sealEntry } from './audit.ts'

export interface AuditWriterOptions {
  readonly sink: AuditSink
  readonly world: World
  readonly onError: (error: unknown) => void
  /** Records that wait for a sink that fails; beyond that, entries are lost, and the chain says how many. */
  readonly maxWaiting?: number
}

const firstPauseMs = 1_000
const longestPauseMs = 60_000
/** What a server that closes gives its sink to take the rest. */
const closeMs = 5_000

/** Chains what happened and hands it to the sink in order. Nobody waits for it: a broken sink holds up no call. */
export class AuditWriter {
  readonly #options: AuditWriterOptions
  readonly #chain: string
  readonly #maxWaiting: number
  readonly #waiting: AuditRecord[] = []
  #head: AuditHead = noHead
  #missed = 0
  #work: Promise<void> | null = null
  #failures = 0
  #stopTimer = (): void => {}
  #closed = false

  constructor(options: AuditWriterOptions) {
    this.#options = options
    this.#chain = options.world.randomId()
    this.#maxWaiting = options.maxWaiting ?? 10_000
  }

  write(entry: AuditEntry): void {
    if (this.#waiting.length >= this.#maxWaiting) {
      this.#missed++
      return
    }
    const seal = { chain: this.#chain, head: this.#head, missed: this.#missed }
    const record = sealEntry(entry, seal)
    this.#missed = 0
    this.#head = record
    this.#waiting.push(record)
    if (this.#failures === 0) this.#start()
  }

  /** Hands over what waits, and says what was left. */
  async close(): Promise<void> {
    this.#closed = true
    this.#stopTimer()
    this.#start()
    const { world, onError } = this.#options
    let stop = (): void => {}
    const patience = new Promise<void>((resolve) => {
      stop = world.setTimer(closeMs, resolve)
    })
    await Promise.race([this.#work, patience])
    stop()
    const lost = this.#waiting.length + this.#missed
    if (lost > 0)
      onError(
        new ToolwireError('STORE_FAILED', `${lost} audit records were not kept.`, {
          hint: 'The sink did not take them before the server closed. The conversations themselves are whole.',
        }),
      )
  }

  #start(): void {
    this.#work ??= this.#drain().finally(() => {
      this.#work = null
    })
  }

  async #drain(): Promise<void> {
    const { sink, world, onError } = this.#options
    for (let [next] = this.#waiting; next; [next] = this.#waiting) {
      try {
        await sink.append(next)
      } catch (error) {
        onError(error)
        if (!this.#closed) {
          const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** this.#failures++)
          this.#stopTimer = world.setTimer(pauseMs, () => this.#start(), { keepAlive: false })
        }
        return
      }
      this.#waiting.shift()
      this.#failures = 0
    }
  }
}
