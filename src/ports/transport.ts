import type { HelloFrame } from '../protocol/index.ts'

/**
 * One live link between a client and a server. Frames go whole and in order, or the link is broken;
 * what a broken link swallowed is the session's business, not the transport's.
 */
export interface Connection {
  /** What the other end sends. Ends when it closed the link; throws `TRANSPORT_CLOSED` when the link broke. */
  readonly frames: AsyncIterable<unknown>
  /**
   * Hands `frame` to the wire. Resolves when the wire has room for the next, which is how a slow reader
   * is noticed; rejects with `TRANSPORT_CLOSED` when the link is gone.
   */
  send(frame: object): Promise<void>
  /** Closes the link from this end; may be called any number of times. */
  close(): void
}

/** The client's half: how to reach the server. */
export interface Transport {
  readonly name: string
  /**
   * How often the client says that it lives, in milliseconds, where the server could not tell otherwise and
   * where a silent socket lets its owner be stopped. Absent: never.
   */
  readonly beatMs?: number
  /**
   * Opens a link and hands over `hello` as its first frame. Rejects with `TRANSPORT_CLOSED` where the
   * server cannot be reached and with `UNAUTHORIZED` where it refuses.
   */
  connect(hello: HelloFrame, signal: AbortSignal): Promise<Connection>
}

/** The server's half: where links come from. The first frame of each is the client's `hello`. */
export interface Listener {
  /** Calls `onConnection` for each new link until the returned function is called. */
  listen(onConnection: (connection: Connection) => void): () => void
}
