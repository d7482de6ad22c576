import type { RepairStage } from '../../protocol/index.ts'
import { type CallDraft, repaired, withInput } from './call-draft.ts'
import { wrappedCalls } from './parallel-wrapper.ts'
import { readInput } from './read-input.ts'
import { meantName } from './tool-name.ts'

export interface StageOptions {
  readonly stages: ReadonlySet<RepairStage>
  /** Names of the tools that the model was offered. */
  readonly names: readonly string[]
}

/** One call becomes no more than this, and only of a text this long, since each of them keeps it. */
const maxCalls = 32
const maxChars = 256 * 1024

/** The calls that the model meant, as far as its text and the names alone tell. A truncated call is left alone. */
export function applyStages(draft: CallDraft, options: StageOptions): readonly CallDraft[] {
  return readText(draft, options)
    .flatMap((read) => unwrap(read, options))
    .map((call) => rename(call, options))
}

function readText(draft: CallDraft, { stages }: StageOptions): readonly CallDraft[] {
  if (draft.unread?.problem !== 'malformed') return [draft]
  const read = readInput(draft.inputText, stages)
  if ('problem' in read) return [{ ...draft, unread: read }]
  // The adapter refused it for another reason than its text.
  if (read.repairs.length === 0 && read.inputs.length === 1) return [draft]
  const [input] = read.inputs
  let current = draft
  for (const { stage, after } of read.repairs)
    current = repaired({ stage, reason: 'malformed' }, current, { ...current, inputText: after })
  if (input && read.inputs.length === 1) return [withInput(current, input)]
  return mayBecome(read.inputs.length, current)
    ? read.inputs.map((one) => become(current, 'split', { input: one }))
    : [draft]
}

function unwrap(draft: CallDraft, { stages, names }: StageOptions): readonly CallDraft[] {
  if (!stages.has('parallel-wrapper') || names.includes(draft.toolName)) return [draft]
  const resolve = (name: string): string | undefined =>
    stages.has('tool-name') ? meantName(name, names) : names.find((one) => isNamed(one, name))
  const calls = wrappedCalls(draft, resolve)
  return calls && mayBecome(calls.length, draft)
    ? calls.map((call) => become(draft, 'parallel-wrapper', call))
    : [draft]
}

/** Whether a recipient is a tool: the prefix belongs to the wrapper. */
function isNamed(toolName: string, recipient: string): boolean {
  return recipient === toolName || recipient === `functions.${toolName}`
}

function rename(draft: CallDraft, { stages, names }: StageOptions): CallDraft {
  if (!stages.has('tool-name') || draft.unread?.problem === 'truncated') return draft
  const toolName = meantName(draft.toolName, names)
  return toolName === undefined || toolName === draft.toolName
    ? draft
    : repaired({ stage: 'tool-name', reason: 'unknown-tool' }, draft, { ...draft, toolName })
}

function mayBecome(count: number, { inputText }: CallDraft): boolean {
  return count <= maxCalls && inputText.length <= maxChars
}

/** One of several calls that are made of one. */
function become(
  draft: CallDraft,
  stage: 'split' | 'parallel-wrapper',
  {
    toolName = draft.toolName,
    input,
  }: { toolName?: string; input: NonNullable<CallDraft['input']> },
): CallDraft {
  const reason = stage === 'split' ? 'malformed' : 'unknown-tool'
  const one = { ...draft, toolName, inputText: JSON.stringify(input) }
  return repaired({ stage, reason }, draft, withInput(one, input))
}
