import { ToolwireError, isObject } from '../../base/index.ts'

/** Which way a frame went: `up` to the server. */
export type Way = 'up' | 'down'

/** Who closed a link, or that it broke, or that it was never opened. */
export type RecordedEnd = 'client' | 'server' | 'broken' | 'refused'

/** Changes a copy of a frame, or makes another of it. */
export type Redact = (frame: unknown, way: Way) => unknown

/** One line of a recording; `at` counts milliseconds from its start, `link` the links from 1. */
export type RecordedLine =
  | { readonly at: number; readonly link: number; readonly way: Way; readonly frame: unknown }
  | {
      readonly at: number
      readonly link: number
      readonly end: RecordedEnd
      /** Of the error, where there was one. */
      readonly code?: string
    }

/** @throws {@link ToolwireError} `INVALID_OPTIONS`, naming the first line that is none. */
export function parseRecording(text: string): readonly RecordedLine[] {
  return text
    .split('\n')
    .map((line, index) => ({ line: line.trim(), number: index + 1 }))
    .filter(({ line }) => line !== '')
    .map(({ line, number }) => parseLine(line, number))
}

function parseLine(text: string, number: number): RecordedLine {
  const line = parsed(text)
  if (isObject(line) && typeof line['link'] === 'number' && ('way' in line || 'end' in line))
    // What it holds was written by `recordFrames`; a frame is checked by whoever reads it.
    return line as unknown as RecordedLine
  throw new ToolwireError(
    'INVALID_OPTIONS',
    `replayFrames: line ${number} is none of a recording.`,
    {
      hint: 'Give the text of `recordFrames`, one JSON object on each line.',
    },
  )
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
