const names = '"\\/bfnrt'
const meanings = '"\\/\b\f\n\r\t'

/**
 * The length of the escape whose backslash is at `at`: 2 or 6; 0 where the text ends inside it; or
 * minus the index of the first character that cannot be there.
 */
export function measureEscape(text: string, at: number): number {
  const name = text.charAt(at + 1)
  if (name === '') return 0
  if (name !== 'u') return names.includes(name) ? 2 : -at - 1
  for (let index = at + 2; index < at + 6; index++) {
    if (index === text.length) return 0
    if (Number.isNaN(Number.parseInt(text.charAt(index), 16))) return -index
  }
  return 6
}

/** The one UTF-16 code unit that the whole escape at `at` stands for. */
export function decodeEscape(text: string, at: number): string {
  const name = text.charAt(at + 1)
  if (name !== 'u') return meanings.charAt(names.indexOf(name))
  return String.fromCharCode(Number.parseInt(text.slice(at + 2, at + 6), 16))
}
