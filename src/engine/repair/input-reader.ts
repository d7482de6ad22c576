import { type Json, type JsonObject, canonicalJson } from '../../base/index.ts'
import { type Grammar, type ReadProblem, endOfMatch, readString } from './input-string.ts'

/** As deep as `canonicalJson` goes, which writes every input. */
const maxDepth = 256

const blank = /[ \t\n\r]*/y
// A `#` as in Python, since that is whose literals are read too.
const comment = /(?:\/\/|#)[^\n\r]*|\/\*[^]*?\*\//y
const identifier = /[$_\p{ID_Start}][$\u200c\u200d\p{ID_Continue}]*/uy
/** A number, a literal, or what is neither. */
const word = /[-+.$\w]*/y
const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/

const beginsNumber = /^-?(?:\d+(?:\.\d*)?(?:[eE][-+]?\d*)?)?$/

const literals = new Map<string, Json>([
  ['true', true],
  ['false', false],
  ['null', null],
])
const pythonLiterals = new Map<string, Json>([
  ['True', true],
  ['False', false],
  ['None', null],
])

/**
 * Reads JSON values from a text, with the strict grammar or the tolerant one. Nothing is ever added to the
 * text: what is open at its end stays open, which is a problem. The tolerant grammar takes beside JSON
 * exactly: a comma behind the last member, comments, single quotes, keys that are identifiers, Python's
 * `True`, `False` and `None`, and what {@link readString} says of strings. Both refuse a key that comes
 * twice with different values, a number that is none (`NaN`, `1e999`), and what is nested too deeply.
 */
export class InputReader {
  readonly #text: string
  readonly #grammar: Grammar
  /** Where the text goes on. */
  at: number
  /** Set once something could not be read; then nothing more can be. */
  problem: ReadProblem | null = null

  constructor(text: string, grammar: Grammar, start = 0) {
    this.#text = text
    this.#grammar = grammar
    this.at = start
  }

  /** The next value; `undefined` where there is none, and then `problem` is set. */
  value(depth = 0): Json | undefined {
    this.space()
    switch (this.#text.charAt(this.at)) {
      case '{':
        return this.#object(depth)
      case '[':
        return this.#array(depth)
      case '"':
        return this.string()
      case "'":
        return this.#grammar === 'tolerant' ? this.string() : this.#fail()
      default:
        return this.#word()
    }
  }

  /** The string whose quote is next. */
  string(): string | undefined {
    const read = readString(this.#text, this.at, this.#grammar)
    if ('kind' in read) {
      this.problem = read
      return undefined
    }
    this.at = read.end
    return read.value
  }

  /** Goes on to the next character that means something. */
  space(): void {
    for (;;) {
      // Most often there is none.
      if (this.#text.charCodeAt(this.at) <= 0x20) this.at = endOfMatch(blank, this.#text, this.at)
      if (this.#grammar === 'strict' || !'/#'.includes(this.#text.charAt(this.at) || ' ')) return
      const end = endOfMatch(comment, this.#text, this.at)
      if (end === this.at) return this.#openComment()
      this.at = end
    }
  }

  /** A comment that is not closed, or only half begun, takes the rest of the text along. */
  #openComment(): void {
    const next = this.#text.charAt(this.at + 1)
    if (next === '*' || next === '') this.at = this.#text.length
  }

  #object(depth: number): JsonObject | undefined {
    const members: Record<string, Json> = {}
    const isRead = this.#list('}', depth, () => {
      const key = this.#key()
      if (key === undefined) return false
      this.space()
      if (!this.#take(':')) return false
      const start = this.at
      const value = this.value(depth + 1)
      if (value === undefined) return false
      return setMember(members, key, value) || this.#refuse(start)
    })
    return isRead ? members : undefined
  }

  #array(depth: number): Json | undefined {
    const items: Json[] = []
    const isRead = this.#list(']', depth, () => {
      const item = this.value(depth + 1)
      if (item === undefined) return false
      items.push(item)
      return true
    })
    return isRead ? items : undefined
  }

  /** Reads up to `close` what `readItem` reads and commas separate. */
  #list(close: string, depth: number, readItem: () => boolean): boolean {
    if (depth === maxDepth) return this.#refuse(this.at)
    this.at++
    for (let mayEnd = true; ; mayEnd = this.#grammar === 'tolerant') {
      this.space()
      if (mayEnd && this.#isNext(close)) break
      if (!readItem()) return false
      this.space()
      if (this.#isNext(close)) break
      if (!this.#take(',')) return false
    }
    this.at++
    return true
  }

  #key(): string | undefined {
    const char = this.#text.charAt(this.at)
    if (char === '"') return this.string()
    if (this.#grammar === 'strict') return this.#fail()
    if (char === "'") return this.string()
    const end = endOfMatch(identifier, this.#text, this.at)
    if (end === this.at) return this.#fail()
    const key = this.#text.slice(this.at, end)
    this.at = end
    return key
  }

  #word(): Json | undefined {
    const end = endOfMatch(word, this.#text, this.at)
    const read = this.#text.slice(this.at, end)
    const known = number.test(read) ? Number(read) : this.#literal(read)
    if (known === undefined || known === Infinity || known === -Infinity)
      return this.#fail(end === this.#text.length && this.#mayGoOn(read) ? end : this.at)
    this.at = end
    return known
  }

  #literal(read: string): Json | undefined {
    const known = literals.get(read)
    return known === undefined && this.#grammar === 'tolerant' ? pythonLiterals.get(read) : known
  }

  /** Whether `read` is the beginning of a value. */
  #mayGoOn(read: string): boolean {
    return (
      beginsNumber.test(read) ||
      [...literals.keys(), ...pythonLiterals.keys()].some((known) => known.startsWith(read))
    )
  }

  #isNext(char: string): boolean {
    return this.#text.charAt(this.at) === char
  }

  #take(char: string): boolean {
    if (!this.#isNext(char)) return this.#refuse(this.at)
    this.at++
    return true
  }

  /** The text is wrong at `offset`; at its end, it only ends too soon. */
  #fail(offset = this.at): undefined {
    this.problem = { kind: offset < this.#text.length ? 'malformed' : 'cut', offset }
  }

  #refuse(offset: number): false {
    this.#fail(offset)
    return false
  }
}

/** Adds a member, also one that is called `__proto__`; `false` where it is there with another value. */
function setMember(members: Record<string, Json>, key: string, value: Json): boolean {
  if (Object.hasOwn(members, key)) return canonicalJson(members[key]) === canonicalJson(value)
  // Set like any other, `__proto__` would be no member.
  if (key !== '__proto__') members[key] = value
  else {
    const property = { value, configurable: true, enumerable: true, writable: true }
    Object.defineProperty(members, key, property)
  }
  return true
}
