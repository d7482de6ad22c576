import { ToolwireError, type World, isObject, systemWorld } from '../base/index.ts'
import type { Connection, Transport } from '../ports/index.ts'
import { type HelloFrame, claimedKey } from '../protocol/index.ts'
import { RecordedIds } from './replay/recorded-ids.ts'
import { type RecordedLine, type Redact, parseRecording } from './replay/recorded-line.ts'
import { RecordedLink, diverged } from './replay/recorded-link.ts'

export interface ReplayFramesOptions {
  /** The one that was recorded with: what the client says now is compared behind it. */
  readonly redact?: Redact
  /** The one of the client, whose time its pings keep. Default: the system's. */
  readonly world?: World
}

/** The server's side of a recording, as a transport for a fresh client. */
export interface Replay extends Transport {
  /** Resolves once all was played; rejects with `REPLAY_DIVERGED` as soon as the client says something else. */
  readonly finished: Promise<void>
  /** The line of the recording that the client has to say next, or `null` when all was played. */
  readonly waitsFor: RecordedLine | null
}

/**
 * Plays what a server said, in the same order and on the same links, to a client that says the same again: each
 * frame comes once the client has said all that it had said before it in the recording. No time is waited, but a link that waits for the client is kept alive.
 *
 * Ids that a client draws by chance are exchanged for those of the client now. Pings and beats, which hang on
 * the clock, are not compared; neither is what is sent again.
 *
 * A client that says something else loses its link with `REPLAY_DIVERGED`, and gets no other; its message says
 * what came and what was recorded.
 */
export function replayFrames(
  log: string | readonly RecordedLine[],
  options: ReplayFramesOptions = {},
): Replay {
  return new RecordedServer(typeof log === 'string' ? parseRecording(log) : log, options)
}

/** As a server does; a client gives a silent link up. */
const pingMs = 15_000

class RecordedServer implements Replay {
  readonly name = 'replay'
  readonly finished: Promise<void>
  readonly #redact: Redact
  readonly #world: World
  readonly #links: readonly RecordedLink[]
  #opened = 0
  #failure: ToolwireError | null = null
  #finish: () => void = () => {}
  #fail: (error: ToolwireError) => void = () => {}

  constructor(
    lines: readonly RecordedLine[],
    { redact = (frame) => frame, world = systemWorld }: ReplayFramesOptions,
  ) {
    this.#redact = redact
    this.#world = world
    const ids = new RecordedIds()
    const numbers = [...new Set(lines.map(({ link }) => link))]
    this.#links = numbers.map(
      (number) =>
        new RecordedLink(
          lines.filter(({ link }) => link === number),
          ids,
        ),
    )
    this.finished = new Promise((resolve, reject) => {
      this.#finish = resolve
      this.#fail = reject
    })
    // The reader of the frames gets the same error, so nobody has to look here.
    this.finished.catch(() => {})
  }

  get waitsFor(): RecordedLine | null {
    return this.#links.find(({ waitsFor }) => waitsFor !== null)?.waitsFor ?? null
  }

  async connect(hello: HelloFrame, signal: AbortSignal): Promise<Connection> {
    if (this.#failure) throw this.#failure
    if (signal.aborted) throw closed('Not connected: aborted.')
    const link = this.#links[this.#opened++]
    if (!link) throw closed('The recording has no further link.')
    this.#checked(() => link.begin({ ...hello }))
    if (link.refusal) throw link.refusal
    const stopPings = this.#keepAlive(link)
    const close = (): void => {
      stopPings()
      link.frames.end()
    }
    signal.addEventListener('abort', close, { once: true })
    const keys = new Set<string>()
    return {
      frames: link.frames,
      close,
      send: async (frame) => {
        if (link.frames.isEnded) throw closed('The link is closed.')
        const key = claimedKey(frame)
        // Pings and beats hang on the clock, and what is said again was compared before.
        if (key === null || key.startsWith('beat:') || keys.has(key)) return
        keys.add(key)
        this.#checked(() => this.#compare(link, frame))
      },
    }
  }

  #keepAlive(link: RecordedLink): () => void {
    let stop = (): void => {}
    const wait = (): void => {
      stop = this.#world.setTimer(pingMs, () => {
        if (link.frames.isEnded) return
        link.ping()
        wait()
      })
    }
    wait()
    return () => stop()
  }

  #compare(link: RecordedLink, frame: object): void {
    const copy = this.#redact(JSON.parse(JSON.stringify(frame)), 'up')
    const command = isObject(copy) && isObject(copy['c']) ? copy['c'] : {}
    if (link.take(command)) return
    // A client that is faster than it was says now what it says again on a later link.
    const later = this.#links.slice(this.#opened)
    if (later.some((one) => one.has(command))) return
    const error = diverged('speaks', command, link.expected(command['type']))
    link.frames.fail(error)
    throw error
  }

  /** Does one step of the replay, and tells when it was the last, or failed. */
  #checked(step: () => void): void {
    try {
      step()
    } catch (error) {
      if (error instanceof ToolwireError) {
        this.#failure = error
        this.#fail(error)
      }
      throw error
    }
    if (this.waitsFor === null) this.#finish()
  }
}

function closed(message: string): ToolwireError {
  return new ToolwireError('TRANSPORT_CLOSED', message)
}
