import type { Connection } from '../ports/index.ts'
import type { ServerFrame } from '../protocol/index.ts'

/** What may wait for a slow reader before it is cut off. */
const maxFrames = 1_000
const maxChars = 1_000_000

/**
 * What goes out to one reader, in order. Bounded: a reader that does not read is told `bye` and cut; it
 * comes back and resumes from the log, so that its slowness costs nobody memory.
 */
export class Outlet {
  readonly #connection: Connection
  #queue: ServerFrame[] = []
  #chars = 0
  #pumping = false
  #closed = false

  constructor(connection: Connection) {
    this.#connection = connection
  }

  push(frame: ServerFrame): void {
    if (this.#closed) return
    if (this.#pumping) this.#chars += sizeOf(frame)
    if (!this.#mergedIntoLast(frame)) this.#queue.push(frame)
    if (this.#queue.length > maxFrames || this.#chars > maxChars)
      return this.close({ k: 'bye', why: 'slow', retryMs: 1_000 })
    if (!this.#pumping) void this.#pump()
  }

  /**
   * Ends the link at once, with `bye` as the last thing that goes out. What waits is dropped: a reader that
   * comes back gets it from the log, and one that does not read must not keep the link.
   */
  close(bye: Extract<ServerFrame, { k: 'bye' }>): void {
    if (this.#closed) return
    this.#stop()
    this.#connection.send(bye).catch(() => {
      // The link broke by itself meanwhile.
    })
    this.#connection.close()
  }

  async #pump(): Promise<void> {
    this.#pumping = true
    try {
      for (let frame = this.#queue.shift(); frame; frame = this.#queue.shift())
        await this.#connection.send(frame)
    } catch {
      // The link broke. Its reader loop ends by the same fault and cleans up; the log keeps everything.
      this.#stop()
    }
    this.#pumping = false
    this.#chars = 0
  }

  #stop(): void {
    this.#closed = true
    this.#queue = []
  }

  /** Text that waits anyway goes out in one piece with the text after it. */
  #mergedIntoLast(frame: ServerFrame): boolean {
    const last = this.#queue.at(-1)
    if (frame.k !== 'd' || last?.k !== 'd' || frame.h) return false
    if (last.m !== frame.m || last.p !== frame.p || frame.o !== last.o + last.x.length) return false
    this.#queue[this.#queue.length - 1] = { ...last, x: last.x + frame.x }
    return true
  }
}

/** Asked only of frames that have to wait. */
function sizeOf(frame: ServerFrame): number {
  return frame.k === 'd' ? frame.x.length : JSON.stringify(frame).length
}
