import { type World, systemWorld } from '../base/index.ts'
import type { Transport } from '../ports/index.ts'
import { type FrameRecorder, type RecordedLine, recordFrames } from '../testing/index.ts'
import type { FrameLog, LiveRecording } from './frame-log.ts'
import { type RedactFramesOptions, redactFrames } from './redact-frames.ts'

export interface InspectOptions extends Omit<RedactFramesOptions, 'seen'> {
  /** Lines that are kept, the newest. Default 5,000. */
  readonly maxLines?: number
  /** Characters of JSON that are kept in all lines together. Default 8,000,000. */
  readonly maxChars?: number
  readonly world?: World
}

/** A transport whose frames are recorded. */
export interface InspectedTransport extends Transport {
  readonly recording: LiveRecording
}

/**
 * The same transport, recorded both ways, without secrets and within bounds:
 * `createToolClient({ transport: inspect(transport) })`. It changes nothing of what is carried.
 */
export function inspect(transport: Transport, options: InspectOptions = {}): InspectedTransport {
  const recording = new BoundedRecording(options)
  return { ...recording.transport(transport), recording }
}

class BoundedRecording implements LiveRecording {
  readonly lines: RecordedLine[] = []
  readonly hasLinks = true
  readonly redaction: FrameLog['redaction']
  dropped = 0
  readonly #recorder: FrameRecorder
  readonly #listeners = new Set<() => void>()
  readonly #maxLines: number
  readonly #maxChars: number
  /** Of each line, in characters. */
  readonly #sizes: number[] = []
  #chars = 0

  constructor({
    maxLines = 5_000,
    maxChars = 8_000_000,
    world = systemWorld,
    ...redaction
  }: InspectOptions) {
    this.redaction = redaction
    this.#maxLines = maxLines
    this.#maxChars = maxChars
    this.#recorder = recordFrames({
      world,
      maxLines: 0,
      redact: redactFrames(redaction),
      onLine: (line) => this.#take(line),
    })
  }

  transport(transport: Transport): Transport {
    return this.#recorder.transport(transport)
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #take(line: RecordedLine): void {
    const size = JSON.stringify(line).length
    // One that leaves no room for any other is not worth all others.
    if (size > this.#maxChars / 2) this.dropped++
    else this.#keep(line, size)
    for (const listener of this.#listeners) listener()
  }

  #keep(line: RecordedLine, size: number): void {
    this.lines.push(line)
    this.#sizes.push(size)
    this.#chars += size
    while (this.lines.length > this.#maxLines || this.#chars > this.#maxChars) {
      this.lines.shift()
      this.#chars -= this.#sizes.shift() ?? 0
      this.dropped++
    }
  }
}
