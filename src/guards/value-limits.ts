import { isObject } from '../base/index.ts'
import { type Guard, refusal, titleOf } from './guard.ts'
import type { KnownLimits } from './guard-limits.ts'

/** Refuses an input that is too large or too deep, before anything is counted. */
export function inputLimits({ maxInputBytes, maxDepth }: KnownLimits): Guard {
  return ({ tool, input }, next) => {
    const excess = excessOf(input, { maxBytes: maxInputBytes, maxDepth })
    if (excess === null) return next()
    return refusal(
      'input-too-large',
      `Not run: the input is too large (${excess}). Pass less at once, or a reference to it.`,
      `"${titleOf(tool)}" was asked to take more than it may.`,
    )
  }
}

/** Keeps an output out of the conversation that is too large or too deep, and says that the tool ran. */
export function outputLimits({ maxOutputBytes, maxDepth }: KnownLimits): Guard {
  return async ({ tool }, next) => {
    const outcome = await next()
    if (outcome.output === undefined) return outcome
    const excess = excessOf(outcome.output, { maxBytes: maxOutputBytes, maxDepth })
    if (excess === null) return outcome
    return refusal(
      'output-too-large',
      `The tool ran, but its output is too large (${excess}) and was dropped. Ask it for less at once.`,
      `"${titleOf(tool)}" gave back more than may be kept.`,
    )
  }
}

/** Why a JSON value is too large, or `null`. Depth comes first: writing a value that is too deep would throw. */
function excessOf(
  value: unknown,
  { maxBytes, maxDepth }: { readonly maxBytes: number; readonly maxDepth: number },
): string | null {
  if (value === undefined) return null
  const most = bytesAtMost(value, maxDepth)
  if (most === Infinity) return `nested deeper than ${maxDepth}`
  // Only what may come near the limit is written out to be counted.
  if (most <= maxBytes) return null
  const bytes = new TextEncoder().encode(JSON.stringify(value)).length
  return bytes > maxBytes ? `${bytes} bytes of at most ${maxBytes}` : null
}

/** As `-1.7976931348623157e+308`. */
const longestScalar = 24

/** No JSON of `value` has more bytes; `Infinity` where it is deeper than `maxDepth`, beyond which it is not walked. */
function bytesAtMost(value: unknown, maxDepth: number): number {
  if (typeof value === 'string') return textAtMost(value)
  const isList = Array.isArray(value)
  if (!isList && !isObject(value)) return longestScalar
  if (maxDepth === 0) return Infinity
  let bytes = '{}'.length
  if (isList) for (const item of value) bytes += bytesAtMost(item, maxDepth - 1) + ','.length
  else
    for (const key of Object.keys(value))
      bytes += textAtMost(key) + bytesAtMost(value[key], maxDepth - 1) + ':,'.length
  return bytes
}

/** A character takes six bytes at the most, as in `\u0007`. */
function textAtMost(text: string): number {
  return 6 * text.length + '""'.length
}
