import { type JsonObject, canonicalJson, isToolwireError } from '../../base/index.ts'
import type { CallRepair, RepairReason } from '../../protocol/index.ts'
import { type UnreadInput, readInput } from './read-input.ts'

/** A call before it is one: as the model asked for it, or as repairs left it. Never changed, only replaced. */
export interface CallDraft {
  readonly toolName: string
  readonly inputText: string
  /** Absent where `inputText` is no JSON object, or one that cannot be kept. */
  readonly input?: JsonObject
  /** Why `input` is absent. */
  readonly unread?: UnreadInput
  /** What was done so far, in order. */
  readonly repairs: readonly CallRepair[]
}

/** What a model asked for, as its adapter decoded it. */
export interface AskedCall {
  readonly toolName: string
  readonly inputText: string
  readonly input?: JsonObject
  readonly problem?: 'truncated' | 'malformed'
}

/** The draft of what a model asked for; `isCut` says that its answer came to its limit. */
export function draftOf(asked: AskedCall, isCut: boolean): CallDraft {
  const { toolName, inputText, input, problem } = asked
  const draft = { toolName, inputText, repairs: [] }
  if (input) return withInput(draft, input)
  const isTruncated = isCut || problem === 'truncated'
  return { ...draft, unread: isTruncated ? truncated : unreadText(inputText) }
}

/** `draft` with an input that was read, if it can be kept. */
export function withInput(draft: CallDraft, input: JsonObject): CallDraft {
  const { input: _, unread: __, ...rest } = draft
  try {
    canonicalJson(input)
    return { ...rest, input }
  } catch (error) {
    // Deeper than anything here follows, or with a number that JSON cannot write.
    const issue = isToolwireError(error) ? error.message : 'The input cannot be kept.'
    return { ...rest, unread: { problem: 'malformed', issue } }
  }
}

/** `after`, which one repair made of `before`, with the record of that. */
export function repaired(
  by: { readonly stage: CallRepair['stage']; readonly reason: RepairReason },
  before: CallDraft,
  after: CallDraft,
): CallDraft {
  const repair: CallRepair = { ...by, before: textOf(before), after: textOf(after) }
  return { ...after, repairs: [...before.repairs, repair] }
}

/** Why a text is no JSON object. */
export function unreadText(inputText: string): UnreadInput {
  const read = readInput(inputText, new Set())
  return 'problem' in read ? read : malformed
}

const truncated: UnreadInput = {
  problem: 'truncated',
  issue: 'The input ends before it is complete.',
}
const malformed: UnreadInput = {
  problem: 'malformed',
  issue: 'The input could not be read.',
}

function textOf({ toolName, inputText }: CallDraft): CallRepair['before'] {
  return { toolName, inputText }
}
