import type { ToolDescriptor } from '../protocol/index.ts'
import type { InputProblem } from './_input-text.ts'
import { parseJson } from './_json.ts'
import type { TextCallWriter } from './_text-call-writer.ts'
import type { Reading, TextReader } from './_text-reader.ts'

/** Finds where a string, array or object ends, in pieces. */
class ValueEnd {
  readonly #quotes: string
  #quote = ''
  #depth = 0
  #escaped = false

  constructor(quotes: string) {
    this.#quotes = quotes
  }

  /** Where the value ends in its next piece; -1 where it goes on. */
  find(piece: string): number {
    for (let at = 0; at < piece.length; at++) if (this.#ends(piece.charAt(at))) return at + 1
    return -1
  }

  #ends(char: string): boolean {
    if (this.#quote) return this.#endsString(char)
    if (this.#quotes.includes(char)) this.#quote = char
    else if (char === '{' || char === '[') this.#depth++
    else if (char === '}' || char === ']') return --this.#depth === 0
    return false
  }

  #endsString(char: string): boolean {
    if (this.#escaped) this.#escaped = false
    else if (char === this.#quote) this.#quote = ''
    else this.#escaped = char === '\\'
    return !this.#quote && this.#depth === 0
  }
}

/**
 * Reads a value by its own bounds, giving its text to `hear` as it comes; false where it has no end. The
 * strings of JSON have one kind of `quotes`.
 */
export function* readValue(
  reader: TextReader,
  hear: (text: string) => void,
  quotes = '"',
): Reading<boolean> {
  if (!/["{[]/.test(yield* reader.peek())) {
    const word = yield* reader.run(/[-+.\w]/)
    hear(word)
    return word !== ''
  }
  const end = new ValueEnd(quotes)
  while (yield* reader.has()) {
    const { rest } = reader
    const at = end.find(rest)
    hear(reader.take(at < 0 ? rest.length : at))
    if (at >= 0) return true
  }
  return false
}

/** Reads a JSON string; `undefined` where there is none. */
export function* readString(reader: TextReader): Reading<string | undefined> {
  if ((yield* reader.peek()) !== '"') return undefined
  let text = ''
  yield* readValue(reader, (piece) => {
    text += piece
  })
  const value = parseJson(text)
  return typeof value === 'string' ? value : undefined
}

/**
 * Reads an object, asking `readMember` to read the value of each of its keys. False where it has no end,
 * breaks the grammar, or has a member that `readMember` refuses.
 */
export function* readMembers(
  reader: TextReader,
  readMember: (key: string) => Reading<boolean>,
): Reading<boolean> {
  if (!(yield* reader.mark('{'))) return false
  yield* reader.space()
  if (yield* reader.mark('}')) return true
  for (;;) {
    yield* reader.space()
    const key = yield* readString(reader)
    yield* reader.space()
    if (key === undefined || !(yield* reader.mark(':'))) return false
    yield* reader.space()
    if (!(yield* readMember(key))) return false
    yield* reader.space()
    if (yield* reader.mark('}')) return true
    if (!(yield* reader.mark(','))) return false
  }
}

/** Llama's templates say `parameters`, all others `arguments`. */
export const inputKeys: readonly string[] = ['arguments', 'parameters']

/**
 * Reads `{"name": …, "arguments": …}` behind a mark that says that it is a call, and one of `ends`. It is one
 * as soon as a known name is followed by its input, which is then said while it comes.
 */
export function* readMarkedCall(
  reader: TextReader,
  calls: TextCallWriter,
  ends: readonly string[],
): Reading<boolean> {
  let tool: ToolDescriptor | undefined
  let input = ''
  const closed = yield* readMembers(reader, function* (key) {
    if (key === 'name') {
      if (tool) return false
      tool = calls.find((yield* readString(reader)) ?? '')
      return tool !== undefined
    }
    if (!inputKeys.includes(key)) return yield* readValue(reader, () => {})
    if (calls.open || input !== '') return false
    if (tool && (yield* reader.peek()) === '{') calls.begin(tool)
    return yield* readValue(reader, (text) => {
      if (calls.open) calls.write(text)
      else input += text
    })
  })
  if (closed) {
    if (!tool) return false
    if (calls.open) calls.end()
    else calls.add(tool, inputTextOf(input))
    yield* reader.markAfterSpace(...ends)
    return true
  }
  // Of a call that has not begun, only the end of the answer may hide that it is one.
  const cut = (yield* reader.peek()) === '' && reader.ending !== 'interrupted'
  if (!tool || !(calls.open || cut)) return false
  if (!calls.open) calls.begin(tool)
  calls.write(input)
  calls.end(yield* problemOf(reader, ends))
  return true
}

/** What is wrong with a call that has begun and does not close as it should. */
function* problemOf(
  reader: TextReader,
  ends: readonly string[],
): Reading<InputProblem | undefined> {
  // Small models forget the last brace; behind a whole input, the end of the call stands for it.
  if (yield* reader.markAfterSpace(...ends)) return undefined
  return (yield* reader.peek()) === '' ? 'truncated' : 'malformed'
}

/** What a value says as input: text that holds JSON, as the APIs want it, counts as that JSON. */
export function inputTextOf(value: string): string {
  const text = value.startsWith('"') ? parseJson(value) : value
  return text === '' || text === 'null' ? '{}' : typeof text === 'string' ? text : value
}

/** Reads the input of a call, which is one object, by its own bounds. */
export function* readObject(reader: TextReader, calls: TextCallWriter): Reading<void> {
  const whole = yield* readValue(reader, (text) => calls.write(text))
  calls.end(whole ? undefined : 'truncated')
}

/** Reads the input of a call up to one of `stops`: an object, or nothing, or what is malformed. */
export function* readInput(
  reader: TextReader,
  calls: TextCallWriter,
  stops: readonly string[],
): Reading<void> {
  yield* reader.space()
  if ((yield* reader.peek()) === '{') return yield* readObject(reader, calls)
  const { text, stop } = yield* reader.until(stops)
  calls.write(stop ? inputTextOf(text.trim()) : text)
  calls.end(stop ? undefined : 'truncated')
}
