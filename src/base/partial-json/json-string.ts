// By the code of the letter.
const escapes: Record<number, string> = {
  0x22: '"',
  0x5c: '\\',
  0x2f: '/',
  0x62: '\b',
  0x66: '\f',
  0x6e: '\n',
  0x72: '\r',
  0x74: '\t',
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
  const start = at + 1
  if (start === text.length) return start
  const unit = escapes[text.charCodeAt(start)]
  if (unit !== undefined) return unit
  if (text.charAt(start) !== 'u') return start
  const end = endOfMatch(hexDigits, text, start + 1)
  return end < at + 6 ? end : String.fromCharCode(Number.parseInt(text.slice(at + 2, end), 16))
}

/** Whether the code unit is the first half of a surrogate pair. */
export function isHighSurrogate(unit: number): boolean {
  return (unit & 0xfc00) === 0xd800
}

function endOfMatch(sticky: RegExp, text: string, start: number): number {
  sticky.lastIndex = start
  sticky.test(text)
  return sticky.lastIndex
}
