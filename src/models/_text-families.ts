import type { TextCallWriter } from './_text-call-writer.ts'
import { dsmlOpenings, dsmlResidue, readDsmlCall } from './_text-dsml.ts'
import { harmonyOpenings, readHarmonyCall } from './_text-harmony.ts'
import { readBareAnswer, readFencedCalls } from './_text-bare-calls.ts'
import { readMarkedCall } from './_text-json.ts'
import { pythonTags, readPythonicCalls, readTaggedCalls } from './_text-pythonic.ts'
import { readFunctionCall } from './_text-qwen-coder.ts'
import type { Reading, TextReader } from './_text-reader.ts'
import {
  deepseekTokenOpenings,
  kimiOpenings,
  readDeepseekTokenCall,
  readKimiCall,
} from './_text-tokens.ts'

/**
 * The ways in which models write calls as text:
 *
 * - `hermes`: `<tool_call>{"name": …, "arguments": …}</tool_call>`, of Hermes, Qwen 2.5 and Qwen 3
 * - `qwen-coder`: `<tool_call><function=f><parameter=p>…</parameter></function></tool_call>`, of Qwen3-Coder
 * - `json`: an answer that is nothing but `{"name": …, "arguments": …}`, or a Markdown fence that holds
 *   nothing else
 * - `kimi`: `<|tool_call_begin|>functions.f:0<|tool_call_argument_begin|>{…}<|tool_call_end|>`
 * - `deepseek`: `<｜DSML｜invoke name="f">` of V3.2 and V4, and the tokens of V3 and V3.1
 * - `gpt-oss`: `<|channel|>commentary to=functions.f <|constrain|>json<|message|>{…}<|call|>`, also where it
 *   stuck to the name of a call that the server decoded
 * - `llama`: `[f(a="x")]` at the beginning of a line, and what follows `<|python_tag|>`
 */
export type TextCallFamily =
  | 'hermes'
  | 'qwen-coder'
  | 'json'
  | 'kimi'
  | 'deepseek'
  | 'gpt-oss'
  | 'llama'

/** One way to write a call. */
export interface TextGrammar {
  /** With what a call begins. */
  readonly openings: readonly string[]
  /** Where it may begin, if not anywhere: at the beginning of a line, or of the answer. */
  readonly where?: 'line' | 'answer'
  /**
   * Reads a call. False where it is none: then what was read is text, and nothing was said. Once a call has
   * begun it is read to some end.
   */
  read(reader: TextReader, calls: TextCallWriter): Reading<boolean>
  /** A mark that is left over where the server decoded the call behind it. */
  readonly residue?: RegExp
}

const qwenCoder: TextGrammar = {
  openings: ['<tool_call>', '<function='],
  read: readFunctionCall,
  residue: /^(?:<tool_call>?\s*)?(?:<function=?)?$/,
}

export const textGrammars: Readonly<Record<TextCallFamily, readonly TextGrammar[]>> = {
  hermes: [{ openings: ['<tool_call>'], read: readHermesCall, residue: /^<tool_call>?$/ }],
  'qwen-coder': [qwenCoder],
  json: [
    { openings: ['{', '['], where: 'answer', read: readBareAnswer },
    { openings: ['```'], where: 'line', read: readFencedCalls },
  ],
  kimi: [
    {
      openings: kimiOpenings,
      read: readKimiCall,
      residue: /^(?:<\|tool_calls?_section_begin\|>\s*)?(?:<\|tool_call_begin\|>)?$/,
    },
  ],
  deepseek: [
    { openings: dsmlOpenings, read: readDsmlCall, residue: dsmlResidue },
    {
      openings: deepseekTokenOpenings,
      read: readDeepseekTokenCall,
      residue: /^(?:<｜tool▁calls▁begin｜>\s*)?(?:<｜tool▁call▁begin｜>)?$/,
    },
  ],
  'gpt-oss': [
    {
      openings: harmonyOpenings,
      read: readHarmonyCall,
      residue: /^(?:<\|start\|>assistant)?(?:<\|channel\|>commentary)?$/,
    },
  ],
  llama: [
    { openings: pythonTags, read: readTaggedCalls, residue: /^<\|python_(?:tag|start)\|>$/ },
    { openings: ['['], where: 'line', read: readPythonicCalls },
    qwenCoder,
  ],
}

function* readHermesCall(reader: TextReader, calls: TextCallWriter): Reading<boolean> {
  yield* reader.mark('<tool_call>')
  yield* reader.space()
  return yield* readMarkedCall(reader, calls, ['</tool_call>'])
}
