import { type Json, type World, asJson } from '../base/index.ts'
import type { CallOutcome, ResultPart } from '../protocol/index.ts'
import type { AnyTool, ToolCallContext } from '../tools/index.ts'
import { cutView, pieceOf, textOf } from './cut-view.ts'
import { type ErrorReport, maskError } from './mask-error.ts'
import { untrustedView, visible, visiblePart } from './untrusted-view.ts'

/** What a handler's return value becomes: plain JSON that fits the output schema, or a typed failure. */
export async function toOutcome(tool: AnyTool, value: unknown): Promise<CallOutcome> {
  let output: unknown
  try {
    // So that what the model, the store and the app see is one and the same value.
    output = asJson(value)
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

/** The outcome of a call that failed, in words for the model. */
export function failure(errorCode: string, errorText: string): CallOutcome {
  return { state: 'output-error', errorCode, errorText }
}

export interface ViewOptions extends ToolCallContext {
  /** Of a tool that sets no cap of its own. */
  readonly maxModelOutputChars: number
  readonly world: World
  readonly onError: (report: ErrorReport) => void
}

/**
 * Adds the model's view of an output: the tool's own where it gives one, capped where it says so, and none where
 * the model sees the output as it is, which then is kept and sent once. A view that fails takes nothing from the
 * call, which has had its effect: the app keeps the output, the model an id.
 */
export async function withModelView(
  tool: AnyTool,
  outcome: CallOutcome,
  options: ViewOptions,
): Promise<CallOutcome> {
  const cap = tool.maxModelOutputChars ?? options.maxModelOutputChars
  const { state, output } = outcome
  if (output === undefined) return withShortText(said(tool, outcome), cap)
  try {
    const own = await ownView(tool, output, options)
    const parts = own ?? [asPart(output)]
    const view = tool.untrusted ? untrustedView(parts, tool.name) : parts
    const modelOutput = cutView(view, { cap, handle: options.toolCallId })
    const isAsItIs = state === 'output-available' && !own && modelOutput === view
    return isAsItIs ? outcome : { ...outcome, modelOutput }
  } catch (error) {
    const { toolCallId } = options
    const { errorText } = maskError(error, { toolCallId, toolName: tool.name }, options)
    const text = `The tool ran, but its output cannot be shown. ${errorText}`
    return { ...outcome, modelOutput: [{ type: 'text', text }] }
  }
}

/** The words of a failure may be those of strangers, too. */
function said({ untrusted }: AnyTool, { errorText, ...outcome }: CallOutcome): CallOutcome {
  if (errorText === undefined) return outcome
  return { ...outcome, errorText: untrusted ? visible(errorText) : errorText }
}

/** A failure has a text for the model instead, which is not for paging through. */
function withShortText(outcome: CallOutcome, cap: number): CallOutcome {
  const { errorText = '' } = outcome
  if (errorText.length <= cap) return outcome
  return { ...outcome, errorText: `${pieceOf(errorText, 0, cap)} […]` }
}

/** All the text that the model may see of an output, however long. */
export async function wholeText(
  tool: AnyTool,
  output: unknown,
  context: ToolCallContext,
): Promise<string> {
  return textOf((await ownView(tool, output, context)) ?? [asPart(output)])
}

/** What is made of an output for the model; `null` where it sees the output as it is. */
async function ownView(
  tool: AnyTool,
  output: unknown,
  { toolCallId, principal }: ToolCallContext,
): Promise<readonly ResultPart[] | null> {
  const own: unknown = await tool.toModelOutput?.(output, { toolCallId, principal })
  if (own === undefined && !tool.untrusted) return null
  // Only a tool's own view may be made of parts; an output that looks so is data like any other.
  const parts = isParts(own) ? own : [asPart(own === undefined ? output : own)]
  return tool.untrusted ? parts.map(visiblePart) : parts
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
