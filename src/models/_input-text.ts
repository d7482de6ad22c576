import { type JsonObject, isObject } from '../base/index.ts'
import { parseJson } from './_json.ts'

export type InputProblem = 'truncated' | 'malformed'

/** Reads the input of a call: one JSON object, or what is wrong with the text. */
export function readInputText(text: string): JsonObject | InputProblem {
  const value = parseJson(text)
  if (isObject(value)) return value
  return value === undefined && isCut(text) ? 'truncated' : 'malformed'
}

/** What is open at the end of a JSON text that comes in pieces. */
export class JsonNesting {
  readonly #closers: string[] = []
  #escaped = false
  inString = false

  /** Whether everything that was opened is closed. */
  get closed(): boolean {
    return !this.inString && this.#closers.length === 0
  }

  /** The brackets that are missing. */
  get closers(): string {
    return this.#closers.toReversed().join('')
  }

  push(piece: string): void {
    for (const char of piece)
      if (this.#escaped) this.#escaped = false
      else if (char === '"') this.inString = !this.inString
      else if (this.inString) this.#escaped = char === '\\'
      else if (char === '{') this.#closers.push('}')
      else if (char === '[') this.#closers.push(']')
      else if (char === '}' || char === ']') this.#closers.pop()
  }
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
