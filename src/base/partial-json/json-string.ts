const escapes: Record<string, string> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

// Sticky expressions, because V8 runs them as fast over 16 characters as a loop, and faster over more.
const plain = /[ !#-[\]-\uffff]*/y
const hexDigits = /[\da-f]{0,4}/iy

/** Where the run of characters ends that begins at `start` and in which each stands for itself. */
export function endOfPlain(text: string, start: number): number {
  return endOfMatch(plain, text, start)
}

/**
 * The UTF-16 code unit of the escape whose backslash is at `at`; or where it stops being one, which
 * is at the end of the text where it is merely cut.
 */
export function readEscape(text: string, at: number): string | number {
  const name = text.charAt(at + 1)
  if (name !== 'u') return escapes[name] ?? at + 1
  const end = endOfMatch(hexDigits, text, at + 2)
  if (end < at + 6) return end
  return String.fromCharCode(Number.parseInt(text.slice(at + 2, end), 16))
}

function endOfMatch(sticky: RegExp, text: string, start: number): number {
  sticky.lastIndex = start
  sticky.test(text)
  return sticky.lastIndex
}
