import { AsyncQueue, isObject } from '../../base/index.ts'
import type { Connection } from '../../ports/index.ts'
import { claimedKey } from '../../protocol/index.ts'
import { demand } from '../suite-case.ts'
import { codeOf } from './outcome.ts'
import { within } from './patience.ts'

interface EndOptions {
  /** Whether commands are answered, as a server does: some wires take the next one only then. */
  readonly answers: boolean
  readonly patienceMs: number
}

/** One end of a link, which reads all that comes. */
export class End {
  readonly connection: Connection
  /** The first frame that came. */
  first: unknown
  /** Resolves once the frames are over: with `null` where they ended, else with the code of what they threw. */
  readonly ended: Promise<string | null>
  readonly #patienceMs: number
  readonly #frames = new AsyncQueue<unknown>()
  readonly #unread: AsyncIterator<unknown>

  constructor(connection: Connection, { answers, patienceMs }: EndOptions) {
    this.connection = connection
    this.#patienceMs = patienceMs
    this.#unread = this.#frames[Symbol.asyncIterator]()
    this.ended = this.#read(answers).then(() => null, codeOf)
    void this.ended.then(() => this.#frames.end())
  }

  /** The next frame other than a reply, which may come another way; the server's first is the hello. */
  async next(): Promise<unknown> {
    const next = await within(this.#unread.next(), {
      what: 'A frame that was sent has to arrive',
      patienceMs: this.#patienceMs,
    })
    demand(!next.done, 'The link ended before a frame that was sent on it arrived.')
    return next.value
  }

  /** Everything that is not read yet, once the link is over. */
  async rest(): Promise<unknown[]> {
    await this.over()
    const all: unknown[] = []
    for await (const frame of { [Symbol.asyncIterator]: () => this.#unread }) all.push(frame)
    return all
  }

  /** How the link ended for this end: `null`, or the code of the error. */
  over(): Promise<string | null> {
    const what = 'Both ends have to hear that a link is over'
    return within(this.ended, { what, patienceMs: this.#patienceMs })
  }

  /** Sends, and waits until the wire takes the next frame. */
  send(frame: object): Promise<void> {
    const what = '"send" has to resolve while the other end reads'
    return within(this.connection.send(frame), { what, patienceMs: this.#patienceMs })
  }

  async #read(answers: boolean): Promise<void> {
    for await (const frame of this.connection.frames) {
      this.first ??= frame
      if (isObject(frame) && frame['k'] === 'r') continue
      this.#frames.push(frame)
      const key = answers ? claimedKey(frame) : null
      if (key === null) continue
      this.connection.send({ k: 'r', c: key, st: 'accepted' }).catch(() => {
        // The link ended under the reply; whoever sent the command hears of that.
      })
    }
  }
}
