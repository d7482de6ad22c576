import { invalidInput } from '../guards/index.ts'
import type { CallOutcome, RepairReason } from '../protocol/index.ts'
import type { AnyTool, ToolRegistry, ValidationIssue } from '../tools/index.ts'
import type { CallDraft } from './repair/call-draft.ts'
import { nearestNames } from './repair/tool-name.ts'

/** What is to be said of a call before it may run: that it fits, or why it does not. */
export type CheckedCall =
  | {
      readonly tool: AnyTool
      /** What the schema made of the input. */
      readonly value: unknown
      readonly problem?: undefined
    }
  | { readonly problem: CallProblem }

/** Why a call cannot run. */
export interface CallProblem {
  readonly reason: RepairReason
  readonly issues: readonly ValidationIssue[]
  /** How the call settles where nobody repairs it. */
  readonly outcome: CallOutcome
}

export interface CheckOptions {
  readonly tools: ToolRegistry
  /** Names that the model was offered in this step. */
  readonly offered: ReadonlySet<string>
  /** How a call of a tool settles that is another one by now; `null` where it is not. */
  readonly stale: (toolName: string) => CallOutcome | null
  /** The input as the model wrote it, which it is shown again. */
  readonly writtenText: string
}

/** Looks for the tool and checks the input against its schema. Every call passes here, repaired or not. */
export async function checkCall(draft: CallDraft, options: CheckOptions): Promise<CheckedCall> {
  const { toolName, input } = draft
  if (!options.offered.has(toolName)) return { problem: unknownTool(draft, options) }
  if (input === undefined) return { problem: unreadable(draft, options) }
  const tool = options.tools.get(toolName)
  const checked = await tool.validateInput(input)
  if (!checked.issues) return { tool, value: checked.value }
  const { issues } = checked
  const outcome = invalidInput(issues)
  const errorText = `${outcome.errorText} ${quoted(options)}`
  return { problem: { reason: 'schema', issues, outcome: { ...outcome, errorText } } }
}

function unknownTool(
  { toolName, unread }: CallDraft,
  { offered, stale }: CheckOptions,
): CallProblem {
  const names = [...offered]
  const listed = names.slice(0, maxNames).join(', ') || 'none'
  const more = names.length > maxNames ? ` and ${names.length - maxNames} more` : ''
  const nearest = nearestNames(toolName, names).map((name) => `"${name}"`)
  const errorText =
    `There is no tool "${excerpt(toolName, 128)}". Available: ${listed}${more}.` +
    (nearest.length > 0 ? ` Nearest: ${nearest.join(', ')}.` : '')
  return {
    // That the input is not all there is what a repair has to know first.
    reason: unread?.problem === 'truncated' ? 'truncated' : 'unknown-tool',
    issues: [{ path: '', message: errorText }],
    outcome: stale(toolName) ?? { state: 'input-invalid', errorCode: 'unknown-tool', errorText },
  }
}

const maxNames = 50

function unreadable({ unread }: CallDraft, options: CheckOptions): CallProblem {
  const { problem = 'malformed', issue = 'The input is not one JSON object.' } = unread ?? {}
  const errorText =
    problem === 'truncated'
      ? 'Not run: the input was cut off. Send the call again, with a shorter input.'
      : `Not run. ${issue}`
  return {
    reason: problem,
    issues: [{ path: '', message: issue }],
    outcome: {
      state: 'input-invalid',
      errorCode: `${problem}-input`,
      errorText: `${errorText} ${quoted(options)}`,
    },
  }
}

function quoted({ writtenText }: CheckOptions): string {
  return `The input was: ${excerpt(writtenText, 500)}`
}

function excerpt(text: string, length: number): string {
  // Never half of a character that is two code units.
  return text.length > length ? `${text.slice(0, length).replace(/[\ud800-\udbff]$/, '')}…` : text
}
