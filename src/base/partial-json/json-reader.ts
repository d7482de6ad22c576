import { ToolwireError } from '../errors.ts'
import type { Json } from '../json-value.ts'
import { GrowingValue } from './growing-value.ts'
import {
  BACKSLASH,
  endOfPlain,
  isHighSurrogate,
  isPlain,
  QUOTE,
  readEscape,
} from './json-string.ts'
import { isWholeNumber, nextNumberState, type NumberState, numberStart } from './number-grammar.ts'
import type { Key } from './wide-log.ts'

/** What a text may cost at most; beyond it, the text is refused at the character that exceeds. */
export interface PartialJsonLimits {
  /** Arrays and objects inside each other. */
  readonly maxDepth: number
  /** UTF-16 code units in all. */
  readonly maxLength: number
  /** Keys of objects in all. */
  readonly maxKeys: number
}

/**
 * Hears that the string at `path` goes on with `text`, of which the first code unit is number `start`
 * of the string; 0 also where a repeated key begins its string anew. All pieces of one string have
 * the same `path` object. An empty string has no piece. What it throws, `push` throws.
 */
export type AppendListener = (
  path: readonly (string | number)[],
  text: string,
  start: number,
) => void

// What is expected next; the last three are inside a token.
const AFTER_VALUE = 0
const FIRST_ELEMENT = 1
const VALUE = 2
const FIRST_KEY = 3
const KEY = 4
const COLON = 5
const STRING = 6
const NUMBER = 7
const LITERAL = 8

const COMMA = 0x2c
const MINUS = 0x2d
const COLON_SIGN = 0x3a
const BRACKET = 0x5b
const BRACKET_END = 0x5d
const BRACE = 0x7b
const BRACE_END = 0x7d

/**
 * The grammar as a machine: every method reads from a position of the piece at hand and returns the
 * position to go on at. A token may be cut anywhere; what came of it is kept in `#token`.
 */
export class JsonReader {
  readonly #limits: PartialJsonLimits
  readonly #onAppend: AppendListener | undefined
  readonly #value = new GrowingValue()
  /** Recent keys: a repeated one is used as the same string, whose hash is known. */
  readonly #recentKeys: string[] = Array<string>(64).fill('')
  #expected = VALUE
  #depth = 0
  #keyCount = 0
  /** Length of all that was pushed. */
  #length = 0
  /** What is being read, and its offset. */
  #text = ''
  #textStart = 0
  /** The cut escape or half surrogate pair at the end of what was pushed, which is to be read again. */
  #cutOff = ''
  /** What came of the token that is cut. */
  #token = ''
  #isKey = false
  #numberState: NumberState = 0
  #literal: Json = null
  #refusal: ToolwireError | undefined = undefined
  #refusedAt = 0
  #path: readonly Key[] = []
  #appended: Parameters<AppendListener>[] = []

  constructor(limits: PartialJsonLimits, onAppend: AppendListener | undefined) {
    this.#limits = limits
    this.#onAppend = onAppend
  }

  push(piece: string): void {
    if (this.#refusal) return
    let text = piece
    if (this.#cutOff !== '') {
      text = this.#cutOff + piece
      this.#cutOff = ''
    }
    this.#length += piece.length
    this.#textStart = this.#length - text.length
    const { maxLength } = this.#limits
    const isTooLong = !(this.#length <= maxLength)
    if (isTooLong) text = text.slice(0, maxLength - this.#textStart)
    this.#text = text
    // What comes is most often the middle of a string.
    let at = this.#expected === STRING ? this.#readString(0) : 0
    while (at < text.length) at = this.#read(at)
    if (isTooLong && !this.#refusal) this.#fail(text.length, 'maxLength')
    if (this.#onAppend) for (const event of this.#appended.splice(0)) this.#onAppend(...event)
  }

  get value(): Json | undefined {
    return this.#value.snapshot
  }

  isComplete(path: readonly Key[]): boolean {
    return this.#value.isComplete(path, this.#isChildOpen())
  }

  get problem(): { kind: 'truncated' | 'malformed'; offset: number } | undefined {
    if (this.#refusal) return { kind: 'malformed', offset: this.#refusedAt }
    return this.#isDocument() ? undefined : { kind: 'truncated', offset: this.#length }
  }

  end(): Json {
    if (this.#refusal) throw this.#refusal
    if (this.#expected === NUMBER && this.#isDocument()) this.#endNumber()
    const value = this.#isDocument() ? this.#value.snapshot : undefined
    if (value === undefined)
      throw new ToolwireError('JSON_TRUNCATED', `JSON is cut off at offset ${this.#length}.`, {
        hint: 'Ask for the text again; a partial value is only to be shown.',
      })
    return value
  }

  #isDocument(): boolean {
    if (this.#depth > 0) return false
    if (this.#expected === NUMBER) return isWholeNumber(this.#numberState)
    return this.#expected === AFTER_VALUE
  }

  /** Whether the innermost container (or the text) has a child that is announced and not complete. */
  #isChildOpen(): boolean {
    const expected = this.#expected
    return expected === VALUE || expected === COLON || (expected >= STRING && !this.#isKey)
  }

  #read(at: number): number {
    switch (this.#expected) {
      case STRING:
        return this.#readString(at)
      case NUMBER:
        return this.#readNumber(at)
      case LITERAL:
        return this.#readLiteral(at)
      default:
        return this.#readStructure(at)
    }
  }

  #readStructure(at: number): number {
    const code = this.#text.charCodeAt(at)
    if (isSpace(code)) return at + 1
    switch (this.#expected) {
      case COLON:
        if (code !== COLON_SIGN) return this.#fail(at)
        this.#expected = VALUE
        return at + 1
      case FIRST_KEY:
        return code === BRACE_END ? this.#closeContainer(at) : this.#startKey(at, code)
      case KEY:
        return this.#startKey(at, code)
      case FIRST_ELEMENT:
        return code === BRACKET_END ? this.#closeContainer(at) : this.#startValue(at, code)
      case VALUE:
        return this.#startValue(at, code)
      default:
        return this.#readAfterValue(at, code)
    }
  }

  #readAfterValue(at: number, code: number): number {
    const { isInArray } = this.#value
    if (this.#depth === 0) return this.#fail(at)
    if (code === (isInArray ? BRACKET_END : BRACE_END)) return this.#closeContainer(at)
    if (code !== COMMA) return this.#fail(at)
    this.#expected = isInArray ? VALUE : KEY
    return at + 1
  }

  #startKey(at: number, code: number): number {
    if (code !== QUOTE) return this.#fail(at)
    if (!(++this.#keyCount <= this.#limits.maxKeys)) return this.#fail(at, 'maxKeys')
    this.#isKey = true
    return this.#startString(at)
  }

  #startValue(at: number, code: number): number {
    this.#isKey = false
    switch (code) {
      case QUOTE:
        return this.#startString(at)
      case BRACE:
      case BRACKET:
        return this.#openContainer(at, code === BRACKET)
      case 0x74:
        return this.#startLiteral(at, 'true', true)
      case 0x66:
        return this.#startLiteral(at, 'false', false)
      case 0x6e:
        return this.#startLiteral(at, 'null', null)
      default:
        if (code !== MINUS && (code < 0x30 || code > 0x39)) return this.#fail(at)
        this.#expected = NUMBER
        this.#numberState = numberStart
        this.#token = ''
        return this.#readNumber(at)
    }
  }

  #openContainer(at: number, isArray: boolean): number {
    if (!(++this.#depth <= this.#limits.maxDepth)) return this.#fail(at, 'maxDepth')
    this.#value.openContainer(isArray)
    this.#expected = isArray ? FIRST_ELEMENT : FIRST_KEY
    return at + 1
  }

  #closeContainer(at: number): number {
    this.#depth--
    this.#value.closeContainer()
    this.#expected = AFTER_VALUE
    return at + 1
  }

  #startLiteral(at: number, word: string, value: Json): number {
    this.#expected = LITERAL
    this.#literal = value
    // What is still to come of the word.
    this.#token = word
    return this.#readLiteral(at)
  }

  #readLiteral(from: number): number {
    const text = this.#text
    const rest = this.#token
    let read = 0
    for (; read < rest.length && from + read < text.length; read++)
      if (text.charCodeAt(from + read) !== rest.charCodeAt(read)) return this.#fail(from + read)
    if (read < rest.length) this.#token = rest.slice(read)
    else this.#complete(this.#literal)
    return from + read
  }

  #readNumber(from: number): number {
    const text = this.#text
    let state = this.#numberState
    let at = from
    for (; at < text.length; at++) {
      const next = nextNumberState(state, text.charCodeAt(at))
      if (next === 0) break
      state = next
    }
    this.#numberState = state
    this.#token += text.slice(from, at)
    if (at === text.length) return at
    if (!isWholeNumber(state)) return this.#fail(at)
    this.#endNumber()
    return at
  }

  #endNumber(): void {
    this.#complete(Number(this.#token))
  }

  #complete(value: Json): void {
    this.#value.complete(value)
    this.#expected = AFTER_VALUE
  }

  #startString(at: number): number {
    this.#expected = STRING
    this.#token = ''
    const text = this.#text
    const start = at + 1
    // Most strings and keys are short, and end in the piece that they began in, without an escape.
    const stop = Math.min(text.length, start + 32)
    let end = start
    while (end < stop && isPlain(text.charCodeAt(end))) end++
    if (end === stop || text.charCodeAt(end) !== QUOTE) return this.#readString(start)
    this.#endString(text.slice(start, end))
    return end + 1
  }

  #readString(from: number): number {
    const text = this.#text
    let start = from
    let end = endOfPlain(text, start)
    // Most often there is nothing else in the text, which then needs no slice.
    let piece = end - start === text.length ? text : text.slice(start, end)
    let unit = ''
    for (;;) {
      const code = end < text.length ? text.charCodeAt(end) : 0
      if (code === QUOTE) {
        this.#endString(piece)
        return end + 1
      }
      const next = code === BACKSLASH ? readEscape(text, end) : end
      if (typeof next === 'number') {
        const last = end > start ? text.charCodeAt(end - 1) : unit.charCodeAt(0)
        if (!isHighSurrogate(last)) return this.#leaveString(piece, end, next)
        // Half a surrogate pair, itself or as an escape, waits for its other half.
        return this.#leaveString(piece.slice(0, -1), end - (end > start ? 1 : 6), next)
      }
      unit = next
      piece += unit
      start = end + (text.charCodeAt(end + 1) === 0x75 ? 6 : 2)
      end = endOfPlain(text, start)
      if (end > start) piece += text.slice(start, end)
    }
  }

  /** The text ends, or is wrong, at `stop` in a string; from `rest` on it is to be read again. */
  #leaveString(piece: string, rest: number, stop: number): number {
    this.#append(piece)
    this.#token += piece
    if (!this.#isKey) this.#value.growString(this.#token)
    if (stop < this.#text.length) return this.#fail(stop)
    if (rest < stop) this.#cutOff = this.#text.slice(rest)
    return stop
  }

  #endString(piece: string): void {
    const string = this.#token === '' ? piece : this.#token + piece
    if (this.#isKey) {
      const slot = (string.charCodeAt(0) * 7 + string.length) & 63
      if (this.#recentKeys[slot] !== string) this.#recentKeys[slot] = string
      this.#value.startMember(this.#recentKeys[slot] ?? string)
      this.#expected = COLON
      return
    }
    this.#append(piece)
    this.#value.complete(string)
    this.#expected = AFTER_VALUE
  }

  #append(piece: string): void {
    if (!this.#onAppend || this.#isKey || piece === '') return
    const start = this.#token.length
    if (start === 0) this.#path = this.#value.path
    this.#appended.push([this.#path, piece, start])
  }

  /** Refuses the text from `at` on; the result is beyond every position, so that nothing more is read. */
  #fail(at: number, limit?: keyof PartialJsonLimits): number {
    const offset = this.#textStart + at
    this.#refusedAt = offset
    this.#refusal = limit
      ? new ToolwireError('JSON_LIMIT', `JSON exceeds "${limit}" at offset ${offset}.`, {
          hint: `The limit is ${this.#limits[limit]}.`,
        })
      : new ToolwireError(
          'JSON_MALFORMED',
          `Unexpected ${JSON.stringify(this.#text.charAt(at))} in JSON at offset ${offset}.`,
          { hint: 'Correct the text or ask for it again.' },
        )
    return Infinity
  }
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
}
