import type { ToolDescriptor } from '../protocol/index.ts'
import type { TextCallWriter } from './_text-call-writer.ts'
import { readMarkedCall, readValue } from './_text-json.ts'
import { type PythonCall, parsePythonCalls } from './_text-python.ts'
import type { Reading, TextReader } from './_text-reader.ts'

const tags: readonly string[] = ['<|python_tag|>', '<|python_start|>']
const ends: readonly string[] = ['<|python_end|>', '<|eom_id|>', '<|eot_id|>']

/** The tags that set a call of Llama's apart from text. */
export const pythonTags: readonly string[] = tags

/** Reads `[f(a="x"), g()]`, which is calls only if each of them is one of a known tool. */
export function* readPythonicCalls(reader: TextReader, calls: TextCallWriter): Reading<boolean> {
  const from = reader.position
  yield* reader.mark('[')
  yield* reader.space()
  const name = yield* reader.run(/[^\s()[\]{},='"`<>]/, 256)
  yield* reader.space()
  if (!(yield* reader.mark('(')) || !calls.find(name)) return false
  reader.back(from)
  let text = ''
  yield* readValue(reader, (piece) => (text += piece), `"'`)
  const found = named(parsePythonCalls(text), calls)
  if (!found || reader.ending === 'interrupted') return false
  for (const { tool, inputText, open } of found)
    calls.add(tool, inputText, open ? 'truncated' : undefined)
  yield* reader.markAfterSpace(...ends)
  return true
}

/** Reads what follows one of Llama's tags: a list of calls, or one call as JSON. */
export function* readTaggedCalls(reader: TextReader, calls: TextCallWriter): Reading<boolean> {
  yield* reader.mark(...tags)
  yield* reader.space()
  if ((yield* reader.peek()) === '[') return yield* readPythonicCalls(reader, calls)
  return yield* readMarkedCall(reader, calls, ends)
}

interface NamedCall extends PythonCall {
  readonly tool: ToolDescriptor
}

/** The calls with their tools; none where one of them is no tool. */
function named(
  found: readonly PythonCall[] | undefined,
  calls: TextCallWriter,
): readonly NamedCall[] | undefined {
  const all: NamedCall[] = []
  for (const call of found ?? []) {
    const tool = calls.find(call.name)
    if (!tool || all.length === calls.room) return undefined
    all.push({ ...call, tool })
  }
  return found && all
}
