import { type World, isObject, isToolwireError, systemWorld } from '../base/index.ts'
import type { Connection, Listener, Transport } from '../ports/index.ts'
import { partJoiner } from '../protocol/index.ts'
import type { RecordedEnd, RecordedLine, Redact, Way } from './replay/recorded-line.ts'

export interface RecordFramesOptions {
  /** Changes what is kept of a frame, of which it gets a copy: for secrets, and for what people wrote. */
  readonly redact?: Redact
  /** Lines that are kept, from the first on. Default 10,000. */
  readonly maxLines?: number
  /** Is told each line as it comes, also those beyond `maxLines`. */
  readonly onLine?: (line: RecordedLine) => void
  readonly world?: World
}

/** Keeps what goes over the transports and listeners that it is put around. */
export interface FrameRecorder {
  readonly lines: readonly RecordedLine[]
  /** How many lines came beyond `maxLines`, and are not kept. */
  readonly omitted: number
  /** The lines as JSON, one on each line of the text: what to attach to a report, and what `replayFrames` takes. */
  text(): string
  /** The same transport, recorded: `createToolClient({ transport: recorder.transport(transport) })`. */
  transport(transport: Transport): Transport
  /** The same listener, recorded: `server.accept(recorder.listener(listener), principal)`. */
  listener(listener: Listener): Listener
}

/**
 * Records every frame, both ways, with its link and its time. It holds whatever was said, so think of `redact`
 * before it leaves the machine.
 */
export function recordFrames(options: RecordFramesOptions = {}): FrameRecorder {
  return new Recorder(options)
}

class Recorder implements FrameRecorder {
  readonly lines: RecordedLine[] = []
  omitted = 0
  readonly #world: World
  readonly #redact: Redact
  readonly #maxLines: number
  readonly #onLine: (line: RecordedLine) => void
  readonly #startedAt: number
  #links = 0

  constructor({
    world = systemWorld,
    redact = (frame) => frame,
    maxLines = 10_000,
    onLine = () => {},
  }: RecordFramesOptions) {
    this.#world = world
    this.#redact = redact
    this.#maxLines = maxLines
    this.#onLine = onLine
    this.#startedAt = world.monotonic()
  }

  text(): string {
    return this.lines.map((line) => `${JSON.stringify(line)}\n`).join('')
  }

  transport(transport: Transport): Transport {
    return {
      ...(transport.beatMs !== undefined && { beatMs: transport.beatMs }),
      name: transport.name,
      connect: async (hello, signal) => {
        const link = ++this.#links
        this.#keepFrame(link, 'up', hello)
        try {
          return this.#wrap(await transport.connect(hello, signal), { link, side: 'client' })
        } catch (error) {
          this.#keep({ link, end: 'refused', ...codeOf(error) })
          throw error
        }
      },
    }
  }

  listener(listener: Listener): Listener {
    return {
      listen: (onConnection) =>
        listener.listen((connection) =>
          onConnection(this.#wrap(connection, { link: ++this.#links, side: 'server' })),
        ),
    }
  }

  #wrap(
    connection: Connection,
    { link, side }: { readonly link: number; readonly side: 'client' | 'server' },
  ): Connection {
    const [out, into] = side === 'client' ? (['up', 'down'] as const) : (['down', 'up'] as const)
    let isOver = false
    const end = (how: RecordedEnd, error?: unknown): void => {
      if (!isOver) this.#keep({ link, end: how, ...codeOf(error) })
      isOver = true
    }
    const joined = partJoiner()
    // Secrets are found in what is whole.
    const record = (way: Way, frame: unknown): void => {
      const whole = way === 'down' ? joined(frame) : frame
      if (!isObject(whole) || whole['k'] !== 'part') this.#keepFrame(link, way, whole)
    }
    async function* read(): AsyncGenerator<unknown, void, undefined> {
      try {
        for await (const frame of connection.frames) {
          record(into, frame)
          yield frame
        }
        end(side === 'client' ? 'server' : 'client')
      } catch (error) {
        end('broken', error)
        throw error
      }
    }
    return {
      frames: read(),
      send(frame) {
        record(out, frame)
        return connection.send(frame)
      },
      close() {
        end(side)
        connection.close()
      },
    }
  }

  #keepFrame(link: number, way: Way, frame: unknown): void {
    // As a wire would carry it, so that the log is JSON whatever `redact` does to the copy.
    const copy: unknown = JSON.parse(JSON.stringify(frame))
    this.#keep({ link, way, frame: this.#redact(copy, way) })
  }

  #keep(line: Unstamped): void {
    const stamped = { at: this.#world.monotonic() - this.#startedAt, ...line }
    if (this.lines.length < this.#maxLines) this.lines.push(stamped)
    else this.omitted++
    this.#onLine(stamped)
  }
}

type WithoutTime<Line> = Line extends unknown ? Omit<Line, 'at'> : never
type Unstamped = WithoutTime<RecordedLine>

function codeOf(error: unknown): { readonly code?: string } {
  return isToolwireError(error) ? { code: error.code } : {}
}
