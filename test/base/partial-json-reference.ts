/**
 * The parser's promises written again in the plainest way: read the whole text from its beginning,
 * and show what is certain. Slow, recursive, and shares no code with the parser.
 */
export interface Reference {
  readonly value: unknown
  /** Paths of the values that are complete, in the order of their ends. */
  readonly complete: (string | number)[][]
}

/** What a text shows that some JSON document begins with. `isOver`: a number at its end goes no further. */
export function readPrefix(text: string, isOver = false): Reference {
  const complete: (string | number)[][] = []
  let at = 0

  function space(): void {
    while (at < text.length && ' \t\n\r'.includes(text.charAt(at))) at++
  }

  /** undefined: not to be seen yet. */
  function value(path: (string | number)[]): unknown {
    space()
    const rest = text.slice(at)
    const word = ['true', 'false', 'null'].find(
      (name) => rest !== '' && name.startsWith(rest.slice(0, name.length)),
    )
    if (word) {
      at += word.length
      if (rest.length < word.length) return undefined
      complete.push(path)
      return JSON.parse(word)
    }
    if (rest.startsWith('"')) return string(path)
    if (rest.startsWith('[')) return array(path)
    if (rest.startsWith('{')) return object(path)
    const [number = ''] = /^[-+.\deE]*/.exec(rest) ?? []
    at += number.length
    if (at >= text.length && !(isOver && isJson(number))) return undefined
    complete.push(path)
    return Number(number)
  }

  function string(path?: (string | number)[]): string | undefined {
    const [raw = ''] = /^"(?:[^"\\]|\\u[^]{4}|\\[^u])*/.exec(text.slice(at)) ?? []
    const isWhole = text.charAt(at + raw.length) === '"'
    at += raw.length + 1
    const read: string = JSON.parse(`${raw}"`)
    if (isWhole) {
      if (path) complete.push(path)
      return read
    }
    at = text.length
    // A key is never cut; half a surrogate pair is not shown.
    return path ? read.replace(/[\ud800-\udbff]$/, '') : undefined
  }

  function array(path: (string | number)[]): unknown[] {
    const elements: unknown[] = []
    at++
    for (;;) {
      space()
      if (text.charAt(at) === ']') break
      const element = value([...path, elements.length])
      if (element !== undefined) elements.push(element)
      space()
      if (at >= text.length) return elements
      if (text.charAt(at) === ']') break
      at++
    }
    at++
    complete.push(path)
    return elements
  }

  function object(path: (string | number)[]): object {
    const members = {}
    at++
    for (;;) {
      space()
      if (text.charAt(at) === '}') break
      const key = text.charAt(at) === '"' ? string() : undefined
      if (key !== undefined) forget(complete, [...path, key])
      space()
      if (key === undefined || text.charAt(at) !== ':') return members
      at++
      const member = value([...path, key])
      if (member !== undefined)
        Object.defineProperty(members, key, {
          value: member,
          configurable: true,
          enumerable: true,
          writable: true,
        })
      space()
      if (at >= text.length) return members
      if (text.charAt(at) === '}') break
      at++
    }
    at++
    complete.push(path)
    return members
  }

  return { value: value([]), complete }
}

/** A repeated key takes back that what it held is complete. */
function forget(complete: (string | number)[][], path: (string | number)[]): void {
  const isInside = (other: (string | number)[]): boolean =>
    path.every((key, index) => other[index] === key)
  complete.splice(0, complete.length, ...complete.filter((other) => !isInside(other)))
}

/** Whether some JSON document begins with `prefix`: whether one of all kinds of endings makes it one. */
export function isPrefixOfJson(prefix: string): boolean {
  return endings.some((ending) => isJson(prefix + ending + closers(prefix + ending)))
}

const inString = ['"', 'n"', 'u0000"', '0000"', '000"', '00"', '0"']
const inLiteral = ['rue', 'ue', 'e', 'alse', 'lse', 'se', 'ull', 'll', 'l']
const inStructure = ['', '0', '"":0', ':0']
const endings = [...inStructure, ...inLiteral, ...inString, ...inString.map((end) => `${end}:0`)]

export function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function closers(text: string): string {
  const open: string[] = []
  for (const [character] of text.replace(/"(?:[^"\\]|\\[^])*"/g, '').matchAll(/[[\]{}]/g)) {
    if (character === '[') open.push(']')
    else if (character === '{') open.push('}')
    else open.pop()
  }
  return open.toReversed().join('')
}
