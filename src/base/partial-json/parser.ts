import { ToolwireError } from '../errors.ts'
import type { Json } from '../json-value.ts'
import { decodeEscape, measureEscape } from './escape.ts'
import { GrowingValue } from './growing-value.ts'
import { isWholeNumber, nextNumberState, type NumberState, numberStart } from './number-grammar.ts'

const VALUE = 0
const FIRST_VALUE = 1
const FIRST_KEY = 2
const KEY = 3
const COLON = 4
const AFTER = 5
const STRING = 6
const NUMBER = 7
const WORD = 8

const simpleEscapes: (string | undefined)[] = Array.from({ length: 128 })
for (const [i, m] of [...'"\\/\b\f\n\r\t'].entries()) simpleEscapes['"\\/bfnrt'.charCodeAt(i)] = m

/** Characters that stand for themselves in a string. */
const plain = /[ !#-[\]-\uffff]*/y

export class Parser {
  readonly #tree = new GrowingValue()
  readonly #keys = Array.from({ length: 64 }, () => '')
  #mode = VALUE
  #text = ''
  #base = 0
  #length = 0
  #carry = ''
  #token = ''
  #isKey = false
  #state: NumberState = 0
  #word: unknown = undefined
  #failure: { offset: number; limit?: string } | undefined = undefined

  push(delta: string): void {
    if (this.#failure) return
    const carry = this.#carry
    const text = carry === '' ? delta : carry + delta
    this.#carry = ''
    this.#base = this.#length - carry.length
    this.#length += delta.length
    this.#text = text
    let at = 0
    while (at < text.length) at = this.#step(at)
  }

  get value(): Json | undefined {
    return this.#tree.snapshot
  }

  end(): Json {
    if (this.#failure) throw new ToolwireError('JSON_MALFORMED', 'at ' + this.#failure.offset)
    if (this.#mode === NUMBER && this.#tree.isAtRoot) {
      this.#tree.complete(Number(this.#token))
      this.#mode = AFTER
    }
    if (!(this.#mode === AFTER && this.#tree.isAtRoot)) throw new ToolwireError('JSON_TRUNCATED', 'at ' + this.#length)
    return this.#tree.snapshot as Json
  }

  #fail(at: number): number {
    this.#failure = { offset: this.#base + at }
    return Infinity
  }

  #step(at: number): number {
    switch (this.#mode) {
      case STRING:
        return this.#string(at)
      case NUMBER:
        return this.#number(at)
      case WORD:
        return this.#readWord(at)
      default:
        return this.#structure(at)
    }
  }

  #structure(at: number): number {
    const c = this.#text.charCodeAt(at)
    if (c === 32 || c === 10 || c === 13 || c === 9) return at + 1
    const mode = this.#mode
    switch (mode) {
      case AFTER:
        return this.#after(c, at)
      case COLON:
        if (c !== 58) return this.#fail(at)
        this.#mode = VALUE
        return at + 1
      case KEY:
      case FIRST_KEY:
        if (c === 34) return this.#startString(at, true)
        if (c === 125 && mode === FIRST_KEY) return this.#close(at)
        return this.#fail(at)
      default:
        if (c === 93 && mode === FIRST_VALUE) return this.#close(at)
        return this.#value(c, at)
    }
  }

  #startString(at: number, isKey: boolean): number {
    this.#mode = STRING
    this.#isKey = isKey
    this.#token = ''
    const text = this.#text
    const start = at + 1
    let end = start
    let code = 0
    for (; end < text.length; end++) {
      code = text.charCodeAt(end)
      if (code === 34 || code === 92 || code < 32) break
    }
    if (end === text.length || code !== 34) return this.#string(start)
    this.#endString(text.slice(start, end))
    return end + 1
  }

  #after(c: number, at: number): number {
    const tree = this.#tree
    if (tree.isAtRoot) return this.#fail(at)
    if (c === 44) {
      if (tree.isInArray) {
        tree.startElement()
        this.#mode = VALUE
      } else this.#mode = KEY
      return at + 1
    }
    if (c === (tree.isInArray ? 93 : 125)) return this.#close(at)
    return this.#fail(at)
  }

  #close(at: number): number {
    this.#tree.closeContainer()
    this.#mode = AFTER
    return at + 1
  }

  #value(c: number, at: number): number {
    switch (c) {
      case 34:
        return this.#startString(at, false)
      case 123:
        this.#tree.openContainer(false)
        this.#mode = FIRST_KEY
        return at + 1
      case 91:
        this.#tree.openContainer(true)
        this.#mode = FIRST_VALUE
        return at + 1
      case 116:
        return this.#startWord('true', true, at)
      case 102:
        return this.#startWord('false', false, at)
      case 110:
        return this.#startWord('null', null, at)
      default:
        if (c !== 45 && (c < 48 || c > 57)) return this.#fail(at)
        this.#state = numberStart
        this.#mode = NUMBER
        this.#token = ''
        return this.#number(at)
    }
  }

  #startWord(word: string, value: unknown, at: number): number {
    this.#token = word
    this.#state = 0
    this.#word = value
    this.#mode = WORD
    return this.#readWord(at)
  }

  #readWord(from: number): number {
    const text = this.#text
    const word = this.#token
    let at = from
    let state = this.#state
    for (; at < text.length && state < word.length; at++, state++) {
      if (text.charCodeAt(at) !== word.charCodeAt(state)) return this.#fail(at)
    }
    this.#state = state
    if (state === word.length) {
      this.#tree.complete(this.#word)
      this.#mode = AFTER
    }
    return at
  }

  #number(from: number): number {
    const text = this.#text
    let at = from
    let state = this.#state
    for (; at < text.length; at++) {
      const next = nextNumberState(state, text.charCodeAt(at))
      if (next === 0) break
      state = next
    }
    this.#token += text.slice(from, at)
    this.#state = state
    if (at === text.length) return at
    if (!isWholeNumber(state)) return this.#fail(at)
    this.#tree.complete(Number(this.#token))
    this.#mode = AFTER
    return at
  }

  #string(from: number): number {
    const text = this.#text
    let piece = ''
    let start = from
    let last = ''
    for (;;) {
      plain.lastIndex = start
      plain.test(text)
      const at = plain.lastIndex
      if (at > start) piece += text.slice(start, at)
      const c = at < text.length ? text.charCodeAt(at) : NaN
      if (c === 34) {
        this.#endString(piece)
        return at + 1
      }
      const simple = c === 92 ? simpleEscapes[text.charCodeAt(at + 1)] : undefined
      if (simple !== undefined) {
        piece += simple
        last = simple
        start = at + 2
        continue
      }
      const length = c === 92 ? measureEscape(text, at) : 0
      if (length <= 0) {
        const hold = at > start ? text.charCodeAt(at - 1) : last.charCodeAt(0)
        const isHigh = (hold & 0xfc00) === 0xd800
        const cut = isHigh ? at - (at > start ? 1 : 6) : at
        this.#grow(isHigh ? piece.slice(0, -1) : piece)
        if (c < 32) return this.#fail(at)
        if (length < 0) return this.#fail(-length)
        this.#carry = text.slice(cut)
        return text.length
      }
      last = decodeEscape(text, at)
      piece += last
      start = at + length
    }
  }

  #grow(piece: string): void {
    this.#token += piece
    if (!this.#isKey) this.#tree.growString(this.#token)
  }

  #endString(piece: string): void {
    const text = this.#token === '' ? piece : this.#token + piece
    if (this.#isKey) {
      const slot = (text.charCodeAt(0) * 7 + text.length) & 63
      if (this.#keys[slot] !== text) this.#keys[slot] = text
      this.#tree.startMember(this.#keys[slot] as string)
      this.#mode = COLON
      return
    }
    this.#tree.completeString(text)
    this.#mode = AFTER
  }
}
