import { isObject } from '../../base/index.ts'
import { InputReader } from './input-reader.ts'
import { type Grammar, type ReadProblem, endOfMatch } from './input-string.ts'

// A byte order mark is white space here, as it is in JavaScript.
const space = /\s*/y
const fence = /`{3,}[^\S\n]*[-+\w]*/y
const backticks = /`*/y

interface AroundOptions {
  readonly grammar: Grammar
  /** Whether several objects may stand one behind the other. */
  readonly several: boolean
}

/**
 * The input without what stands around it: one Markdown fence, an empty object before the real one, words
 * behind a whole one. What is left is a part of `text`, unchanged. A fence that is not closed is a text that
 * was cut; what is behind the input and could belong to it (a brace, a comma, a member) is a problem.
 */
export function stripAround(text: string, options: AroundOptions): string | ReadProblem {
  const start = endOfMatch(space, text, 0)
  const inside = endOfMatch(fence, text, start)
  const found = locate(text, inside, options)
  if ('kind' in found) return found
  let behind = found.end
  if (inside > start) {
    const closing = endOfMatch(space, text, behind)
    behind = endOfMatch(backticks, text, closing)
    if (behind - closing !== endOfMatch(backticks, text, start) - start)
      return { kind: behind === text.length ? 'cut' : 'malformed', offset: closing }
  }
  if (!isProse(text.slice(behind))) return { kind: 'malformed', offset: behind }
  return isBlank(text.slice(0, found.start)) && isBlank(text.slice(found.end))
    ? text
    : text.slice(found.start, found.end)
}

/** Where the input stands from `from` on. */
function locate(
  text: string,
  from: number,
  { grammar, several }: AroundOptions,
): { readonly start: number; readonly end: number } | ReadProblem {
  let start = endOfMatch(space, text, from)
  const reader = new InputReader(text, grammar, start)
  for (let count = 1; ; count++) {
    const value = reader.value()
    if (reader.problem) return reader.problem
    const end = endWithComments(text, reader)
    reader.at = endOfMatch(space, text, reader.at)
    const goesOn = text.charAt(reader.at) === '{'
    if (goesOn && count === 1 && isEmptyObject(value)) start = reader.at
    else if (!goesOn || !several) return { start, end }
  }
}

/** Takes the reader behind the comments that follow; where the input ends together with them. */
function endWithComments(text: string, reader: InputReader): number {
  const end = reader.at
  reader.space()
  return isBlank(text.slice(end, reader.at)) ? end : reader.at
}

function isEmptyObject(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 0
}

/** Words behind an input. What might be a part of it, with a brace lost somewhere, is none. */
function isProse(text: string): boolean {
  const rest = text.slice(endOfMatch(space, text, 0))
  return !/^[,:;"'\d]/.test(rest) && !/[{}[\]]/.test(rest) && !/["']\s*:/.test(rest)
}

/** Whether `text` is nothing but the white space that JSON allows around a value. */
function isBlank(text: string): boolean {
  return !/[^ \t\n\r]/.test(text)
}
