import { isDeepStrictEqual } from 'node:util'
import type { ConversationEvent, Message } from '../../src/protocol/index.ts'
import {
  type ConversationState,
  emptyConversation,
  evolve,
  isLegal,
  messagesOf,
  projectState,
  restoreState,
} from '../../src/turn/index.ts'
import { type Begin, violationsOf } from '../simulate/invariants.ts'
import { simulationStart } from '../simulate/sim-clock.ts'
import { historyProblems } from './histories.ts'
import { messageText, stateProblems } from './model.ts'
import type { Seen } from './witness-file.ts'

/** What is known of one conversation when all is over. */
export interface Story {
  readonly id: string
  /** The turns that were asked for. */
  readonly turns: readonly number[]
  readonly log: readonly ConversationEvent[]
  /** What each of its clients shows. */
  readonly shown: readonly (readonly Message[])[]
}

export interface Sights {
  readonly seen: readonly Seen[]
  /** When each process was killed, by its id; wall clock. */
  readonly killedAt: ReadonlyMap<number, number>
}

/** Which promises were broken in a conversation, by its log, by who looked from outside, and by what its clients show. */
export async function brokenIn(story: Story, sights: Sights): Promise<readonly string[]> {
  const found = [...violationsOf(story.log, evidenceOf(story, sights))]
  let state = emptyConversation
  for (const event of story.log) {
    if (!isLegal(state, event)) found.push(`the log has an illegal ${event.type}`)
    state = evolve(state, event)
  }
  found.push(...unfinished(state, story))
  const messages = messagesOf(state)
  found.push(...(await historyProblems(messages)), ...messages.flatMap(stateProblems))
  const visible = plain(messagesOf(restoreState(projectState(state))))
  for (const [n, shown] of story.shown.entries())
    if (!isDeepStrictEqual(plain(shown), visible)) found.push(`client ${n} shows something else`)
  return found.map((text) => `${story.id}: ${text}`)
}

/** Handlers that ran for a call which no log has. */
export function strays(stories: readonly Story[], { seen }: Sights): readonly string[] {
  const known = new Set(stories.flatMap(({ log }) => log.map(createdId)))
  return seen
    .filter((sight) => sight.saw === 'begin')
    .filter(({ callId }) => !known.has(callId))
    .map(({ callId }) => `${callId} began and is in no log`)
}

/** Every message has its turn, once, and each turn came to its good end. */
function* unfinished(state: ConversationState, { turns, log }: Story): Generator<string> {
  if (state.turn || state.queue.length > 0) yield 'a turn is not over'
  const asked = messagesOf(state)
    .filter(({ role }) => role === 'user')
    .map(({ parts: [part] }) => (part?.type === 'text' ? part.text : ''))
  if (!isDeepStrictEqual(asked.toSorted(), turns.map(messageText).toSorted()))
    yield `has ${asked.join(', ')} instead of turns ${turns.join(', ')}`
  const ends = log.filter((event) => event.type === 'turn-finished')
  if (ends.length !== turns.length) yield `${turns.length} turns have ${ends.length} ends`
  for (const { reason, error } of ends)
    if (reason !== 'stop') yield `a turn ended with "${reason}": ${error?.text}`
}

function evidenceOf(
  { log }: Story,
  { seen, killedAt }: Sights,
): Parameters<typeof violationsOf>[1] {
  const settledAt = new Map<string | null, number>()
  for (const event of log)
    if (event.type === 'call-created') settledAt.set(event.call.callId, Infinity)
    else if (event.type === 'call-settled') settledAt.set(event.callId, event.at)
  const own = seen.filter((sight) => 'callId' in sight && settledAt.has(sight.callId))
  const begins = own
    .filter((sight) => sight.saw === 'begin')
    .map(({ callId, attempt, at, pid }): Begin => ({
      callId,
      attempt,
      at: at - simulationStart,
      diedAt: () => (killedAt.get(pid) ?? Infinity) - simulationStart,
      isOver: at > (settledAt.get(callId) ?? 0),
      // A process may be held up between its last look at the clock and the begin.
      isLate: false,
    }))
  const ends = own
    .filter((sight) => sight.saw === 'end')
    .map(({ callId, value, at }) => ({ callId, value, at: at - simulationStart }))
  return { begins, ends, cancelled: new Set() }
}

function createdId(event: ConversationEvent): string | null {
  return event.type === 'call-created' ? event.call.callId : null
}

/** As JSON carries it. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}
