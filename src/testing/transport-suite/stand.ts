import { isObject, systemWorld } from '../../base/index.ts'
import type { Connection } from '../../ports/index.ts'
import { type HelloFrame, protocolVersion } from '../../protocol/index.ts'
import { demand } from '../suite-case.ts'
import type { TransportBench } from './bench.ts'
import { End } from './end.ts'
import { within } from './patience.ts'

export interface StandCase {
  readonly name: string
  readonly run: (stand: Stand) => Promise<void>
}

interface StandOptions {
  readonly open: () => TransportBench | Promise<TransportBench>
  readonly patienceMs: number
}

/** One link, seen from both of its ends. */
export interface Pair {
  readonly hello: HelloFrame
  readonly client: End
  readonly server: End
}

/** How often is looked at what tells nobody when it changes, in milliseconds. */
const lookEveryMs = 5

/** A transport while one case runs. */
export class Stand {
  readonly bench: TransportBench
  /** The server's end of every link, in the order in which they came; some may never say hello. */
  readonly taken: End[] = []
  readonly #patienceMs: number
  readonly #connections = new Set<Connection>()
  #clients = 0
  /** Takes in no further link. */
  stopListening: () => void

  private constructor(bench: TransportBench, patienceMs: number) {
    this.bench = bench
    this.#patienceMs = patienceMs
    this.stopListening = this.listen()
  }

  /** Runs one case; at its end nothing may be left of its links. */
  static async with(
    { open, patienceMs }: StandOptions,
    work: (stand: Stand) => Promise<void>,
  ): Promise<void> {
    const bench = await open()
    const stand = new Stand(bench, patienceMs)
    try {
      await work(stand)
      for (const connection of stand.#connections) connection.close()
      await stand.#demandNothingLeft()
    } finally {
      for (const connection of stand.#connections) connection.close()
      stand.stopListening()
      await bench.close?.()
    }
  }

  /** Takes links in, and shows each to `onConnection` at once. */
  listen(onConnection: (connection: Connection) => void = () => {}): () => void {
    return this.bench.listener.listen((connection) => {
      this.#connections.add(connection)
      onConnection(connection)
      this.taken.push(new End(connection, { answers: true, patienceMs: this.#patienceMs }))
    })
  }

  /** A hello of a client that nobody else is. */
  hello(): HelloFrame {
    return {
      k: 'hello',
      v: protocolVersion,
      conversationId: 'conversation "\u{1F600}\n',
      clientId: `client-${++this.#clients}`,
      epoch: 1,
      from: 0,
      journal: 'J0',
    }
  }

  /** Opens a link and waits until the server took it in. */
  async connect(signal?: AbortSignal): Promise<Pair> {
    const hello = this.hello()
    const client = await this.open(hello, signal)
    return { hello, client, server: await this.server(hello) }
  }

  /** Opens a link, as far as the client sees it. */
  async open(hello: HelloFrame, signal?: AbortSignal): Promise<End> {
    return this.read(await this.dial(hello, signal))
  }

  /** Reads what comes to a client. */
  read(connection: Connection): End {
    return new End(connection, { answers: false, patienceMs: this.#patienceMs })
  }

  /** Opens a link that nobody reads yet. */
  async dial(
    hello: HelloFrame,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<Connection> {
    const opening = this.bench.transport.connect(hello, signal)
    const connection = await this.soon(opening, '"connect" has to settle')
    this.#connections.add(connection)
    return connection
  }

  /** Waits for `work`, but not for ever. */
  soon<T>(work: Promise<T>, what: string): Promise<T> {
    return within(work, { what, patienceMs: this.#patienceMs })
  }

  /** Looks again and again until `isSo`. */
  async until(isSo: () => boolean, problem: () => string): Promise<void> {
    const deadline = systemWorld.monotonic() + this.#patienceMs
    while (!isSo() && systemWorld.monotonic() < deadline)
      await new Promise<void>((resolve) => {
        systemWorld.setTimer(lookEveryMs, resolve)
      })
    demand(isSo(), problem())
  }

  /** The server's end of the link that began with this hello. */
  async server({ clientId }: HelloFrame): Promise<End> {
    const found = (): End | undefined => this.taken.find(({ first }) => isHelloOf(clientId, first))
    await this.until(
      () => found() !== undefined,
      () => 'A link was opened, and the listener was shown none with its hello as the first frame.',
    )
    // `until` throws where there is none.
    return found() as End
  }

  async #demandNothingLeft(): Promise<void> {
    const { bench } = this
    if (!bench.leftovers) return
    const left = (): number => bench.leftovers?.() ?? 0
    await this.until(
      () => left() === 0,
      () => `Both ends of every link are closed, and "leftovers" still says ${left()}.`,
    )
  }
}

function isHelloOf(clientId: string, frame: unknown): boolean {
  return isObject(frame) && frame['k'] === 'hello' && frame['clientId'] === clientId
}
