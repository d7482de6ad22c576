import { AsyncQueue, ToolwireError } from '../../src/base/index.ts'
import type { Connection, Listener, Transport } from '../../src/ports/index.ts'
import type { ServerFrame } from '../../src/protocol/index.ts'
import type { Faults } from './faults.ts'
import type { LinkOf } from './races.ts'
import type { SimClock } from './sim-clock.ts'

/** What a wire tells the test about what happens on it. */
export interface WireWatcher {
  /** A frame arrives. */
  frame(direction: 'up' | 'down', frame: unknown, link: LinkOf): void
  /** A stream has been dead for longer than a client may take it for alive. */
  unnoticed(clientId: string): void
  /** A reader that does not read is given one frame after another. */
  flooded(clientId: string): void
}

const beatMs = 20_000
/** What a client allows: 2.5 beats, and then some for the frame that was under way. */
const noticedWithinMs = 2.5 * beatMs + 1_000

/** A network between clients and one node: links are slow, die on one way or both, and replies go their own way. */
export class SimWire implements Transport, Listener {
  readonly name = 'sim'
  readonly beatMs: number = beatMs
  readonly #clock: SimClock
  readonly #faults: Faults
  readonly #watcher: WireWatcher
  readonly #links = new Set<Link>()
  readonly #node: number
  #accept: ((connection: Connection) => void) | null = null

  constructor(node: number, clock: SimClock, faults: Faults, watcher: WireWatcher) {
    this.#node = node
    this.#clock = clock
    this.#faults = faults
    this.#watcher = watcher
  }

  listen(onConnection: (connection: Connection) => void): () => void {
    this.#accept = onConnection
    return () => this.down()
  }

  /** The node is gone: every link breaks, none can be opened. */
  down(): void {
    this.#accept = null
    this.cut()
  }

  cut(): void {
    for (const link of this.#links) link.break()
    this.#links.clear()
  }

  async connect(hello: { clientId: string }, signal: AbortSignal): Promise<Connection> {
    await this.#clock.sleep(this.#clock.chance.between(1, 20))
    if (!this.#accept || signal.aborted)
      throw new ToolwireError('TRANSPORT_CLOSED', 'Nobody answers.')
    const id = { clientId: hello.clientId, node: this.#node, nth: this.#clock.count() }
    const link = new Link(this.#clock, this.#faults, id, this.#watcher)
    this.#links.add(link)
    signal.addEventListener('abort', () => link.client.close(), { once: true })
    void link.client.send(hello)
    this.#accept(link.server)
    return link.client
  }
}

class Link {
  readonly client: Connection
  readonly server: Connection
  readonly #clock: SimClock
  readonly #faults: Faults
  readonly #toServer = new AsyncQueue<unknown>()
  readonly #toClient = new AsyncQueue<unknown>()
  /** When the last frame of each lane arrives; the next one arrives no sooner. */
  readonly #lanes = { up: 0, stream: 0, replies: 0 }
  readonly #id: LinkOf
  readonly #watcher: WireWatcher
  #stalledUntil = 0
  #waiting = 0
  #isBroken = false
  #isStreamDead = false
  #isUpDead = false

  constructor(clock: SimClock, faults: Faults, id: LinkOf, watcher: WireWatcher) {
    this.#clock = clock
    this.#faults = faults
    this.#id = id
    this.#watcher = watcher
    this.client = this.#end(this.#toClient, (frame) => {
      if (this.#faults.happens('upDead')) this.#isUpDead = true
      if (this.#isUpDead) return
      this.#carry('up', () => {
        watcher.frame('up', frame, id)
        this.#toServer.push(frame)
      })
    })
    this.server = this.#end(this.#toServer, (frame) => {
      const { k } = frame as ServerFrame
      if (k !== 'r' && this.#faults.happens('readerStalls'))
        this.#stalledUntil = this.#clock.now + this.#clock.chance.between(1_000, 60_000)
      if (k !== 'r' && this.#faults.happens('streamDead')) this.#killStream()
      if (k !== 'r' && this.#isStreamDead) return
      this.#carry(k === 'r' ? 'replies' : 'stream', () => {
        watcher.frame('down', frame, id)
        this.#toClient.push(frame)
      })
    })
  }

  break(): void {
    if (this.#isBroken) return
    this.#isBroken = true
    this.#toServer.end()
    this.#toClient.fail(new ToolwireError('TRANSPORT_CLOSED', 'broken'))
  }

  #end(frames: AsyncQueue<unknown>, send: (frame: unknown) => void): Connection {
    return {
      frames,
      send: async (frame) => {
        if (this.#isBroken) throw new ToolwireError('TRANSPORT_CLOSED', 'broken')
        if (this.#faults.happens('cut')) return this.break()
        send(JSON.parse(JSON.stringify(frame)))
        if (frames === this.#toServer) await this.#whenRead()
      },
      close: () => {
        // The other end hears of it a little later, and what it sent meanwhile may come after the next hello.
        frames.end()
        this.#clock.after(25, () => this.break())
      },
    }
  }

  /** A sender waits for a reader that stalls. */
  async #whenRead(): Promise<void> {
    const waitMs = this.#stalledUntil - this.#clock.now
    if (waitMs <= 0) return
    if (++this.#waiting > 2) this.#watcher.flooded(this.#id.clientId)
    await this.#clock.sleep(waitMs)
    this.#waiting--
  }

  #killStream(): void {
    if (this.#isStreamDead) return
    this.#isStreamDead = true
    this.#clock.after(noticedWithinMs, () => {
      if (!this.#isBroken) this.#watcher.unnoticed(this.#id.clientId)
    })
  }

  #carry(lane: 'up' | 'stream' | 'replies', arrive: () => void): void {
    this.#deliver(lane, arrive)
    if (this.#faults.happens('frameRepeated')) this.#deliver(lane, arrive)
  }

  #deliver(lane: 'up' | 'stream' | 'replies', arrive: () => void): void {
    const { chance } = this.#clock
    const delay = this.#faults.happens('frameDelayed') ? chance.between(50, 900) : 2
    // A lane keeps its order.
    const earliest = Math.max(this.#clock.now + delay, lane === 'up' ? 0 : this.#stalledUntil)
    const at = Math.max(this.#lanes[lane] + 0.001, earliest)
    this.#lanes[lane] = at
    this.#clock.after(at - this.#clock.now, () => {
      if (!this.#isBroken) arrive()
    })
  }
}
