import { type JsonObject, canonicalJson, sha256 } from '../base/index.ts'
import { conflictKeysOf } from '../engine/index.ts'
import { type ApprovalOptions, invalidInput, keepProblem } from '../guards/index.ts'
import type { CheckedDecision, DecideCommand, Principal } from '../protocol/index.ts'
import type { AnyTool } from '../tools/index.ts'
import type { Call } from '../turn/index.ts'

/** A command that the server will not carry out, and why. */
export interface Refusal {
  readonly refusal: string
}

interface Decider {
  readonly tool: AnyTool | null
  readonly principal: Principal
  readonly approvals: ApprovalOptions
}

export type Decision = DecideCommand & CheckedDecision

/**
 * What a person decided, with the input that they changed checked, and the host asked whether they may. An
 * input that stays in the command was not checked, and the core will not have it.
 */
export async function checkDecision(
  call: Call,
  command: DecideCommand,
  decider: Decider,
): Promise<Decision | Refusal> {
  const { approved, keep, input, ...decision } = command
  // A no needs no leave, and a question that is closed is opened by nothing.
  if (!approved || call.phase.state !== 'approval-requested') return command
  const { tool, principal, approvals } = decider
  if (!tool) return { refusal: 'The tool is gone.' }
  const problem = undoProblem(call, command) ?? keepProblem(tool, keep, approvals)
  if (problem !== null) return { refusal: problem }
  const edit = await checkEdit(call, input, { ...decider, tool })
  if ('refusal' in edit) return edit
  if (!keep) return { ...decision, approved, ...edit }
  const { toolName } = call
  const scope = approvals.scope?.({ principal, toolName, input: input ?? call.input }) ?? ''
  return { ...decision, approved, keep, scope, ...edit }
}

function undoProblem({ undoOf }: Call, { keep, input }: DecideCommand): string | null {
  const isPlain = undoOf === undefined || (!keep && !input)
  return isPlain ? null : 'Taking back is asked about each time, and as it is.'
}

/** A changed input passes whatever the model's own passed, and needs the host's consent beside. */
async function checkEdit(
  { toolName, toolCallId, input, argsHash, executor }: Call,
  edited: JsonObject | undefined,
  { tool, principal, approvals: { allowEdits = false } }: Decider & { readonly tool: AnyTool },
): Promise<CheckedDecision | Refusal> {
  const hash = edited ? hashOf(edited) : argsHash
  // What is the same in another order is no change.
  if (!edited || hash === argsHash) return {}
  if (hash === null) return { refusal: 'The input is no plain JSON.' }
  const checked = await tool.validateInput(edited)
  if (checked.issues) return { refusal: invalidInput(checked.issues).errorText ?? '' }
  const where = tool.executor
  if (typeof where === 'function' && where(checked.value, { toolCallId, principal }) !== executor)
    return { refusal: 'With this input the call would run elsewhere.' }
  const isAllowed =
    typeof allowEdits === 'function'
      ? await allowEdits({ principal, toolName, input, edited })
      : allowEdits
  if (!isAllowed) return { refusal: 'The input may not be changed.' }
  return {
    edit: {
      input: edited,
      argsHash: hash,
      conflictKeys: conflictKeysOf(tool, checked.value),
    },
  }
}

/** Wires that carry more than JSON may bring what has no hash. */
function hashOf(input: JsonObject): string | null {
  try {
    return sha256(canonicalJson(input))
  } catch {
    return null
  }
}
