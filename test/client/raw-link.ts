import type { Connection } from '../../src/ports/index.ts'
import type {
  ClientCommand,
  HelloFrame,
  ReplyStatus,
  ServerFrame,
} from '../../src/protocol/index.ts'
import type { memoryTransport } from '../../src/transports/index.ts'

/** A client that sends exactly what it is told to, and keeps what comes. */
export class RawLink {
  readonly frames: ServerFrame[] = []
  readonly #connection: Connection
  ended = false

  private constructor(connection: Connection) {
    this.#connection = connection
    void this.#read()
  }

  static async open(
    wire: ReturnType<typeof memoryTransport>,
    hello: Partial<HelloFrame> & { readonly k?: string } = {},
  ): Promise<RawLink> {
    const greeting = { ...rawHello, ...hello } as HelloFrame
    return new RawLink(await wire.connect(greeting, new AbortController().signal))
  }

  send(frame: object): Promise<void> {
    return this.#connection.send(frame)
  }

  ask(command: ClientCommand): Promise<void> {
    return this.send({ k: 'c', c: command })
  }

  close(): void {
    this.#connection.close()
  }

  /** The replies so far, oldest first, by the first word of their key. */
  get replies(): readonly (readonly [string, ReplyStatus])[] {
    return this.frames.flatMap((frame) =>
      frame.k === 'r' ? [[frame.c.split(':')[0] ?? '', frame.st] as const] : [],
    )
  }

  async #read(): Promise<void> {
    try {
      // Straight from the server under test.
      for await (const frame of this.#connection.frames) this.frames.push(frame as ServerFrame)
    } finally {
      this.ended = true
    }
  }
}

const rawHello: HelloFrame = {
  k: 'hello',
  v: 1,
  conversationId: 'talk',
  clientId: 'raw',
  epoch: 1,
  from: 0,
  journal: 'J1',
}
