import { isObject } from '../base/index.ts'
import type { ToolDescriptor } from '../protocol/index.ts'
import { readInputText } from './_input-text.ts'
import { parseJson } from './_json.ts'
import type { TextCallWriter } from './_text-call-writer.ts'
import { inputKeys, inputTextOf, readMembers, readString, readValue } from './_text-json.ts'
import type { Reading, TextReader } from './_text-reader.ts'

/** A call without any mark; `open` where its input was not at its end when the text was. */
interface BareCall {
  readonly tool: ToolDescriptor
  readonly inputText: string
  readonly open: boolean
}

/**
 * Reads an object that is nothing but the name of a known tool and its input. Any other object is not a
 * call, and is given up at its first member that does not fit.
 */
function* readBareCall(reader: TextReader, calls: TextCallWriter): Reading<BareCall | undefined> {
  let tool: ToolDescriptor | undefined
  let input = ''
  const whole = yield* readMembers(reader, function* (key) {
    if (key === 'name' && !tool) {
      tool = calls.find((yield* readString(reader)) ?? '')
      return tool !== undefined
    }
    if (key === 'type') return (yield* readString(reader)) === 'function'
    if (!inputKeys.includes(key) || !/["{]/.test(yield* reader.peek())) return false
    return yield* readValue(reader, (text) => {
      input += text
    })
  })
  if (!tool || input === '') return undefined
  if (!whole) {
    const ended = (yield* reader.peek()) === ''
    return ended && readInputText(input) !== 'malformed'
      ? { tool, inputText: input, open: true }
      : undefined
  }
  const inputText = inputTextOf(input)
  return isObject(parseJson(inputText)) ? { tool, inputText, open: false } : undefined
}

/** Between several calls: as items of a list, on lines of their own, or with semicolons. */
const between = /[\s,;[\]]/

/** Reads a run of bare calls and nothing else; `undefined` where there is anything else in it. */
function* readBareCalls(
  reader: TextReader,
  calls: TextCallWriter,
): Reading<readonly BareCall[] | undefined> {
  const found: BareCall[] = []
  for (;;) {
    yield* reader.run(between)
    if ((yield* reader.peek()) !== '{') return found.length > 0 ? found : undefined
    const call = yield* readBareCall(reader, calls)
    if (!call || found.length === calls.room) return undefined
    found.push(call)
    if (call.open) return found
  }
}

/** Reads an answer that is bare calls from its beginning to its end. */
export function* readBareAnswer(reader: TextReader, calls: TextCallWriter): Reading<boolean> {
  const found = yield* readBareCalls(reader, calls)
  if (!found || (yield* reader.peek()) !== '' || reader.ending === 'interrupted') return false
  // Of an answer that was cut behind a whole object nobody knows whether the object was all of it.
  if (reader.ending === 'cut' && !found.some((call) => call.open)) return false
  return say(found, calls)
}

/** Reads a Markdown fence around bare calls. */
export function* readFencedCalls(reader: TextReader, calls: TextCallWriter): Reading<boolean> {
  yield* reader.mark('```')
  yield* reader.run(/[-\w]/, 32)
  const found = yield* readBareCalls(reader, calls)
  const open = found?.some((call) => call.open)
  if (!found || reader.ending === 'interrupted') return false
  if (!open && !(yield* reader.mark('```'))) return false
  return say(found, calls)
}

function say(found: readonly BareCall[], calls: TextCallWriter): true {
  for (const { tool, inputText, open } of found)
    calls.add(tool, inputText, open ? 'truncated' : undefined)
  return true
}
