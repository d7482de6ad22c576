import { AsyncQueue, ToolwireError } from '../../src/base/index.ts'
import type { Connection, Listener, Transport } from '../../src/ports/index.ts'
import { memoryTransport } from '../../src/transports/index.ts'

/** A memory wire that a test can break. */
export class FaultyWire implements Transport, Listener {
  readonly name = 'faulty'
  readonly #wire = memoryTransport()
  #current: { connection: Connection; frames: AsyncQueue<unknown> } | null = null
  /** Frames from the server are swallowed while this says so. */
  dropDown: (frame: { k: string; c?: string; st?: string }) => boolean = () => false
  /** Frames to the server are swallowed while this says so. */
  dropUp: (frame: { k: string }) => boolean = () => false
  /** While set, no link can be opened. */
  refuse: ToolwireError | null = null
  opened = 0
  readonly up: unknown[] = []

  listen(onConnection: (connection: Connection) => void): () => void {
    return this.#wire.listen(onConnection)
  }

  async connect(...args: Parameters<Transport['connect']>): Promise<Connection> {
    if (this.refuse) throw this.refuse
    this.opened++
    const connection = await this.#wire.connect(...args)
    const frames = new AsyncQueue<unknown>()
    this.#current = { connection, frames }
    void this.#pump(connection, frames)
    return {
      frames,
      close: () => connection.close(),
      send: async (frame) => {
        this.up.push(structuredClone(frame))
        if (!this.dropUp(frame as never)) await connection.send(frame)
      },
    }
  }

  /** Breaks the link as a lost socket does. */
  cut(): void {
    this.#current?.frames.fail(new ToolwireError('TRANSPORT_CLOSED', 'cut'))
    this.#current?.connection.close()
  }

  /** Brings a frame to the client as if it came from the server. */
  bring(frame: object): void {
    this.#current?.frames.push(frame)
  }

  async #pump(connection: Connection, frames: AsyncQueue<unknown>): Promise<void> {
    for await (const frame of connection.frames)
      if (!this.dropDown(frame as never)) frames.push(frame)
    frames.end()
  }
}
