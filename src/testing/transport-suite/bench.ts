import type { Listener, Transport } from '../../ports/index.ts'

/** Both halves of a transport, and what a case may do to the wire between them. */
export interface TransportBench {
  readonly transport: Transport
  readonly listener: Listener
  /** Breaks every open link without either end having asked for it, as a network does. */
  cut?(): void | Promise<void>
  /** From now on whoever comes is refused, as for wrong credentials. */
  refuse?(): void | Promise<void>
  /** How much is still held for links: sockets, listeners, timers. It has to be 0 once both ends are closed. */
  leftovers?(): number
  /** Takes the wire down behind the case. */
  close?(): void | Promise<void>
}

/** How wires differ. */
export interface TransportTraits {
  /**
   * Whether commands that are sent one after another, without waiting, arrive in that order. Default true; false
   * where each is a request of its own.
   */
  readonly ordersCommands?: boolean
  /** Whether the client can tell that the server closed the link from that it broke. Default true. */
  readonly tellsCloseFromCut?: boolean
  /** The largest frame, in bytes of its JSON in UTF-8. Default 1,000,000, which is also the largest that is tried. */
  readonly maxFrameBytes?: number
}
