import { ToolwireError, type World, systemWorld } from '../base/index.ts'
import type { Connection, Listener, Transport } from '../ports/index.ts'
import { type FaultCounts, type FaultRates, Faults } from './faulty-wire/faults.ts'
import { FaultyLink } from './faulty-wire/link.ts'

/**
 * What goes wrong on a wire: chances from 0, never, to 1, for each frame; all are 0 by default. A hello meets
 * `cut` alone, since there is no link on which it comes late, twice or not at all.
 */
export interface MemoryTransportOptions {
  /** The same seed does the same to the same frames. Default 1. */
  readonly seed?: number
  /** Chance that a frame is lost while its link lives, as behind a proxy that gave up on one way. */
  readonly drop?: number
  /** How long frames take, in milliseconds: at most so long, or between two bounds. */
  readonly delay?: number | { readonly minMs: number; readonly maxMs: number }
  /** Chance that a frame arrives twice, the second time a little later. */
  readonly duplicate?: number
  /** Chance that a frame is overtaken by those behind it. */
  readonly reorder?: number
  /** Chance at each frame that the link breaks instead: both ends hear of it, and what is under way is lost. */
  readonly cut?: number
  /** Whose time it takes: give the `virtualClock()` that server and client have. Default: the system's. */
  readonly world?: World
}

/** Both ends of a wire that goes wrong on purpose. */
export interface FaultyTransport extends Transport, Listener {
  /** What was done so far, for a test that has to know that it happened. */
  readonly faults: FaultCounts
  /** Breaks every link that is open; a new one can be opened at once. */
  cut(): void
  /** Lets everything through from now on, as when the weather clears; what is under way arrives. */
  heal(): void
}

/**
 * The wire within one process (`memoryTransport` of `toolwire`) with faults of a real one, which a run with
 * the same seed repeats: `server.accept(wire, principal)` and `createToolClient({ transport: wire })`.
 *
 * A wire of the real world keeps the order of what it carries, or breaks: `delay` and `cut` are all that it
 * does. `drop`, `duplicate` and `reorder` are worse than the protocol demands of a wire, and it bears them: an
 * event that is missing is seen by its number, a command that has no answer is sent again, and one that comes
 * twice counts once.
 */
export function memoryTransport(options: MemoryTransportOptions = {}): FaultyTransport {
  return new FaultyMemory(options)
}

class FaultyMemory implements FaultyTransport {
  readonly name = 'memory'
  readonly #faults: Faults
  readonly #world: World
  readonly #listeners = new Set<(connection: Connection) => void>()
  readonly #links = new Set<FaultyLink>()

  constructor({ seed = 1, world = systemWorld, ...rates }: MemoryTransportOptions) {
    this.#faults = new Faults(seed, ratesOf(rates))
    this.#world = world
  }

  get faults(): FaultCounts {
    return this.#faults.counts
  }

  listen(onConnection: (connection: Connection) => void): () => void {
    this.#listeners.add(onConnection)
    return () => this.#listeners.delete(onConnection)
  }

  async connect(...[hello, signal]: Parameters<Transport['connect']>): Promise<Connection> {
    const [listener] = this.#listeners
    if (!listener || signal.aborted)
      throw new ToolwireError('TRANSPORT_CLOSED', 'No server accepts this memory transport.', {
        hint: 'Call `server.accept(wire, principal)` with the same object first.',
      })
    const link = new FaultyLink({
      world: this.#world,
      faults: this.#faults,
      onOver: () => this.#links.delete(link),
    })
    this.#links.add(link)
    signal.addEventListener('abort', () => link.client.close(), { once: true })
    listener(link.server)
    await link.client.send(hello)
    return link.client
  }

  cut(): void {
    for (const link of this.#links) link.break()
  }

  heal(): void {
    this.#faults.stop()
  }
}

const never = { drop: 0, duplicate: 0, reorder: 0, cut: 0 } as const

function ratesOf({
  delay = 0,
  ...given
}: Omit<MemoryTransportOptions, 'seed' | 'world'>): FaultRates {
  const { minMs, maxMs } = typeof delay === 'number' ? { minMs: 0, maxMs: delay } : delay
  const chances = { ...never, ...given }
  for (const [name, chance] of Object.entries(chances))
    if (!(chance >= 0 && chance <= 1))
      throw invalid(`"${name}" is ${chance}.`, 'a chance from 0 to 1')
  if (!(minMs >= 0 && maxMs >= minMs && maxMs < Infinity))
    throw invalid(`"delay" is ${minMs} to ${maxMs} ms.`, 'milliseconds, the lower bound first')
  return { ...chances, minMs, maxMs }
}

function invalid(what: string, wanted: string): ToolwireError {
  return new ToolwireError('INVALID_OPTIONS', `memoryTransport: ${what}`, {
    hint: `Give ${wanted}.`,
  })
}
