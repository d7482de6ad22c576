/** A call as Python writes it, with the input that it gives as JSON. */
export interface PythonCall {
  readonly name: string
  readonly inputText: string
  /** Set where the text ended inside of the call; `inputText` is then what there is of its arguments. */
  readonly open: boolean
}

/** Nobody's tool takes deeper values. */
const maxDepth = 64

/**
 * Reads `[f(a="x"), g()]`, calls with keyword arguments whose values are literals. Where the text ends before
 * the list does, that is what there is of it; where it is anything else, there are no calls.
 */
export function parsePythonCalls(text: string): readonly PythonCall[] | undefined {
  const python = new PythonText(text)
  const found = python.readList()
  return found.length > 0 && python.ended ? found : undefined
}

const escapes: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  '\n': '',
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}
const constants: Readonly<Record<string, string>> = {
  True: 'true',
  False: 'false',
  None: 'null',
  true: 'true',
  false: 'false',
  null: 'null',
}

/** What is no match gives `undefined`, and has read all of the text exactly where more might have matched. */
class PythonText {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  get ended(): boolean {
    return this.#at >= this.#text.length
  }

  /** Reads calls up to the end of their list, or to where it is none. */
  readList(): readonly PythonCall[] {
    const found: PythonCall[] = []
    this.#mark('[')
    for (;;) {
      const call = this.#readCall()
      if (call) found.push(call)
      if (!call || call.open) return found
      const more = this.#mark(',')
      if (this.#mark(']')) return found
      if (!more) return found
    }
  }

  #readCall(): PythonCall | undefined {
    const name = this.#match(/[^\s()[\]{},='"`<>]+/y)
    if (!name || !this.#mark('(')) return undefined
    const from = this.#at
    const keys = new Set<string>()
    const members = this.#readMembers(')', () => this.#readKeyword(keys))
    if (members) return { name, inputText: `{${members.join(',')}}`, open: false }
    return this.ended ? { name, inputText: this.#text.slice(from), open: true } : undefined
  }

  /** Reads `member`s with commas between them up to `end`. */
  #readMembers(end: string, member: () => string | undefined): readonly string[] | undefined {
    const members: string[] = []
    while (!this.#mark(end)) {
      const read = member()
      if (read === undefined) return undefined
      members.push(read)
      if (!this.#mark(',')) return this.#mark(end) ? members : undefined
    }
    return members
  }

  /** Reads `key=value`; no call says a key twice. */
  #readKeyword(keys: Set<string>): string | undefined {
    const key = this.#match(/[\p{L}\p{N}_$-]+/uy)
    if (!key || keys.has(key) || !this.#mark('=')) return undefined
    keys.add(key)
    return this.#withKey(key, 0)
  }

  #withKey(key: string, depth: number): string | undefined {
    const value = this.#readValue(depth)
    return value && `${JSON.stringify(key)}:${value}`
  }

  #readValue(depth: number): string | undefined {
    if (depth > maxDepth) return undefined
    if (this.#mark('[')) {
      const values = this.#readMembers(']', () => this.#readValue(depth + 1))
      return values && `[${values.join(',')}]`
    }
    if (this.#mark('{')) {
      const members = this.#readMembers('}', () => {
        const key = this.#readString()
        return key !== undefined && this.#mark(':') ? this.#withKey(key, depth + 1) : undefined
      })
      return members && `{${members.join(',')}}`
    }
    const text = this.#readString()
    return text === undefined ? this.#readWord() : JSON.stringify(text)
  }

  #readWord(): string | undefined {
    const word = this.#match(/[-+.\w]+/y)
    if (word === undefined) return undefined
    if (Object.hasOwn(constants, word)) return constants[word]
    return /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/.test(word) ? word : undefined
  }

  #readString(): string | undefined {
    const quote = this.#mark('"') ? '"' : this.#mark("'") ? "'" : undefined
    if (!quote) return undefined
    let text = ''
    while (!this.ended) {
      text += this.#match(/[^\\'"]+/y, false) ?? ''
      const char = this.#text.charAt(this.#at++)
      if (char === quote) return text
      text += char === '\\' ? this.#readEscape() : char
    }
    return undefined
  }

  #readEscape(): string {
    const code = this.#match(/x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}/y, false)
    if (code) return character(Number.parseInt(code.slice(1), 16))
    const octal = this.#match(/[0-7]{1,3}/y, false)
    if (octal) return character(Number.parseInt(octal, 8))
    const char = this.#text.charAt(this.#at++)
    // Python leaves an escape that it does not know as it stands.
    return Object.hasOwn(escapes, char) ? (escapes[char] ?? '') : `\\${char}`
  }

  #mark(mark: string): boolean {
    this.#match(/\s+/y, false)
    const found = this.#text.startsWith(mark, this.#at)
    if (found) this.#at += mark.length
    return found
  }

  #match(pattern: RegExp, afterSpace = true): string | undefined {
    if (afterSpace) this.#match(/\s+/y, false)
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    this.#at += found?.length ?? 0
    return found
  }
}

function character(code: number): string {
  return code > 0x10ffff ? '\ufffd' : String.fromCodePoint(code)
}
