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
  if (isDeeper(value, maxDepth)) return `nested deeper than ${maxDepth}`
  const text = JSON.stringify(value)
  // A character takes three bytes at the most, so only what comes near the limit is counted.
  if (text.length * 3 <= maxBytes) return null
  const bytes = new TextEncoder().encode(text).length
  return bytes > maxBytes ? `${bytes} bytes of at most ${maxBytes}` : null
}

/** Walks level by level, so that depth cannot break it. */
function isDeeper(value: unknown, maxDepth: number): boolean {
  let level = [value].filter(isNested)
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > maxDepth) return true
    level = level.flatMap((node) => Object.values(node).filter(isNested))
  }
  return false
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
