import type { TextCallWriter } from './_text-call-writer.ts'
import { readObject } from './_text-json.ts'
import type { Reading, TextReader } from './_text-reader.ts'

/** With tokens, and as it looks where a server dropped these. */
export const harmonyOpenings: readonly string[] = [
  '<|start|>assistant',
  '<|channel|>commentary',
  'to=functions.',
  'assistantcommentary to=functions.',
  'commentary to=functions.',
]

/**
 * Reads a call of gpt-oss, `<|channel|>commentary to=functions.f <|constrain|>json<|message|>{…}<|call|>`.
 * Who is called stands before the channel or behind it. Calls are in the channel `commentary` alone: in
 * another one a name is only thought or talked about.
 */
export function* readHarmonyCall(reader: TextReader, calls: TextCallWriter): Reading<boolean> {
  yield* reader.mark('<|start|>')
  yield* reader.mark('assistant')
  let name = yield* readRecipient(reader)
  yield* reader.mark('<|channel|>')
  if (!(yield* reader.mark('commentary'))) return false
  name ||= yield* readRecipient(reader)
  const tool = calls.find(name.replace(/^functions\./, ''))
  yield* reader.space()
  if (yield* reader.mark('<|constrain|>')) yield* reader.run(/\w/, 32)
  else yield* reader.mark('json', 'code')
  yield* reader.space()
  yield* reader.mark('<|message|>')
  yield* reader.space()
  if (!tool || (yield* reader.peek()) !== '{') return false
  calls.begin(tool)
  yield* readObject(reader, calls)
  yield* reader.markAfterSpace('<|call|>', '<|end|>', '<|return|>')
  return true
}

function* readRecipient(reader: TextReader): Reading<string> {
  yield* reader.space()
  return (yield* reader.mark('to=')) ? yield* reader.run(/[^\s<{]/, 256) : ''
}

/** The name of a call without the tokens that some servers leave on it, as `f<|channel|>commentary`. */
export function bareName(name: string): string {
  return name
    .replace(/<\|[^]*$/, '')
    .replace(/^functions\./, '')
    .trim()
}
