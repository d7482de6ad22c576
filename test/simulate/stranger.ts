import type { Connection } from '../../src/ports/index.ts'
import type { Chance } from './chance.ts'
import type { SimClock } from './sim-clock.ts'
import type { SimWire } from './sim-wire.ts'

interface Frame {
  readonly k: string
  readonly st?: string
}

/** Another user of the same server, who knows every frame of a conversation and says them again. */
export class Stranger {
  readonly #clock: SimClock
  readonly #chance: Chance
  readonly #report: (violation: string) => void
  #hello: { clientId: string } | null = null
  readonly #overheard: object[] = []

  constructor(clock: SimClock, chance: Chance, report: (violation: string) => void) {
    this.#clock = clock
    this.#chance = chance
    this.#report = report
  }

  /** What a client of the conversation says. */
  overhear(frame: unknown): void {
    if ((frame as Frame).k === 'hello') this.#hello = frame as { clientId: string }
    else this.#overheard.push(frame as object)
  }

  /** What reaches the stranger: nothing of the conversation, and no command of theirs is taken. */
  hears(frame: unknown): void {
    const { k, st } = frame as Frame
    const isRefusal = k === 'bye' || (k === 'r' && st !== 'accepted' && st !== 'granted')
    if (!isRefusal) this.#report(`I13: a stranger got ${JSON.stringify(frame)}`)
  }

  async meddle(wire: SimWire): Promise<void> {
    if (!this.#hello) return
    const controller = new AbortController()
    const connection = await wire.connect(this.#hello, controller.signal)
    void this.#drain(connection)
    for (let n = 0; n < 5; n++)
      if (this.#overheard.length > 0)
        await connection.send(this.#chance.pick(this.#overheard as [object])).catch(() => {})
    this.#clock.after(1_000, () => connection.close())
  }

  async #drain({ frames }: Connection): Promise<void> {
    try {
      for await (const _ of frames);
    } catch {
      // The link broke, or was refused.
    }
  }
}
