// Whatever happens to a conversation, and wherever it is cut off by a crash: the history that goes to a model is
// one that its server takes.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Model } from '../../src/ports/index.ts'
import { type Message, callStates, isTerminal } from '../../src/protocol/index.ts'
import { type ConversationState, messagesOf } from '../../src/turn/index.ts'
import { type Target, bodyFor, refusalsOf, targets } from './history-targets.ts'
import { randomStates } from './random-conversation.ts'

// Each request makes an error, of which nothing is read.
Error.stackTraceLimit = 0

/** What is wrong with a request to `target`. */
function problemsOf(body: string, target: Target): readonly unknown[] {
  return [...refusalsOf(body, target), ...foreignState(body, target.model), ...lostReasoning(body)]
}

/** Opaque state that another model wrote, or that stands there twice. */
function foreignState(text: string, { id, format }: Model): readonly string[] {
  const tokens = text.match(/<\d+\.\d+ of [^>]*>/g) ?? []
  const foreign = tokens.filter(
    (token) => !token.endsWith(` of ${id}>`) && !token.endsWith(` of ${format}:?>`),
  )
  return tokens.length === new Set(tokens).size
    ? foreign
    : [...foreign, 'a state stands there twice']
}

/** "function_call was provided without its required 'reasoning' item", known by the ids of the generator. */
function lostReasoning(text: string): readonly string[] {
  const after = text.matchAll(/"id":"\w+_after-(rs_\d+)-/g)
  return [...after].filter(([, id]) => !text.includes(`"id":"${id}"`)).map(([found]) => found)
}

/** The request after a crash at this point: as it stands, or with what the person says next. */
function requestAt(state: ConversationState): readonly Message[] {
  const messages = messagesOf(state)
  const last = messages.at(-1)
  const waits = last?.role === 'user' || last?.parts.some((part) => part.type === 'tool')
  if (waits || state.turn?.paused) return messages
  return [
    ...messages,
    { id: 'next', role: 'user', parts: [{ type: 'text', text: 'Next.' }], metadata: {} },
  ]
}

/** The requests after each event, where they differ from the one before. */
function requestsOf(states: readonly ConversationState[]): readonly (readonly Message[])[] {
  let before: readonly unknown[] = []
  const requests: (readonly Message[])[] = []
  for (const state of states) {
    const now = shownOf(state)
    const same = now.length === before.length && now.every((each, at) => each === before[at])
    if (!same && messagesOf(state).length > 0) requests.push(requestAt(state))
    before = now
  }
  return requests
}

/** Everything that the messages of a conversation are made of. */
function shownOf({ messages, turn }: ConversationState): readonly unknown[] {
  return [
    messages,
    turn?.messages,
    turn?.paused,
    ...(turn?.calls ?? []).map(({ phase }) => phase.state),
  ]
}

const seeds = (maxLength: number): fc.Arbitrary<readonly number[]> =>
  fc.array(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { maxLength, size: 'max' })

async function expectTaken(messages: readonly Message[], target: Target): Promise<void> {
  const body = await bodyFor(messages, target)
  expect(problemsOf(body, target), `for ${target.model.id}: ${body}`).toEqual([])
}

// Both take seconds of one core, and more where the machine has other work.
const patience = 120_000

test(
  'every server takes the history after any event, whatever happened',
  { timeout: patience },
  async () => {
    await fc.assert(
      fc.asyncProperty(seeds(60), async (steps) => {
        for (const messages of requestsOf(randomStates(steps)))
          for (const target of targets) await expectTaken(messages, target)
      }),
      { numRuns: 100 },
    )
  },
)

test(
  'ten thousand interleavings: after each event, the next server takes the history',
  { timeout: patience },
  async () => {
    let next = 0
    await fc.assert(
      fc.asyncProperty(seeds(25), async (steps) => {
        for (const messages of requestsOf(randomStates(steps)))
          await expectTaken(messages, targets[next++ % targets.length] as Target)
      }),
      { numRuns: 10_000 },
    )
  },
)

test('random conversations come to every state of a call and every end of a turn', () => {
  const found = new Set<string>()
  const all = fc.sample(seeds(60), { numRuns: 400, seed: 1 })
  for (const { messages, lastTurn } of all.flatMap((steps) => randomStates(steps))) {
    if (lastTurn) found.add(lastTurn.reason)
    const parts = messages.flatMap((message) => message.parts)
    for (const part of parts) if (part.type === 'tool') found.add(part.state)
  }
  const states = callStates.filter((state) => isTerminal(state))
  const ends = [
    'stop',
    'length',
    'content-filter',
    'stopped',
    'stop-condition',
    'error',
    'max-steps',
  ]
  expect([...found]).toEqual(expect.arrayContaining([...states, ...ends, 'repeated-calls']))
})
