import type { TextCallWriter } from './_text-call-writer.ts'
import { type ParameterGrammar, readParameters } from './_text-parameters.ts'
import type { Reading, TextReader } from './_text-reader.ts'
import { typedJson } from './_text-typed-value.ts'

// `<function=f>` with a parameter for each value, as Qwen3-Coder's template wants it; with an object instead,
// as Llama's does. A line feed sets each value off from its tags.
const grammar: ParameterGrammar = {
  *readTag(reader, tool) {
    for (const mark of ['</tool_call>', '<tool_call>', '<function='])
      if (yield* reader.follows(mark)) return 'outside'
    if (!(yield* reader.mark('<parameter='))) return undefined
    const name = yield* readName(reader, /[^<>"'\n]/)
    if (!name || !(yield* reader.mark('>'))) return undefined
    return {
      name,
      toJson: (text) => typedJson(text.replace(/^\r?\n|\r?\n$/g, ''), name, tool.inputSchema),
    }
  },
  parameterEnds: ['</parameter>'],
  // Within a line these may be anybody's XML.
  stops: ['\n<parameter=', '\n</function>', '\n</tool_call>'],
  callEnds: ['</function>'],
}

/**
 * Reads `<tool_call><function=f><parameter=p>…</parameter></function></tool_call>`. Qwen3-Coder leaves out
 * the first tag now and then, and still writes the last one.
 */
export function* readFunctionCall(reader: TextReader, calls: TextCallWriter): Reading<boolean> {
  yield* reader.mark('<tool_call>')
  yield* reader.space()
  if (!(yield* reader.mark('<function='))) return false
  const tool = calls.find(yield* readName(reader, /[^<>"'\s]/))
  yield* reader.space()
  if (!tool || !(yield* reader.mark('>'))) return false
  calls.begin(tool)
  yield* readParameters(reader, calls, { tool, grammar })
  yield* reader.markAfterSpace('</tool_call>')
  return true
}

function* readName(reader: TextReader, pattern: RegExp): Reading<string> {
  yield* reader.mark('"', "'")
  const name = yield* reader.run(pattern, 256)
  yield* reader.mark('"', "'")
  return name.trim()
}
