import type { ToolDescriptor } from '../protocol/index.ts'
import type { TextCallWriter } from './_text-call-writer.ts'
import { readObject } from './_text-json.ts'
import type { Reading, TextReader } from './_text-reader.ts'

/** A tag that begins a parameter. */
export interface ParameterTag {
  readonly name: string
  /** What the parameter holds, where that stands in the tag itself. */
  readonly text?: string | undefined
  /** The JSON of what it holds. */
  toJson(text: string): string
}

/** How a family marks the parameters of a call. */
export interface ParameterGrammar {
  /**
   * Reads the tag that comes next. `outside` says that it belongs to what stands around the call; it is
   * then left unread. Where it is no tag of these, at most its beginning is read.
   */
  readTag(reader: TextReader, tool: ToolDescriptor): Reading<ParameterTag | 'outside' | undefined>
  /** With what a parameter ends. */
  readonly parameterEnds: readonly string[]
  /** What else is a mark, and so cannot be inside of a parameter. */
  readonly stops: readonly string[]
  /** With what a call ends. */
  readonly callEnds: readonly string[]
}

/** What a call with marked parameters is read with. */
interface CallContext {
  readonly tool: ToolDescriptor
  readonly grammar: ParameterGrammar
}

/**
 * Reads a call whose parameters are marked one by one, or whose input is one JSON object.
 *
 * What is not exactly so is malformed and does not run: a mark inside of a parameter may be text of the model,
 * or the end of the parameter may have been left out, and nobody can tell.
 */
export function* readParameters(
  reader: TextReader,
  calls: TextCallWriter,
  context: CallContext,
): Reading<void> {
  yield* reader.space()
  if ((yield* reader.peek()) === '{') {
    yield* readObject(reader, calls)
    yield* reader.markAfterSpace(...context.grammar.callEnds)
    return
  }
  const from = reader.position
  const input = new MarkedInput()
  const ended = yield* readAll(reader, input, context)
  calls.write(ended && input.exact ? input.toJson() : reader.since(from))
  calls.end(ended ? (input.exact ? undefined : 'malformed') : 'truncated')
}

/** Reads parameters up to what ends them; false where the text ends before. */
function* readAll(
  reader: TextReader,
  input: MarkedInput,
  { tool, grammar }: CallContext,
): Reading<boolean> {
  for (;;) {
    yield* reader.space()
    if (yield* reader.mark(...grammar.callEnds)) return true
    const from = reader.position
    const tag = yield* grammar.readTag(reader, tool)
    if (tag === 'outside') {
      // A call without its own end is over where the next one begins, if there is anything in it.
      input.exact &&= !input.empty
      return true
    }
    if (tag) {
      yield* readParameter(reader, input, { tag, grammar })
      continue
    }
    input.exact = false
    if (!(yield* reader.has())) return false
    if (reader.position === from) reader.take(1)
    yield* reader.until(['<'])
  }
}

function* readParameter(
  reader: TextReader,
  input: MarkedInput,
  { tag, grammar }: { readonly tag: ParameterTag; readonly grammar: ParameterGrammar },
): Reading<void> {
  if (tag.text !== undefined) return input.add(tag, tag.text)
  const { text } = yield* reader.until([...grammar.parameterEnds, ...grammar.stops])
  if (yield* reader.mark(...grammar.parameterEnds)) input.add(tag, text)
  else input.exact = false
}

/** The parameters that were found, in their order. */
class MarkedInput {
  readonly #members = new Map<string, string>()
  /** Whether all that was found is parameters, each with its end and none of them twice. */
  exact = true

  get empty(): boolean {
    return this.#members.size === 0
  }

  add(tag: ParameterTag, text: string): void {
    this.exact &&= !this.#members.has(tag.name)
    this.#members.set(tag.name, tag.toJson(text))
  }

  toJson(): string {
    const members = [...this.#members].map(([name, json]) => `${JSON.stringify(name)}:${json}`)
    return `{${members.join(',')}}`
  }
}
