import { type JsonObject, isObject } from '../base/index.ts'
import { parseJson } from './_json.ts'

export type InputProblem = 'truncated' | 'malformed'

/** Reads the input of a call: one JSON object, or what is wrong with the text. */
export function readInputText(text: string): JsonObject | InputProblem {
  const value = parseJson(text)
  if (isObject(value)) return value
  return value === undefined && isCut(text) ? 'truncated' : 'malformed'
}

/** Whether `text` is one JSON object. */
export function isWhole(text: string): boolean {
  return typeof readInputText(text) === 'object'
}

/**
 * A text is cut, rather than wrong, exactly where some ending makes it JSON. The endings close an open
 * string, then an unfinished token or member, then everything that is still open.
 */
function isCut(text: string): boolean {
  const { closers, inString } = scan(text)
  const strings = inString ? ['"', '\\"', '0"', '00"', '000"', '0000"'] : ['']
  return strings.some((string) =>
    tokens.some((token) => parseJson(text + string + token + closers) !== undefined),
  )
}

const tokens = ['', '0', ':0', '"":0', 'e', 'ue', 'rue', 'l', 'll', 'ull', 'se', 'lse', 'alse']

function scan(text: string): { closers: string; inString: boolean } {
  const open: string[] = []
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === '"') inString = !inString
    else if (inString) at += char === '\\' ? 1 : 0
    else if (char === '{') open.push('}')
    else if (char === '[') open.push(']')
    else if (char === '}' || char === ']') open.pop()
  }
  return { closers: open.toReversed().join(''), inString }
}
