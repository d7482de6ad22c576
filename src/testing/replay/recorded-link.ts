import { AsyncQueue, ToolwireError, canonicalJson, isObject } from '../../base/index.ts'
import type { RecordedIds } from './recorded-ids.ts'
import type { RecordedLine } from './recorded-line.ts'

type Fields = Readonly<Record<string, unknown>>

/** One link of a recording while it is played: the server's frames, each behind what the client had said by then. */
export class RecordedLink {
  readonly frames: AsyncQueue<unknown> = new AsyncQueue()
  readonly #lines: readonly RecordedLine[]
  readonly #ids: RecordedIds
  /** Lines that the client has to say, and has not yet. */
  readonly #unsaid: Set<RecordedLine>
  #next = 0
  /** Number of the last event that was given out. */
  #sequence = 0

  constructor(lines: readonly RecordedLine[], ids: RecordedIds) {
    this.#lines = lines
    this.#unsaid = new Set(firstCommands(lines))
    this.#ids = ids
  }

  /** The line that is waited for, or `null` when all was played. */
  get waitsFor(): RecordedLine | null {
    return this.#lines[this.#next] ?? null
  }

  /** How `connect` failed in the recording, where it did. */
  get refusal(): ToolwireError | null {
    const line = this.#lines.find((one) => 'end' in one && one.end === 'refused')
    if (!line || !('end' in line)) return null
    const code = line.code === 'UNAUTHORIZED' ? line.code : 'TRANSPORT_CLOSED'
    return new ToolwireError(code, 'The recording says that this link was refused.')
  }

  /** Takes the first frame of the client. */
  begin(hello: Fields): void {
    const [line] = this.#lines
    const then = line && 'way' in line && isObject(line.frame) ? line.frame : {}
    this.#sequence = Number(then['from'] ?? 0)
    for (const field of ['v', 'from', 'log'])
      if (then[field] !== hello[field]) throw diverged('begins with a hello', hello, then)
    this.#ids.meetHello(then, hello)
    this.#play()
  }

  /** Shows that the link lives while the client takes longer than it took. */
  ping(): void {
    this.frames.push({ k: 'ping', s: this.#sequence })
  }

  /** Whether the client says `command` somewhere on this link, and has not yet. */
  has(command: Fields): boolean {
    return this.#find(command) !== undefined
  }

  /** Takes a command of the client; answers whether the recording has it. */
  take(command: Fields): boolean {
    const line = this.#find(command)
    if (!line) return false
    if (command['type'] === 'send') this.#ids.meetSend(commandOf(line) ?? {}, command)
    this.#unsaid.delete(line)
    this.#play()
    return true
  }

  /** What the recording has for a command of this type, for a report. */
  expected(type: unknown): unknown {
    const commands = [...this.#unsaid].map((line) => this.#ids.translate(commandOf(line)))
    return commands.find((one) => isObject(one) && one['type'] === type) ?? commands[0] ?? null
  }

  /** Gives out all of the server up to the next line that the client has to say. */
  #play(): void {
    for (let line = this.waitsFor; line; line = this.waitsFor) {
      if (this.#unsaid.has(line)) return
      this.#next++
      if ('way' in line && line.way === 'down') this.#give(line.frame)
      if ('end' in line && line.end === 'server') this.frames.end()
      if ('end' in line && line.end === 'broken') this.frames.fail(broken())
    }
  }

  #give(frame: unknown): void {
    const isNumbered = isObject(frame) && (frame['k'] === 'e' || frame['k'] === 'snap')
    if (isNumbered) this.#sequence = Number(frame['s'])
    this.frames.push(this.#ids.translate(frame))
  }

  #find(command: Fields): RecordedLine | undefined {
    return [...this.#unsaid].find((line) => this.#isSame(commandOf(line), command))
  }

  #isSame(then: Fields | null, now: Fields): boolean {
    if (then?.['type'] !== now['type']) return false
    // Its ids are drawn anew each time.
    const pairs =
      now['type'] === 'send' ? [partsOf(then), partsOf(now)] : [this.#ids.translate(then), now]
    const [before, after] = pairs.map((value) => canonicalJson(value))
    return before === after
  }
}

/**
 * The commands of the client, each once: what it sends again hangs on the clock, and so do beats, on which no
 * other frame of the server hangs.
 */
function firstCommands(lines: readonly RecordedLine[]): RecordedLine[] {
  const known = new Set<string>()
  return lines.filter((line) => {
    const command = commandOf(line)
    if (!command || command['type'] === 'beat') return false
    const text = canonicalJson(command)
    const isFirst = !known.has(text)
    known.add(text)
    return isFirst
  })
}

function commandOf(line: RecordedLine): Fields | null {
  if (!('way' in line) || line.way !== 'up' || !isObject(line.frame)) return null
  return isObject(line.frame['c']) ? line.frame['c'] : null
}

function partsOf(command: Fields | null): unknown {
  const message = command?.['message']
  return isObject(message) ? message['parts'] : null
}

/** What the client says otherwise than the recording. */
export function diverged(what: string, now: unknown, then: unknown): ToolwireError {
  const text = (value: unknown): string => {
    const json = JSON.stringify(value) ?? 'nothing'
    return json.length > 500 ? `${json.slice(0, 500)}…` : json
  }
  return new ToolwireError(
    'REPLAY_DIVERGED',
    `The client ${what} otherwise than in the recording: it says ${text(now)}, and the recording has ${text(then)}.`,
    {
      hint: 'Give a fresh client the same tools, messages and answers; record from its first link on.',
    },
  )
}

function broken(): ToolwireError {
  return new ToolwireError('TRANSPORT_CLOSED', 'The link broke here in the recording.')
}
