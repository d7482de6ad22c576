/** JSON as RFC 8259 has it, or with what else means one thing only. */
export type Grammar = 'strict' | 'tolerant'

/** Why a text is not what is read: it ends before that does, or is something else from `offset` on. */
export interface ReadProblem {
  readonly kind: 'cut' | 'malformed'
  readonly offset: number
}

/** A string that was read, and where the text goes on behind it. */
export interface ReadString {
  readonly value: string
  readonly end: number
}

// Sticky, so that each run of plain characters is one step.
const plain = { '"': /[ !#-[\]-\uffff]*/y, "'": /[ -&(-[\]-\uffff]*/y }
const fourHexDigits = /^u([\da-f]{4})$/i
const cutEscape = /^\\(?:u[\da-f]{0,3})?$/i
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

// Escapes that are also a backslash and a letter, where backslashes are not escaped: `C:\temp`, `\bword`.
const letters = /[bfnrt]/

/**
 * The string that begins with the quote at `start`. The tolerant grammar also takes single quotes, line ends
 * and tabs as they are, and keeps a backslash that escapes nothing: `\d` is a backslash and a d. A string with
 * such a backslash and with one that can be read both ways, as in `C:\temp\data`, is a problem.
 */
export function readString(
  text: string,
  start: number,
  grammar: Grammar,
): ReadString | ReadProblem {
  return new StringReader(text, start, grammar).read()
}

class StringReader {
  readonly #text: string
  readonly #grammar: Grammar
  #at: number
  #value = ''
  /** Where the last backslash stands that escapes nothing. */
  #kept = -1
  #isDoubtful = false

  constructor(text: string, start: number, grammar: Grammar) {
    this.#text = text
    this.#at = start
    this.#grammar = grammar
  }

  read(): ReadString | ReadProblem {
    const quote = this.#text.charAt(this.#at++) === '"' ? '"' : "'"
    for (;;) {
      this.#take(endOfMatch(plain[quote], this.#text, this.#at))
      const char = this.#text.charAt(this.#at)
      if (char === '') return { kind: 'cut', offset: this.#at }
      if (char === quote) return this.#end()
      const isTaken = char === '\\' ? this.#takeEscape(quote) : this.#takeControl(char)
      if (!isTaken) return { kind: this.#isCutEscape() ? 'cut' : 'malformed', offset: this.#at }
    }
  }

  #end(): ReadString | ReadProblem {
    return this.#kept >= 0 && this.#isDoubtful
      ? { kind: 'malformed', offset: this.#kept }
      : { value: this.#value, end: this.#at + 1 }
  }

  /** Takes the text up to `end` as it is. */
  #take(end: number): void {
    this.#value += this.#text.slice(this.#at, end)
    this.#at = end
  }

  #takeControl(char: string): boolean {
    const isKept = this.#grammar === 'tolerant' && '\n\r\t'.includes(char)
    if (isKept) this.#take(this.#at + 1)
    return isKept
  }

  #takeEscape(quote: string): boolean {
    const char = this.#text.charAt(this.#at + 1)
    const unit = char === quote ? quote : (escapes[char] ?? this.#hexUnit())
    if (unit !== undefined) {
      this.#isDoubtful ||= letters.test(char)
      this.#value += unit
      this.#at += char === 'u' ? 6 : 2
      return true
    }
    if (this.#grammar === 'strict') return false
    this.#kept = this.#at
    this.#take(this.#at + 1)
    return true
  }

  #isCutEscape(): boolean {
    return cutEscape.test(this.#text.slice(this.#at, this.#at + 6))
  }

  /** The code unit of an escape such as `\u00e9`. */
  #hexUnit(): string | undefined {
    const hex = fourHexDigits.exec(this.#text.slice(this.#at + 1, this.#at + 6))?.[1]
    return hex === undefined ? undefined : String.fromCharCode(Number.parseInt(hex, 16))
  }
}

/** Where the match at `start` ends; `start` where there is none. */
export function endOfMatch(sticky: RegExp, text: string, start: number): number {
  sticky.lastIndex = start
  return sticky.test(text) ? sticky.lastIndex : start
}
