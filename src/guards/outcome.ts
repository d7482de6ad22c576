import type { Json } from '../base/index.ts'
import type { CallOutcome, ResultPart } from '../protocol/index.ts'
import type { AnyTool, ToolCallContext } from '../tools/index.ts'

/** What a handler's return value becomes: plain JSON that fits the output schema, or a typed failure. */
export async function toOutcome(tool: AnyTool, value: unknown): Promise<CallOutcome> {
  if (value === undefined)
    return failure('invalid-output', `"${tool.name}" returned nothing; a result must be a value.`)
  let output: unknown
  try {
    // A round trip, so that what the model, the store and the app see is one and the same value.
    output = JSON.parse(JSON.stringify(value))
  } catch {
    return failure('not-serializable', `"${tool.name}" returned a value that JSON cannot carry.`)
  }
  return checkOutput(tool, output)
}

/** Checks an output, also one that came from a client, against the tool's output schema. */
export async function checkOutput(tool: AnyTool, output: unknown): Promise<CallOutcome> {
  const { issues } = await tool.validateOutput(output)
  if (!issues) return { state: 'output-available', output }
  const [first] = issues
  return failure(
    'invalid-output',
    `"${tool.name}" returned a value that does not fit its output schema. ${first?.path || 'output'}: ${first?.message}`,
  )
}

function failure(errorCode: string, errorText: string): CallOutcome {
  return { state: 'output-error', errorCode, errorText }
}

/** The model's view of an output: the tool's own where it gives one, capped where it says so. */
export async function modelView(
  tool: AnyTool,
  output: unknown,
  context: ToolCallContext,
): Promise<readonly ResultPart[]> {
  const own: unknown = tool.toModelOutput ? await tool.toModelOutput(output, context) : output
  // Only a tool's own view may be made of parts; an output that looks so is data like any other.
  const parts = tool.toModelOutput && isParts(own) ? own : [asPart(own)]
  const cap = tool.maxModelOutputChars
  return cap === undefined ? parts : parts.map((part) => capped(part, cap))
}

const partTypes = ['text', 'json', 'image', 'file']

function isParts(value: unknown): value is readonly ResultPart[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((part: { type?: unknown } | null) => partTypes.includes(String(part?.type)))
  )
}

function asPart(value: unknown): ResultPart {
  // Outputs have been through JSON already.
  return typeof value === 'string'
    ? { type: 'text', text: value }
    : { type: 'json', value: value as Json }
}

/** Head and tail of a text that is too long; media are never cut. */
function capped(part: ResultPart, cap: number): ResultPart {
  if (part.type === 'image' || part.type === 'file') return part
  const text = part.type === 'text' ? part.text : JSON.stringify(part.value)
  if (text.length <= cap) return part
  const half = Math.floor(cap / 2)
  const left = text.length - 2 * half
  return {
    type: 'text',
    text: `${text.slice(0, half)}\n[… ${left} characters left out …]\n${text.slice(text.length - half)}`,
  }
}
