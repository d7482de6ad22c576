import type { Connection } from '../ports/index.ts'
import type { PartFrame, ServerFrame } from '../protocol/index.ts'

/** What may wait for a slow reader before it is cut off. */
const maxFrames = 1_000
const maxChars = 1_000_000

type AnyFrame = ServerFrame | PartFrame

interface Waiting {
  readonly frame: AnyFrame
  readonly chars: number
}

/**
 * What goes out to one reader, in order. Bounded: a reader that does not read is told `bye` and cut; it
 * comes back and resumes from the log, so that its slowness costs nobody memory.
 */
export class Outlet {
  readonly #connection: Connection
  #queue: Waiting[] = []
  #chars = 0
  #pumping: Promise<void> | null = null
  #closed = false

  constructor(connection: Connection) {
    this.#connection = connection
  }

  push(frame: AnyFrame): void {
    if (this.#closed) return
    const chars = this.#pumping ? sizeOf(frame) : 0
    this.#chars += chars
    if (!this.#mergedIntoLast(frame, chars)) this.#queue.push({ frame, chars })
    // Whatever comes is as long as it is; cut before it, it would never come.
    const isTooLong = this.#queue.length > 1 && this.#chars > maxChars
    if (isTooLong || this.#queue.length > maxFrames)
      return this.close({ k: 'bye', why: 'slow', retryMs: 1_000 })
    this.#pumping ??= this.#pump()
  }

  /** Resolves once there is room for `frame` and as much again, or the link is over. */
  async roomFor(frame: AnyFrame): Promise<void> {
    if (!this.#pumping) return
    const chars = this.#chars + sizeOf(frame)
    if (2 * chars > maxChars || 2 * this.#queue.length > maxFrames) await this.#pumping
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
    try {
      for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
        this.#chars -= next.chars
        await this.#connection.send(next.frame)
      }
    } catch {
      // The link broke. Its reader loop ends by the same fault and cleans up; the log keeps everything.
      this.#stop()
    }
    this.#pumping = null
  }

  #stop(): void {
    this.#closed = true
    this.#queue = []
  }

  /** Text that waits anyway goes out in one piece with the text after it. */
  #mergedIntoLast(frame: AnyFrame, chars: number): boolean {
    const last = this.#queue.at(-1)
    if (frame.k !== 'd' || last?.frame.k !== 'd' || frame.h) return false
    const { m, p, o, x } = last.frame
    if (m !== frame.m || p !== frame.p || frame.o !== o + x.length) return false
    this.#queue.pop()
    this.#queue.push({ frame: { ...last.frame, x: x + frame.x }, chars: last.chars + chars })
    return true
  }
}

/** Asked only of frames that have to wait. */
function sizeOf(frame: AnyFrame): number {
  return frame.k === 'd' || frame.k === 'part' ? frame.x.length : JSON.stringify(frame).length
}
