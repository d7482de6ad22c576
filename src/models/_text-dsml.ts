import type { JsonObject } from '../base/index.ts'
import type { TextCallWriter } from './_text-call-writer.ts'
import { type ParameterGrammar, readParameters } from './_text-parameters.ts'
import type { Reading, TextReader } from './_text-reader.ts'
import { exactJson, typedJson } from './_text-typed-value.ts'

/** Around `DSML`, which is one token to the model: servers write it with other bars, models also twice. */
const bars: readonly string[] = ['｜', '‖', '|', '｜｜', '‖‖', '||']
const bar = /[|｜‖]/

/** V3.2 and V4 have different names for the block of all calls, and take one for the other. */
const blocks: readonly string[] = ['tool_calls', 'function_calls', 'toolcalls']

const openings: readonly string[] = bars.map((each) => `<${each}DSML`)
const ends = (kind: string): readonly string[] => bars.map((each) => `</${each}DSML${each}${kind}>`)
const blockEnds = blocks.flatMap(ends)

/** With what a call in DSML begins. */
export const dsmlOpenings: readonly string[] = openings

/** What some servers leave of a block whose calls they decoded. */
export const dsmlResidue: RegExp = new RegExp(
  `^<[|｜‖]{1,2}DSML[|｜‖]{1,2}(?:${blocks.join('|')})[|｜‖]?>?$`,
)

const grammar: ParameterGrammar = {
  *readTag(reader, tool) {
    for (const mark of blockEnds) if (yield* reader.follows(mark)) return 'outside'
    const from = reader.position
    const tag = yield* readTag(reader)
    const name = tag?.attributes.get('name')
    if (!tag || name === undefined) return undefined
    const literal = tag.attributes.get('string')
    if (tag.kind === 'invoke' && literal === undefined) {
      reader.back(from)
      return 'outside'
    }
    const toJson = (text: string): string => valueJson(text, literal, { name, tool })
    if (!tag.single) return { name, toJson }
    // V4 Flash also writes `<invoke name="parameter" string="its text" />`.
    const text = literal === 'true' || literal === 'false' ? undefined : literal
    return text === undefined ? undefined : { name, text, toJson }
  },
  parameterEnds: ends('parameter'),
  stops: [...openings, ...bars.map((each) => `</${each}DSML`)],
  callEnds: ends('invoke'),
}

/** The attribute `string` says whether a parameter is text or JSON; where it is missing, the schema does. */
function valueJson(
  text: string,
  literal: string | undefined,
  { name, tool }: { readonly name: string; readonly tool: { readonly inputSchema: JsonObject } },
): string {
  if (literal === 'true') return JSON.stringify(text)
  if (literal === 'false') return exactJson(text, () => true) ?? JSON.stringify(text)
  return typedJson(text, name, tool.inputSchema)
}

/**
 * Reads a call in DeepSeek's markup, `<｜DSML｜invoke name="f">` with a `parameter` for each value or with one
 * object, and the beginning and end of its block where they are next to it. Models leave both out.
 */
export function* readDsmlCall(reader: TextReader, calls: TextCallWriter): Reading<boolean> {
  let tag = yield* readTag(reader)
  if (tag && blocks.includes(tag.kind)) {
    yield* reader.space()
    tag = yield* readTag(reader)
  }
  const tool = tag?.kind === 'invoke' ? calls.find(tag.attributes.get('name') ?? '') : undefined
  if (!tag || !tool) return false
  if (tag.single) calls.add(tool, '{}')
  else {
    calls.begin(tool)
    yield* readParameters(reader, calls, { tool, grammar })
  }
  yield* reader.markAfterSpace(...blockEnds)
  return true
}

interface Tag {
  readonly kind: string
  readonly attributes: ReadonlyMap<string, string>
  /** Whether there is no end of its own, as in `<a />`. */
  readonly single: boolean
}

function* readTag(reader: TextReader): Reading<Tag | undefined> {
  if (!(yield* reader.mark(...openings)) || !(yield* reader.run(bar, 2))) return undefined
  const kind = yield* reader.mark('invoke', 'parameter', ...blocks)
  const attributes = new Map<string, string>()
  if (blocks.includes(kind)) {
    // The mark of a block was seen with a bar more, and without its end.
    yield* reader.run(bar, 1)
    yield* reader.mark('>')
    return { kind, attributes, single: false }
  }
  if (kind) while (yield* readAttribute(reader, attributes));
  yield* reader.space()
  const single = (yield* reader.mark('/')) !== ''
  return (yield* reader.mark('>')) ? { kind, attributes, single } : undefined
}

/** Reads `name="value"`, also in the quotation marks of prose; false where none comes. */
function* readAttribute(reader: TextReader, attributes: Map<string, string>): Reading<boolean> {
  yield* reader.space()
  const name = yield* reader.run(/\w/, 64)
  yield* reader.space()
  if (!name || !(yield* reader.mark('='))) return false
  yield* reader.space()
  if (!(yield* reader.mark(...quotes))) return false
  // Only the text of a parameter may be anything.
  attributes.set(name, yield* reader.run(name === 'string' ? /[^"“”]/ : /[^"“”<>\n]/))
  return (yield* reader.mark(...quotes)) !== ''
}

const quotes: readonly string[] = ['"', '“', '”']
