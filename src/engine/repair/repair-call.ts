import { type World, newErrorId } from '../../base/index.ts'
import type { ErrorReport } from '../../guards/index.ts'
import type { Message, ToolDescriptor } from '../../protocol/index.ts'
import type { CallProblem, CheckedCall } from '../check-call.ts'
import { answeredDraft, askHook } from './ask-hook.ts'
import { type CallDraft, repaired, withInput } from './call-draft.ts'
import { coerceInput } from './coerce.ts'
import type { Repair, RepairHook } from './options.ts'

export interface RepairCallOptions {
  readonly repair: Repair
  readonly toolCallId: string
  /** The input as the model wrote it. */
  readonly writtenText: string
  /** The tools that the model was offered. */
  readonly tools: readonly ToolDescriptor[]
  readonly messages: readonly Message[]
  /** Aborts when the step is stopped. */
  readonly signal: AbortSignal
  readonly world: World
  readonly onError: (report: ErrorReport) => void
  readonly check: (draft: CallDraft) => Promise<CheckedCall>
}

/** A draft and what its check said. */
export interface CheckedDraft {
  readonly draft: CallDraft
  readonly checked: CheckedCall
}

/**
 * Checks a call and, where it does not fit, repairs it: by its schema, then by the hook. A repair that does
 * not make the call fit leaves no trace, so that the model reads what is wrong with its own words.
 */
export async function repairCall(
  draft: CallDraft,
  options: RepairCallOptions,
): Promise<CheckedDraft> {
  const { check, repair } = options
  const checked = await check(draft)
  if (!checked.problem) return { draft, checked }
  const { problem } = checked
  const found =
    (await coerced(draft, options)) ??
    (repair.hook && (await asked(draft, problem, { ...options, hook: repair.hook })))
  return found ?? { draft, checked }
}

async function coerced(
  draft: CallDraft,
  { repair, check, tools, writtenText }: RepairCallOptions,
): Promise<CheckedDraft | undefined> {
  const schema = tools.find(({ name }) => name === draft.toolName)?.inputSchema
  const { input } = draft
  if (!repair.stages.has('coerce') || !input || !schema) return undefined
  const fitting = coerceInput(input, schema, writtenText)
  if (fitting === input) return undefined
  const after = withInput({ ...draft, inputText: JSON.stringify(fitting) }, fitting)
  const next = repaired({ stage: 'coerce', reason: 'schema' }, draft, after)
  const checked = await check(next)
  return checked.problem ? undefined : { draft: next, checked }
}

async function asked(
  draft: CallDraft,
  problem: CallProblem,
  options: RepairCallOptions & { readonly hook: RepairHook },
): Promise<CheckedDraft | undefined> {
  let current = draft
  let { reason, issues } = problem
  for (let left = options.repair.maxAttempts; left > 0 && !options.signal.aborted; left--) {
    const answered = await answerTo(current, { reason, issues }, options)
    if (!answered) return undefined
    current = repaired({ stage: 'hook', reason }, current, answered)
    const checked = await options.check(current)
    if (!checked.problem) return { draft: current, checked }
    ;({ reason, issues } = checked.problem)
  }
  return undefined
}

/** What the hook makes of the draft. A hook that fails is not asked again. */
async function answerTo(
  draft: CallDraft,
  { reason, issues }: Pick<CallProblem, 'reason' | 'issues'>,
  options: RepairCallOptions & { readonly hook: RepairHook },
): Promise<CallDraft | null> {
  const { toolCallId, tools, messages, world, hook, repair, signal } = options
  const { toolName, inputText, input } = draft
  const inputSchema = tools.find(({ name }) => name === toolName)?.inputSchema
  const call = { toolCallId, toolName, ...(input && { input }) }
  try {
    const answer = await askHook(
      { call, reason, inputText, issues, ...(inputSchema && { inputSchema }), tools, messages },
      { hook, timeoutMs: repair.timeoutMs, world, signal },
    )
    return answer && answeredDraft(draft, answer)
  } catch (error) {
    // Nobody waits for a call of a turn that was stopped.
    if (!signal.aborted)
      options.onError({ errorId: newErrorId(world), error, toolCallId, toolName })
    return null
  }
}
