import type { Snapshot } from 'toolwire/client'
import type { ConversationEvent } from 'toolwire/protocol'
import type { Store } from 'toolwire'
import { lastWords } from './model.ts'

/** What was found in the logs of conversations, and at their clients. */
export interface Findings {
  readonly conversations: number
  readonly turns: number
  readonly calls: number
  /** Each of these is to be 0. */
  readonly callsWithoutResult: number
  readonly callsWithTwoResults: number
  readonly callsSeenOtherwise: number
  readonly turnsWithoutEnd: number
}

export const nothingFound: Findings = {
  conversations: 0,
  turns: 0,
  calls: 0,
  callsWithoutResult: 0,
  callsWithTwoResults: 0,
  callsSeenOtherwise: 0,
  turnsWithoutEnd: 0,
}

/** Holds a conversation that is over to its log: every call has one result, and its client shows that one. */
export async function examine(
  store: Store,
  {
    id,
    turns,
    snapshot,
  }: { readonly id: string; readonly turns: number; readonly snapshot: Snapshot },
): Promise<Findings> {
  const results = resultsIn(await store.read(id, 0))
  const shown = new Map(snapshot.calls.map(({ toolCallId, state }) => [toolCallId, state]))
  const all = [...results.entries()]
  const ends = snapshot.messages.filter(({ parts }) =>
    parts.some((part) => part.type === 'text' && part.text === lastWords),
  )
  return {
    conversations: 1,
    turns,
    calls: results.size,
    callsWithoutResult: all.filter(([, states]) => states.length === 0).length,
    callsWithTwoResults: all.filter(([, states]) => states.length > 1).length,
    callsSeenOtherwise:
      all.filter(([call, states]) => shown.get(call) !== states[0]).length +
      Math.abs(snapshot.calls.length - results.size),
    turnsWithoutEnd: Math.abs(turns - ends.length),
  }
}

export function sum(a: Findings, b: Findings): Findings {
  return {
    conversations: a.conversations + b.conversations,
    turns: a.turns + b.turns,
    calls: a.calls + b.calls,
    callsWithoutResult: a.callsWithoutResult + b.callsWithoutResult,
    callsWithTwoResults: a.callsWithTwoResults + b.callsWithTwoResults,
    callsSeenOtherwise: a.callsSeenOtherwise + b.callsSeenOtherwise,
    turnsWithoutEnd: a.turnsWithoutEnd + b.turnsWithoutEnd,
  }
}

export function faultsIn(found: Findings): number {
  const { callsWithoutResult, callsWithTwoResults, callsSeenOtherwise, turnsWithoutEnd } = found
  return callsWithoutResult + callsWithTwoResults + callsSeenOtherwise + turnsWithoutEnd
}

/** The results of each call, by the id under which clients know it. */
function resultsIn(log: readonly ConversationEvent[]): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string>()
  const results = new Map<string, string[]>()
  for (const event of log) {
    if (event.type === 'call-created') {
      names.set(event.call.callId, event.call.toolCallId)
      results.set(event.call.toolCallId, [])
    }
    if (event.type === 'call-settled') results.get(names.get(event.callId) ?? '')?.push(event.state)
  }
  return results
}
