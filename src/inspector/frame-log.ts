import type { RedactOptions } from '../guards/index.ts'
import type { Transport } from '../ports/index.ts'
import type { RecordedLine } from '../testing/index.ts'

/** What went over the links of a client, or what is known of it, without secrets. */
export interface FrameLog {
  readonly lines: readonly RecordedLine[]
  /** Lines before these that are not kept any more, or were too large to be kept. */
  readonly dropped: number
  /** Whether the lines are all that went over the links; an exported conversation has only its events. */
  readonly hasLinks: boolean
  /** What was taken out of the lines, beside what speaks for itself. */
  readonly redaction: RedactOptions & { readonly maxPayloadChars?: number }
}

/** A log that grows. */
export interface LiveRecording extends FrameLog {
  /** Calls `listener` after each line until the returned function is called. */
  subscribe(listener: () => void): () => void
  /** Records another transport of the same client into the same log, as for `client.moveTo`. */
  transport(transport: Transport): Transport
}

/** The log as JSON lines, which `recordFrames` writes and `openLog` reads. */
export function logText({ lines }: FrameLog): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('')
}
