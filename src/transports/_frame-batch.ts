import { systemSoon } from '../base/index.ts'

/** A batch as long as this does not wait for more. */
const maxChars = 64 * 1024

/**
 * Gathers frames until the event loop turns, and sends them as one message: the frame where there is one, else a
 * JSON array. A message costs a system call at either end, and a step of a turn has a dozen frames.
 */
export class FrameBatch {
  readonly #send: (message: string) => void
  #frames: string[] = []
  #chars = 0

  constructor(send: (message: string) => void) {
    this.#send = send
  }

  /** Adds a frame, written as JSON. */
  add(frame: string): void {
    this.#chars += frame.length
    const isFirst = this.#frames.push(frame) === 1
    if (this.#chars > maxChars) this.flush()
    else if (isFirst) systemSoon(() => this.flush())
  }

  /** Sends what there is at once. */
  flush(): void {
    const frames = this.#frames
    if (frames.length === 0) return
    this.#frames = []
    this.#chars = 0
    this.#send(frames.length === 1 ? frames.join() : `[${frames.join()}]`)
  }
}
