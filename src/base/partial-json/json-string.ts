const simple: (string | undefined)[] = Array.from({ length: 128 })
for (const [index, unit] of [...'"\\/\b\f\n\r\t'].entries())
  simple['"\\/bfnrt'.charCodeAt(index)] = unit

/** Sticky, because V8 runs it faster over 16 characters than a loop; control characters are out. */
const plain = /[ !#-[\]-\uffff]*/y

/** Where the run of characters that stand for themselves ends that begins at `start`. */
export function endOfPlain(text: string, start: number): number {
  plain.lastIndex = start
  plain.test(text)
  return plain.lastIndex
}

/**
 * The UTF-16 code unit of the escape whose backslash is at `at`; or where it stops being one, which
 * is at the end of the text if it is merely cut.
 */
export function readEscape(text: string, at: number): string | number {
  const name = at + 1
  if (name === text.length) return name
  const unit = simple[text.charCodeAt(name)]
  if (unit !== undefined) return unit
  if (text.charAt(name) !== 'u') return name
  for (let index = name + 1; index <= name + 4; index++)
    if (index === text.length || !isHexDigit(text.charCodeAt(index))) return index
  return String.fromCharCode(Number.parseInt(text.slice(name + 1, name + 5), 16))
}

/** Whether the character or escape at `at` is the first half of a surrogate pair. */
export function isHighSurrogate(text: string, at: number): boolean {
  const escape = text.charAt(at) === '\\' ? readEscape(text, at) : ''
  const unit = typeof escape === 'string' && escape !== '' ? escape : text.charAt(at)
  return (unit.charCodeAt(0) & 0xfc00) === 0xd800
}

function isHexDigit(code: number): boolean {
  const letter = code | 32
  return (code >= 48 && code <= 57) || (letter >= 97 && letter <= 102)
}
