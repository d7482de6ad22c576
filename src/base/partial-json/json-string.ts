export const QUOTE = 0x22
export const BACKSLASH = 0x5c

const units = '"\\/\b\f\n\r\t'
// By the code of the letter. V8 reads an array faster than a record with number keys.
const escapes: (string | undefined)[] = Array.from({ length: 128 })
for (const [index, letter] of Array.from('"\\/bfnrt').entries())
  escapes[letter.charCodeAt(0)] = units.charAt(index)

// Sticky expressions, because V8 runs them faster than a loop over a long text.
const plain = /[ !#-[\]-\uffff]*/y
const hexDigits = /[\da-f]{0,4}/iy

/** Where the run of characters ends that begins at `start` and in which each stands for itself. */
export function endOfPlain(text: string, start: number): number {
  const { length } = text
  if (length - start > 48) return endOfMatch(plain, text, start)
  let end = start
  while (end < length && isPlain(text.charCodeAt(end))) end++
  return end
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

/** Whether the character stands for itself in a string. */
export function isPlain(code: number): boolean {
  // Numbers, not their names: this runs for every character, and what is exported is looked up each time.
  return code >= 0x20 && code !== 0x22 && code !== 0x5c
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
