// A class or an escape, a group that opens, or one character; and how often it stands there.
const atomToken =
  /\\(?:[pPu]\{[^}]*\}|u.{4}|.)|\[(?:\\.|[^\\\]])*\]|\((?:\?(?:<?[=!]|\w*:|<\w+>))?|[^]/gy
const quantifier = /[*+?]|\{(\d+)(,?)(\d*)\}|/gy

/**
 * Whether a backtracking engine goes round a loop of `source` in exponentially many ways over one character
 * repeated, as in `(a+)+` and `(a|aa)*`. These are the catastrophes that people write by accident; others
 * are missed, none is seen where there is none. It runs nothing but tests of one character.
 */
export function repeatsAmbiguously(source: string): boolean {
  if (source.length > 999 || !/\)[*+{]/.test(source)) return false
  try {
    return [...new Set(`\n 0aA_${source}`)].some((sample) => isAmbiguous(source, sample))
  } catch {
    // Not a syntax that we read; the library of the schema does.
    return false
  }
}

/** In how many ways something takes nothing (0 or 1), and in how many it takes some of the text. */
type Ways = readonly [nothing: number, some: number]

function isAmbiguous(source: string, sample: string): boolean {
  let at = 0
  let ambiguous = false

  function take(token: RegExp): readonly (string | undefined)[] {
    token.lastIndex = at
    const match = token.exec(source) ?? []
    at += match[0]?.length ?? 0
    return match
  }

  function alternatives(): Ways {
    let nothing = 0
    let some = 0
    do {
      const ways = sequence()
      nothing ||= ways[0]
      some += ways[1]
    } while (source[at++] === '|')
    return [nothing, some]
  }

  function sequence(): Ways {
    let nothing = 1
    let some = 0
    while (at < source.length && source[at] !== '|' && source[at] !== ')') {
      const ways = repeat(atom())
      some = some * (ways[0] + ways[1]) + nothing * ways[1]
      nothing *= ways[0]
    }
    return [nothing, some]
  }

  function atom(): Ways {
    const [text = ''] = take(atomToken)
    const isGroup = text.startsWith('(')
    const inside = isGroup && alternatives()
    if (isGroup ? /[=!]/.test(text) : /^(?:[$^]|\\[bB\d])$/.test(text)) return [1, 0]
    return inside || [0, Number(new RegExp(`^${text}$`, 'u').test(sample))]
  }

  function repeat([nothing, some]: Ways): Ways {
    const [text, least, comma, most] = take(quantifier)
    if (!text) return [nothing, some]
    take(/\??/gy)
    if (text === '?') return [1, some]
    const exact = least && !comma
    if (some > 1 && Number(exact ? least : most || 99) > 9) ambiguous = true
    // Two ways stand for any number of them.
    return [least === '0' || text === '*' ? 1 : nothing, exact ? some : some * 2]
  }

  alternatives()
  return ambiguous
}
