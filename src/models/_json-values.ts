import { type ValueSplitter, maxEventChars, tooLong } from './_sse.ts'

/**
 * Takes apart a run of JSON objects: NDJSON, one array of them, or one behind the other, whatever the white
 * space. What is no object comes out as it stands, up to the end of its line, for the decoder to refuse.
 */
export class JsonValues implements ValueSplitter {
  /** Of the value that is being read; joined once, since joining with each piece is quadratic. */
  #pieces: string[] = []
  #length = 0
  #isObject = false
  #depth = 0
  #inString = false
  #escaped = false

  push(text: string): readonly string[] {
    const values: string[] = []
    let at = 0
    for (;;) {
      if (this.#pieces.length === 0) {
        at = indexOf(/[^\s,[\]]/g, text, at)
        this.#isObject = text[at] === '{'
      }
      if (at >= text.length) return values
      const end = this.#isObject ? this.#endOfObject(text, at) : indexOf(/\n/g, text, at)
      this.#keep(text.slice(at, end))
      at = end
      if (this.#isObject ? this.#depth === 0 : at < text.length) values.push(this.end())
    }
  }

  end(): string {
    const value = this.#pieces.join('')
    this.#pieces = []
    this.#length = 0
    return value
  }

  #keep(piece: string): void {
    this.#pieces.push(piece)
    this.#length += piece.length
    if (this.#length > maxEventChars) throw tooLong()
  }

  #endOfObject(text: string, from: number): number {
    for (let at = from; at < text.length; at++) {
      const char = text[at]
      if (this.#escaped) this.#escaped = false
      else if (char === '"') this.#inString = !this.#inString
      else if (this.#inString) this.#escaped = char === '\\'
      else if (char === '{' || char === '[') this.#depth++
      else if ((char === '}' || char === ']') && --this.#depth === 0) return at + 1
    }
    return text.length
  }
}

function indexOf(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from
  return pattern.exec(text)?.index ?? text.length
}
