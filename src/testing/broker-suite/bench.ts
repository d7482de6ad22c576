import type { Broker } from '../../ports/index.ts'

/** Two nodes of one broker, and what a case may do to the way between them. */
export interface BrokerBench {
  /** They may be one object, where a broker lives within one process. */
  readonly nodes: readonly [Broker, Broker]
  /** Breaks every connection, as a network does. They may come back at once. */
  cut?(): void | Promise<void>
  /** Takes the broker away until the returned function brings it back. */
  takeAway?(): Promise<() => void | Promise<void>>
  /** How much is still held for the nodes, as connections. It has to be 0 once both are closed. */
  leftovers?(): number | Promise<number>
  /** Clears up behind the case. */
  close?(): void | Promise<void>
}

/** How brokers differ. */
export interface BrokerTraits {
  /** The largest message, in bytes in UTF-8. Default 1,000,000, which is also the largest that is tried. */
  readonly maxMessageBytes?: number
}
