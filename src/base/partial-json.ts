import type { Json } from './json-value.ts'
import {
  type AppendListener,
  JsonReader,
  type PartialJsonLimits,
} from './partial-json/json-reader.ts'

export type { AppendListener, PartialJsonLimits }

/** Limits, which are 1,000 levels, 16,777,216 code units and 1,000,000 keys unless given. */
export interface PartialJsonOptions extends Partial<PartialJsonLimits> {
  /** Hears every piece of every string value in order, when the `push` that brought it is done. */
  readonly onAppend?: AppendListener
}

/** Why a text is no JSON document: only its end is missing, or nothing that comes can mend it. */
export interface JsonProblem {
  readonly kind: 'truncated' | 'malformed'
  /** Where the text ends; or the first character that no JSON document (within the limits) has there. */
  readonly offset: number
}

/**
 * Reads a JSON text while it comes. It accepts what `JSON.parse` accepts and ends in the same value,
 * in time and memory linear in the text, however the text is cut and however often `value` is read.
 * What is shown of an unfinished text keeps these promises:
 *
 * 1. A value never changes its type. A string only grows, by whole characters: a surrogate pair is
 *    shown whole. An array or object only gains entries, and these grow in the same way.
 * 2. A number is shown when something that ends it has come (or `end` was called), `true`, `false`
 *    and `null` with their last letter: never `1` of `12`, never `true` of `tr`.
 * 3. A member is shown when its value is: its key is never cut.
 * 4. All that has come and that 1 to 3 allow is shown, wherever the pieces were cut.
 * 5. A value that was read never changes afterwards, and each array or object in it that did not
 *    become more is the same object in the next one.
 *
 * A repeated key replaces the earlier member when its own value is shown, as the last one wins in
 * `JSON.parse`; this alone breaks 1. `__proto__` is a key like any other.
 *
 * Values are to be read, not written: they share their parts. An array or object that is still open
 * and has more than 128 entries is shown as a read-only view, which works like the array or object
 * (`Array.isArray`, methods, spread, `JSON.stringify`), but which `structuredClone` and `postMessage`
 * refuse: spread it first. What is complete is plain.
 *
 * Reading `value` costs as much as the containers that are open, and nothing where it is not read.
 * Whoever shows a long string by its text flattens it for every piece, which is quadratic in any
 * parser: such a one listens to `onAppend`.
 */
export interface PartialJsonParser {
  /**
   * Takes the next piece of the text. After a character that is refused it does nothing; after `end`
   * only white space is not refused.
   */
  push(text: string): void
  /** What is known now; undefined before anything is. */
  readonly value: Json | undefined
  /** Whether the value at `path` has ended; only a repeated key takes it back. `[]` is the whole. */
  isComplete(path: readonly (string | number)[]): boolean
  /** What keeps the text so far from being a JSON document. A text beyond a limit is malformed. */
  readonly problem: JsonProblem | undefined
  /** Says that no more text comes: the value, or `JSON_MALFORMED`, `JSON_TRUNCATED`, `JSON_LIMIT`. */
  end(): Json
}

/** A parser for one JSON text that comes in pieces. */
export function createPartialJsonParser(options: PartialJsonOptions = {}): PartialJsonParser {
  const { onAppend, maxDepth = 1_000, maxLength = 16_777_216, maxKeys = 1_000_000 } = options
  return new JsonReader({ maxDepth, maxLength, maxKeys }, onAppend)
}
