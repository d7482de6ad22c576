import type { World } from '../base/index.ts'
import type { ClientCommand, ReplyFrame } from '../protocol/index.ts'

interface HeartbeatOptions {
  readonly world: World
  readonly request: (command: ClientCommand) => Promise<ReplyFrame>
  readonly tell: (command: ClientCommand) => void
}

interface HeldCall {
  readonly callId: string
  readonly attempt: number
  readonly leaseMs: number
}

/** Progress more often than this is not worth a request. */
const progressEveryMs = 100

/** Keeps the lease of a running call, carries its progress, and hears of a cancel even where the stream is dead. */
export class Heartbeat {
  readonly #call: HeldCall
  readonly #options: HeartbeatOptions
  /** Called when the server no longer wants the call from here. */
  onCancel: () => void = () => {}
  #n = 0
  #stopBeat: () => void = () => {}
  #stopProgress: (() => void) | null = null
  #latest: { readonly value: unknown } | null = null
  #stopped = false

  constructor(call: HeldCall, options: HeartbeatOptions) {
    this.#call = call
    this.#options = options
  }

  /** Three beats to a lease, so that two may be lost. */
  start(): void {
    this.#stopBeat = this.#options.world.setTimer(this.#call.leaseMs / 3, () => {
      this.start()
      this.#options.request(this.#beat()).then(
        ({ st }) => {
          if (st !== 'granted' && !this.#stopped) this.onCancel()
        },
        () => {
          // The link is closed for good; the lease runs out by itself.
        },
      )
    })
  }

  /** Shows `value` now, or, where the last is too fresh, the newest of what comes until then. */
  progress(value: unknown): void {
    if (this.#stopped) return
    this.#latest = { value }
    if (this.#stopProgress) return
    this.#sendProgress()
  }

  stop(): void {
    this.#stopped = true
    this.#stopBeat()
    this.#stopProgress?.()
  }

  #sendProgress(): void {
    this.#stopProgress = null
    if (!this.#latest) return
    this.#options.tell({ ...this.#beat(), progress: this.#latest.value })
    this.#latest = null
    this.#stopProgress = this.#options.world.setTimer(progressEveryMs, () => this.#sendProgress())
  }

  #beat(): Extract<ClientCommand, { type: 'beat' }> {
    const { callId, attempt } = this.#call
    return { type: 'beat', callId, attempt, n: ++this.#n }
  }
}
