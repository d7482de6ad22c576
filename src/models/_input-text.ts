import { type JsonObject, isObject } from '../base/index.ts'
import { parseJson } from './_json.ts'

export type InputProblem = 'truncated' | 'malformed'

/** As deep as `canonicalJson` goes: what is deeper cannot be passed on. */
const maxNesting = 256
/** A number that this matches may be too large for a number. */
const hugeNumber = /\d{309}|\d[eE]\+?\d{3}/

/**
 * Reads the input of a call: one JSON object, or what is wrong with the text. What JSON.parse takes but JSON
 * could not carry on, such as `1e999`, is malformed.
 */
export function readInputText(text: string): JsonObject | InputProblem {
  const value = parseJson(text)
  if (isObject(value)) return isCarried(text) ? value : 'malformed'
  return value === undefined && isCut(text) ? 'truncated' : 'malformed'
}

function isCarried(text: string): boolean {
  if (isDeeper(text, maxNesting)) return false
  if (!hugeNumber.test(text)) return true
  let finite = true
  JSON.parse(text, (_key, value: unknown) => {
    finite &&= typeof value !== 'number' || Number.isFinite(value)
    return value
  })
  return finite
}

/** Whether a JSON text is nested deeper than `levels`. */
export function isDeeper(text: string, levels: number): boolean {
  // Each level takes two characters at least.
  if (text.length <= 2 * levels || !hasMoreBrackets(text, levels)) return false
  const nesting = new JsonNesting()
  nesting.push(text)
  return nesting.deepest > levels
}

/** What is open at the end of a JSON text that comes in pieces. */
export class JsonNesting {
  readonly #closers: string[] = []
  #escaped = false
  inString = false
  /** The most levels that were open at once. */
  deepest = 0

  /** Whether everything that was opened is closed. */
  get closed(): boolean {
    return !this.inString && this.#closers.length === 0
  }

  /** The brackets that are missing. */
  get closers(): string {
    return this.#closers.toReversed().join('')
  }

  push(piece: string): void {
    for (let at = 0; at < piece.length; at++) {
      const char = piece[at]
      if (this.#escaped) this.#escaped = false
      else if (char === '"') this.inString = !this.inString
      else if (this.inString) this.#escaped = char === '\\'
      else if (char === '{' || char === '[') this.#open(char)
      else if (char === '}' || char === ']') this.#closers.pop()
    }
  }

  #open(bracket: '{' | '['): void {
    this.deepest = Math.max(this.deepest, this.#closers.push(bracket === '{' ? '}' : ']'))
  }
}

/** Says at little cost of nearly every text that it cannot be nested deeper than `count`. */
function hasMoreBrackets(text: string, count: number): boolean {
  let found = 0
  for (const bracket of ['{', '['])
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1))
      if (++found > count) return true
  return false
}

/**
 * A text is cut, rather than wrong, exactly where some ending makes it JSON. The endings close an open
 * string, then an unfinished token or member, then everything that is still open.
 */
function isCut(text: string): boolean {
  const nesting = new JsonNesting()
  nesting.push(text)
  return (nesting.inString ? openStrings : ['']).some((string) =>
    openTokens.some((token) => parseJson(text + string + token + nesting.closers) !== undefined),
  )
}

const openStrings = ['"', '\\"', '0"', '00"', '000"', '0000"']
const openTokens = ['', '0', ':0', '"":0', 'e', 'ue', 'rue', 'l', 'll', 'ull', 'se', 'lse', 'alse']
