// Whatever happens to a conversation, and wherever it is cut off by a crash: the history that goes to a model is
// one that its server takes.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Json } from '../../src/base/index.ts'
import { anthropic } from '../../src/models/anthropic.ts'
import { cohere } from '../../src/models/cohere.ts'
import { gemini } from '../../src/models/gemini.ts'
import { ollama } from '../../src/models/ollama.ts'
import { type ChatFlavorName, openaiChat } from '../../src/models/openai-chat.ts'
import { openaiResponses } from '../../src/models/openai-responses.ts'
import type { Model, ModelRequest } from '../../src/ports/index.ts'
import { type Message, callStates, isTerminal } from '../../src/protocol/index.ts'
import { type HistoryFormat, historyValidators } from '../../src/testing/history-validators.ts'
import { type ConversationState, messagesOf } from '../../src/turn/index.ts'
import { randomStates } from './random-conversation.ts'

interface Target {
  readonly model: Model
  readonly flavor?: string
  readonly providerOptions?: ModelRequest['providerOptions']
}

// Each request makes an error, of which nothing is read.
Error.stackTraceLimit = 0

let sent = ''
const nothing = new Response(null)
const fetch: typeof globalThis.fetch = (_, init) => {
  // All adapters send texts.
  sent = init?.body as string
  return Promise.resolve(nothing)
}

const chat = (model: string, flavor: ChatFlavorName): Target => ({
  model: openaiChat({ model, flavor, fetch }),
  flavor,
})
const claude = anthropic({ model: 'm', fetch })

const targets: readonly Target[] = [
  chat('m', 'openai'),
  { model: openaiResponses({ model: 'm', fetch }) },
  { model: claude },
  { model: gemini({ model: 'gemini-3-pro', fetch }) },
  { model: ollama({ model: 'm', fetch }) },
  { model: cohere({ model: 'm', fetch }) },
  chat('mistral', 'mistral'),
  chat('kimi', 'kimi'),
  chat('deepseek', 'deepseek'),
  chat('mantle', 'compatible'),
  { model: gemini({ model: 'gemini-2.5-flash', fetch }), flavor: 'gemini-2' },
  { model: openaiResponses({ model: 'm', fetch }), providerOptions: { store: true } },
  { model: claude, providerOptions: { thinking: { type: 'enabled', budget_tokens: 1024 } } },
]

/** What is wrong with the request that `target` gets for `messages`. */
async function problems(messages: readonly Message[], target: Target): Promise<readonly unknown[]> {
  const { model, flavor, providerOptions } = target
  for await (const _ of model.stream({ messages, ...(providerOptions && { providerOptions }) }));
  const body: Json = JSON.parse(sent)
  // Every target is of a format that has a validator.
  const validate = historyValidators[model.format as HistoryFormat]
  return [...validate(body, { flavor }), ...foreignState(sent, model), ...lostReasoning(sent)]
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
  expect(await problems(messages, target), `for ${target.model.id}: ${sent}`).toEqual([])
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
