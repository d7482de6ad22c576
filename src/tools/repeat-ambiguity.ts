// The tokens of a regular expression: a class or an escape, a group that opens, else one character.
const token =
  /\\(?:[pPu]\{[^}]*\}|u.{4}|x..|.)|\[(?:\\.|[^\\\]])*\]|\((?:\?(?:[:=!]|<[=!]|<\w+>))?|[^]/gy
const quantifier = /[*+?]\??|\{(\d*)(,?)(\d*)\}\??/gy

/**
 * Whether a backtracking engine goes round a loop of `source` in exponentially many ways on one character
 * repeated, as in `(a+)+` and `(a|aa)+`. That is a small part of all ways to be catastrophic, but the part
 * that people write by accident, and it is never wrong to say so. It runs nothing but one-character tests.
 */
export function repeatsAmbiguously(source: string): boolean {
  if (source.length > 1_000) return false
  try {
    return [...new Set(` 0aA_${source}`)].some((sample) => new Repeats(source, sample).ambiguous())
  } catch {
    // Not a regular expression that we can read; the schema's own library could.
    return false
  }
}

/** In how many ways something takes no text, and in how many it takes some, of one character repeated. */
type Ways = readonly [empty: number, some: number]

class Repeats {
  readonly #source: string
  readonly #sample: string
  #at = 0
  #ambiguous = false

  constructor(source: string, sample: string) {
    this.#source = source
    this.#sample = sample
  }

  ambiguous(): boolean {
    this.#choice()
    return this.#ambiguous
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#source)
    if (match) this.#at = pattern.lastIndex
    return match
  }

  #choice(): Ways {
    let [empty, some] = this.#sequence()
    while (this.#source[this.#at] === '|') {
      this.#at++
      const other = this.#sequence()
      empty = empty || other[0]
      some += other[1]
    }
    // Past the closing parenthesis, or the end.
    this.#at++
    return [empty, some]
  }

  #sequence(): Ways {
    let [empty, some]: Ways = [1, 0]
    while (this.#at < this.#source.length && !/[|)]/.test(this.#source.charAt(this.#at))) {
      const [nothing, text] = this.#repeat(this.#atom())
      some = some * (nothing + text) + empty * text
      empty *= nothing
    }
    return [empty, some]
  }

  #atom(): Ways {
    const [text] = this.#take(token) ?? ['']
    if (text.startsWith('(')) {
      const inside = this.#choice()
      return /[=!]$/.test(text) ? [1, 0] : inside
    }
    if (/^(?:[\^$]|\\[bB\dk])$/.test(text)) return [1, 0]
    return [0, Number(new RegExp(`^${text}$`, 'u').test(this.#sample))]
  }

  #repeat([empty, some]: Ways): Ways {
    const [text, low = '', comma, high] = this.#take(quantifier) ?? ['']
    if (!text) return [empty, some]
    if (text.startsWith('?')) return [1, some]
    const long = low && !comma ? Number(low) > 9 : !high || Number(high) > 9
    if (long && some > 1) this.#ambiguous = true
    // Two ways stand for any number of them.
    const several = low && !comma ? some : some * 2
    return [low === '0' || text.startsWith('*') ? 1 : empty, several]
  }
}
