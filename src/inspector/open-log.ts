import { ToolwireError, isObject } from '../base/index.ts'
import type { RecordedLine } from '../testing/index.ts'
import type { FrameLog } from './frame-log.ts'
import { redactFrames } from './redact-frames.ts'

/**
 * Reads the JSON lines of `recordFrames`, of a saved recording or of `exportConversation`, and takes secrets out.
 * An export does not have the schemas of all tools, so name in `redaction` what only those call a secret.
 * @throws {@link ToolwireError} `INVALID_OPTIONS`, naming the first line that is none of those.
 */
export function openLog(text: string, redaction: FrameLog['redaction'] = {}): FrameLog {
  const values = text
    .split('\n')
    .map((line, index) => ({ line: line.trim(), number: index + 1 }))
    .filter(({ line }) => line !== '')
    .map(({ line, number }) => ({ value: parsed(line, number), number }))
  const [head] = values
  if (!head) throw refused('The log is empty.')
  const isExport = head.value['toolwire'] === 'conversation'
  const lines = isExport ? eventLines(values.slice(1)) : values.map(recordedLine)
  const redact = redactFrames(redaction)
  return {
    lines: lines.map((line) =>
      'way' in line ? { ...line, frame: redact(line.frame, line.way) } : line,
    ),
    dropped: 0,
    hasLinks: !isExport,
    redaction,
  }
}

interface Numbered {
  readonly value: Record<string, unknown>
  readonly number: number
}

function recordedLine({ value, number }: Numbered): RecordedLine {
  const { at, link, way, frame, end, code } = value
  if (typeof at !== 'number' || typeof link !== 'number')
    throw refused(`Line ${number} is no line of a recording.`)
  if ((way === 'up' || way === 'down') && frame !== undefined) return { at, link, way, frame }
  if (end === 'client' || end === 'server' || end === 'broken' || end === 'refused')
    return { at, link, end, ...(typeof code === 'string' && { code }) }
  throw refused(`Line ${number} is neither a frame nor the end of a link.`)
}

/** Events as a client would have got them. What has no time of its own came with what was before it. */
function eventLines(values: readonly Numbered[]): RecordedLine[] {
  let first: number | null = null
  let at = 0
  return values.map(({ value, number }, index) => {
    if (typeof value['type'] !== 'string') throw refused(`Line ${number} is no event.`)
    if (typeof value['at'] === 'number') {
      first ??= value['at']
      at = value['at'] - first
    }
    return { at, link: 1, way: 'down', frame: { k: 'e', s: index + 1, e: value } }
  })
}

function parsed(line: string, number: number): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line)
    if (isObject(value)) return value
  } catch (cause) {
    throw refused(`Line ${number} is no JSON.`, cause)
  }
  throw refused(`Line ${number} is no JSON object.`)
}

function refused(problem: string, cause?: unknown): ToolwireError {
  return new ToolwireError('INVALID_OPTIONS', problem, {
    hint: 'Open what `recordFrames`, the inspector or `exportConversation` wrote, one JSON object on each line.',
    ...(cause !== undefined && { cause }),
  })
}
