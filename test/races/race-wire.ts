import { AsyncQueue, ToolwireError } from '../../src/base/index.ts'
import type { Connection, Transport } from '../../src/ports/index.ts'
import type { Freezer } from '../client/freezer.ts'

/** What becomes of a frame on its way: `hold` keeps it until {@link RaceWire.release}. */
export type Fate = 'pass' | 'drop' | 'hold'
export type Judge = (frame: string) => Fate

const pass: Judge = () => 'pass'

/** The way of one tab to its server: a test decides the fate of each frame, and which node the next link reaches. */
export class RaceWire implements Transport {
  readonly name = 'race'
  readonly #freezer: Freezer
  readonly #held: (() => void)[] = []
  #current: { readonly connection: Connection; readonly frames: AsyncQueue<unknown> } | null = null
  /** Where the next link leads. */
  to: Transport
  /** Judges frames from the server, as JSON. */
  down: Judge = pass
  /** Judges frames to the server, as JSON. */
  up: Judge = pass
  /** While set, no link can be opened. */
  refuse: ToolwireError | null = null
  opened = 0
  /** Every frame that the tab sent, as JSON. */
  readonly sent: string[] = []

  constructor(to: Transport, freezer: Freezer) {
    this.to = to
    this.#freezer = freezer
  }

  async connect(...args: Parameters<Transport['connect']>): Promise<Connection> {
    if (this.refuse) throw this.refuse
    this.opened++
    const connection = await this.to.connect(...args)
    const frames = new AsyncQueue<unknown>()
    this.#current = { connection, frames }
    void this.#pump(connection, frames)
    return {
      frames,
      close: () => connection.close(),
      send: async (frame) => {
        const text = JSON.stringify(frame)
        this.sent.push(text)
        const arrive = (): void => void connection.send(frame).catch(() => {})
        this.#meet(this.up(text), arrive)
      },
    }
  }

  /** Lets go of every frame that is held, in the order in which they came, and judges no more. */
  release(): void {
    this.up = pass
    this.down = pass
    for (const arrive of this.#held.splice(0)) arrive()
  }

  /** Breaks the link as a lost socket does. */
  cut(): void {
    this.#current?.frames.fail(new ToolwireError('TRANSPORT_CLOSED', 'cut'))
    this.#current?.connection.close()
  }

  #meet(fate: Fate, arrive: () => void): void {
    if (fate === 'pass') arrive()
    if (fate === 'hold') this.#held.push(arrive)
  }

  async #pump(connection: Connection, frames: AsyncQueue<unknown>): Promise<void> {
    for await (const frame of connection.frames)
      this.#meet(this.down(JSON.stringify(frame)), () =>
        this.#freezer.pass(() => {
          if (!frames.isEnded) frames.push(frame)
        }),
      )
    this.#freezer.pass(() => frames.end())
  }
}

/** Holds or drops the frames with all of `words` in them, as often as `times` says. */
export function that(fate: Fate, words: readonly string[], times: number = Infinity): Judge {
  let met = 0
  return (frame) => (words.every((word) => frame.includes(word)) && met++ < times ? fate : 'pass')
}
