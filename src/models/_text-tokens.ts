import type { ToolDescriptor } from '../protocol/index.ts'
import type { TextCallWriter } from './_text-call-writer.ts'
import { readInput } from './_text-json.ts'
import type { Reading, TextReader } from './_text-reader.ts'

/** Templates say `calls` and models also `call`; both are accepted. */
export const kimiOpenings: readonly string[] = [
  '<|tool_calls_section_begin|>',
  '<|tool_call_section_begin|>',
  '<|tool_call_begin|>',
]
const kimiEnds: readonly string[] = [
  '<|tool_call_end|>',
  '<|tool_calls_section_end|>',
  '<|tool_call_section_end|>',
]

/**
 * Reads a call of Kimi's, `<|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{…}<|tool_call_end|>`,
 * with the beginning and end of its section where they are next to it.
 */
export function* readKimiCall(reader: TextReader, calls: TextCallWriter): Reading<boolean> {
  yield* reader.mark('<|tool_calls_section_begin|>', '<|tool_call_section_begin|>')
  yield* reader.space()
  yield* reader.mark('<|tool_call_begin|>')
  const id = (yield* reader.run(/[^<]/, 256)).trim()
  if (!(yield* reader.mark('<|tool_call_argument_begin|>'))) return false
  const tool = toolOf(id, calls)
  if (!tool) return false
  // Kimi wants its own ids back; one that is not in its form would spoil those that it writes next.
  calls.begin(tool, /^functions\.[^\s:]+:\d+$/.test(id) ? id : '')
  yield* readInput(reader, calls, kimiEnds)
  yield* readEnds(reader, kimiEnds)
  return true
}

/**
 * The tool that an id of Kimi's names. Where the id is not in its form, as `functionsexec5` for
 * `functions.exec:5`, it counts only if no other tool could be meant.
 */
function toolOf(id: string, calls: TextCallWriter): ToolDescriptor | undefined {
  const tool = calls.find(/^(?:functions\.)?([^:]+):\d+$/.exec(id)?.[1] ?? id)
  if (tool) return tool
  const found = new Set(readings(id).map((name) => calls.find(name)))
  found.delete(undefined)
  return found.size === 1 ? [...found][0] : undefined
}

/** What is left of an id without its namespace, and without a number of any length at its end. */
function readings(id: string): readonly string[] {
  const bare = id.replace(/^functions[._:]?/, '')
  const digits = /\d*$/.exec(bare)?.[0].length ?? 0
  return Array.from({ length: digits + 1 }, (_, count) =>
    bare.slice(0, bare.length - count),
  ).flatMap((name) => [name, name.replace(/[._:]$/, '')])
}

export const deepseekTokenOpenings: readonly string[] = [
  '<｜tool▁calls▁begin｜>',
  '<｜tool▁call▁begin｜>',
]
const deepseekTokenEnds: readonly string[] = ['<｜tool▁call▁end｜>', '<｜tool▁calls▁end｜>']

/**
 * Reads a call of DeepSeek before V3.2: `<｜tool▁call▁begin｜>f<｜tool▁sep｜>{…}` of V3.1, or V3's
 * `function<｜tool▁sep｜>f` with its input in a fence.
 */
export function* readDeepseekTokenCall(
  reader: TextReader,
  calls: TextCallWriter,
): Reading<boolean> {
  yield* reader.mark('<｜tool▁calls▁begin｜>')
  yield* reader.space()
  yield* reader.mark('<｜tool▁call▁begin｜>')
  const first = (yield* reader.run(/[^<]/, 256)).trim()
  if (!(yield* reader.mark('<｜tool▁sep｜>'))) return false
  const fenced = first === 'function' && !calls.find(first)
  const tool = calls.find(fenced ? (yield* reader.run(/[^\n<`]/, 256)).trim() : first)
  if (!tool) return false
  calls.begin(tool)
  if (fenced) yield* reader.markAfterSpace('```json', '```')
  yield* readInput(reader, calls, deepseekTokenEnds)
  if (fenced) yield* reader.markAfterSpace('```')
  yield* readEnds(reader, deepseekTokenEnds)
  return true
}

/** Reads every end that comes next. */
function* readEnds(reader: TextReader, ends: readonly string[]): Reading<void> {
  while (yield* reader.markAfterSpace(...ends));
}
