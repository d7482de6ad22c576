import type { Json } from './json-value.ts'
import { type AppendListener, type Limits, JsonReader } from './partial-json/json-reader.ts'
import type { Key } from './partial-json/wide-log.ts'

/** What a text may cost at most, and who hears of growing strings. */
export interface PartialJsonOptions extends Partial<Limits> {
  /** Told of every piece of every string value, in order, when the `push` that brought it is done. */
  readonly onAppend?: AppendListener
}

/** Why a text is no JSON document: no text completes it, or only its end is missing. */
export interface JsonProblem {
  readonly kind: 'truncated' | 'malformed'
  /** Where the text ends, or the first character that no JSON document could have there. */
  readonly offset: number
}

/**
 * Reads a JSON text while it comes. It accepts what `JSON.parse` accepts and ends in the same value,
 * in time linear in the text, however it is cut and however often `value` is read. What is shown of
 * an unfinished text keeps these promises:
 *
 * 1. A value never changes its type. A string only grows, by whole characters: a surrogate pair is
 *    shown whole. An array or object only gains entries, and these grow in the same way.
 * 2. A number, `true`, `false` or `null` is shown when it is complete, that is, when what comes after
 *    it has begun (or `end` was called): never `1` of `12`.
 * 3. A member is shown when the first of its value is, and its key is never cut.
 * 4. All that has come and that 1 to 3 allow is shown, wherever the pieces were cut.
 * 5. A value that was read never changes afterwards, and whatever part of it did not become more is
 *    the same object in the next one.
 *
 * A repeated key replaces the earlier member when its own value is shown, as the last one wins in
 * `JSON.parse`; this alone breaks 1. `__proto__` is a key like any other.
 *
 * Values are to be read, not written: they share their parts. An open array or object with more than
 * 128 entries is shown as a read-only view, which behaves as the array or object (`Array.isArray`,
 * methods, spread, `JSON.stringify`) but which `structuredClone` and `postMessage` refuse: spread it
 * first. What is complete is always plain.
 */
export interface PartialJsonParser {
  /** Takes the next piece of the text. After a malformed character it does nothing. */
  push(text: string): void
  /** What is known now; undefined before anything is. Reading it is what costs, not pushing. */
  readonly value: Json | undefined
  /** Whether the value at `path` is there and final (unless its key is repeated); `[]` is the whole. */
  isComplete(path: readonly Key[]): boolean
  /** What keeps the text so far from being a JSON document; a limit counts as malformed. */
  readonly problem: JsonProblem | undefined
  /** The value, when no more text comes; throws `JSON_MALFORMED`, `JSON_TRUNCATED` or `JSON_LIMIT`. */
  end(): Json
}

/** A parser for one JSON text that comes in pieces. */
export function createPartialJsonParser(options: PartialJsonOptions = {}): PartialJsonParser {
  const { onAppend, maxDepth = 1_000, maxLength = 16_777_216, maxKeys = 1_000_000 } = options
  return new JsonReader({ maxDepth, maxLength, maxKeys }, onAppend)
}
