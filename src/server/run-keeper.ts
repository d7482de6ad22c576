import type { World } from '../base/index.ts'
import type { ConversationState } from '../turn/index.ts'
import type { RunLeases } from '../ports/index.ts'

interface RunKeeperOptions {
  readonly runs: RunLeases
  readonly world: World
  readonly leaseMs: number
  /** Does what the broker is asked for, if it can; `null` where it could not. */
  readonly attempt: <T>(work: () => Promise<T>) => Promise<T | null>
  /** Takes a conversation in hand, and says whether there is anything to do. */
  readonly resume: (conversationId: string) => Promise<void>
}

/** Taken over in one go; the rest is for the other nodes, or for the next time. */
const maxAtOnce = 10

/** Says which conversations this node works on, and takes up those of nodes that say nothing any more. */
export class RunKeeper {
  readonly #options: RunKeeperOptions
  readonly #held = new Set<string>()
  #stopTimer: () => void = () => {}
  #isClosed = false

  constructor(options: RunKeeperOptions) {
    this.#options = options
    this.#wait()
  }

  /** Holds a conversation while it has something to do. */
  keep(id: string, { turn, undoQueue }: ConversationState): void {
    const { runs, leaseMs } = this.#options
    const isBusy = turn !== null || undoQueue.length > 0
    if (isBusy === this.#held.has(id)) return
    if (isBusy) this.#held.add(id)
    else this.#held.delete(id)
    void this.#options.attempt(() => (isBusy ? runs.hold(id, leaseMs) : runs.release(id)))
  }

  /** What is left here is for the others, now. */
  close(): void {
    this.#isClosed = true
    this.#stopTimer()
    const { runs, attempt } = this.#options
    for (const id of this.#held) void attempt(() => runs.hold(id, 0))
  }

  #wait(): void {
    if (this.#isClosed) return
    const { world, leaseMs } = this.#options
    const next = (): void => void this.#look().finally(() => this.#wait())
    this.#stopTimer = world.setTimer(leaseMs / 3, next, { keepAlive: false })
  }

  async #look(): Promise<void> {
    const { runs, leaseMs, attempt, resume } = this.#options
    for (const id of this.#held) void attempt(() => runs.hold(id, leaseMs))
    const left = (await attempt(() => runs.takeOver(maxAtOnce, leaseMs))) ?? []
    for (const id of left) {
      if (this.#isClosed) return
      await resume(id)
      if (!this.#held.has(id)) await attempt(() => runs.release(id))
    }
  }
}
