import { ToolwireError, type World } from '../../base/index.ts'
import type { Connection } from '../../ports/index.ts'
import type { Faults } from './faults.ts'
import { Lane } from './lane.ts'

interface LinkOptions {
  readonly world: World
  readonly faults: Faults
  /** Called once, when the first end closes or the link breaks. */
  readonly onOver: () => void
}

/** One link, with a lane for each way. */
export class FaultyLink {
  readonly client: Connection
  readonly server: Connection
  readonly #up: Lane
  readonly #down: Lane
  readonly #options: LinkOptions

  constructor(options: LinkOptions) {
    const { up, down } = options.faults.openLink()
    this.#options = options
    this.#up = new Lane(options.world)
    this.#down = new Lane(options.world)
    this.client = this.#end({ out: this.#up, into: this.#down, random: up })
    this.server = this.#end({ out: this.#down, into: this.#up, random: down })
  }

  /** Both ends hear at once, and what is under way is lost. */
  break(): void {
    this.#options.onOver()
    this.#up.break()
    this.#down.break()
  }

  #end({ out, into, random }: { out: Lane; into: Lane; random: () => number }): Connection {
    return {
      frames: into.frames,
      send: async (frame) => {
        if (out.isOver) throw new ToolwireError('TRANSPORT_CLOSED', 'The link is closed.')
        this.#carry(frame, { out, random })
      },
      close: () => {
        this.#options.onOver()
        into.stop()
        // The other end reads what was sent before.
        out.end()
      },
    }
  }

  #carry(frame: object, { out, random }: { out: Lane; random: () => number }): void {
    const fate = this.#options.faults.fateOf(frame, random)
    if (fate.type === 'cut') this.break()
    if (fate.type !== 'carried') return
    const [first = 0, second] = fate.delaysMs
    out.carry(structuredClone(frame), { delayMs: first, isFree: fate.isFree })
    if (second !== undefined) out.carry(structuredClone(frame), { delayMs: second, isFree: true })
  }
}
