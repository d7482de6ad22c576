import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Json, JsonObject } from '../../src/base/index.ts'
import { type FinishReason, type Model, type ModelEvent } from '../../src/ports/index.ts'
import type { Usage } from '../../src/protocol/index.ts'
import { type Answer, ask, violations } from '../models/answer.ts'
import { bytesOf, recordedStreams } from '../models/recorded-streams.ts'
import { descriptor, messageOf, sentBy, user } from '../models/wire-history.ts'
import { adapters, thereAndBack, unbridged } from './bridges.ts'

describe.each(Object.entries(adapters))('%s, to the AI SDK and back', (format, adapter) => {
  const streams = recordedStreams(format)

  test.skipIf(streams.length === 0)(
    'every recorded stream gives the same events (skipped where ../shared/fixtures is absent)',
    async () => {
      for (const stream of streams) {
        const [direct, bridged] = await answers(adapter, bytesOf(stream), namesIn(stream))
        const { id } = stream
        expect({ id, found: violations(bridged) }).toEqual({ id, found: [] })
        const wanted = { id, events: unbridged(direct.events) }
        expect({ id, events: unbridged(bridged.events) }).toEqual(wanted)
      }
    },
  )

  test.skipIf(streams.length === 0)(
    'the next request after every recorded stream is the same, byte for byte, with its provider state (skipped where ../shared/fixtures is absent)',
    async () => {
      let states = 0
      const schema = { type: 'object', properties: {} }
      for (const stream of streams) {
        // A free-form input is no JSON, and the AI SDK has no other.
        if (stream.expected.toolCalls.some(({ kind }) => kind === 'custom')) continue
        const tools = namesIn(stream).map((name) => descriptor(name, schema))
        const answered = await answers(adapter, bytesOf(stream), namesIn(stream))
        const models = [adapter, (fetch: typeof globalThis.fetch) => thereAndBack(adapter(fetch))]
        const [direct, bridged] = await Promise.all(
          models.map(async (model, at) => {
            const { id } = model(globalThis.fetch)
            const messages = [user('Hi'), messageOf(answered[at]!, id), user('Go on')]
            return sentBy(model, { system: 'Be brief.', messages, tools, toolChoice: 'auto' })
          }),
        )
        expect(`${stream.id} ${bridged!.text}`).toBe(`${stream.id} ${direct!.text}`)
        states += answered[1].states.length
      }
      if (format !== 'cohere-v2') expect(states).toBeGreaterThan(0)
    },
  )
})

async function answers(
  adapter: (fetch: typeof globalThis.fetch) => Model,
  bytes: Uint8Array,
  names: readonly string[],
): Promise<readonly [Answer, Answer]> {
  const fetch = async (): Promise<Response> => new Response(new Uint8Array(bytes))
  const request = { tools: names.map((name) => descriptor(name)) }
  return [await ask(adapter(fetch), request), await ask(thereAndBack(adapter(fetch)), request)]
}

function namesIn({ expected }: ReturnType<typeof recordedStreams>[number]): string[] {
  return [...new Set(expected.toolCalls.map(({ name }) => name))]
}

const json = fc.jsonValue({ maxDepth: 2 }).map((value): Json => JSON.parse(JSON.stringify(value)))
const object = fc.dictionary(fc.string({ minLength: 1, maxLength: 4 }), json, {
  minKeys: 1,
  maxKeys: 3,
})

const format = 'random'

const saying: fc.Arbitrary<ModelEvent> = fc.oneof(
  fc.record({
    type: fc.constantFrom('text-delta', 'reasoning-delta', 'refusal-delta'),
    text: fc.string({ minLength: 1, maxLength: 8, unit: 'binary' }),
  }),
  fc.record({ type: fc.constant('provider-state'), format: fc.constant(format), state: json }),
)

/** A call; of one that was cut, `kept` is the part of its input that came. */
const call: fc.Arbitrary<Call> = fc.record({
  toolName: fc.constantFrom('look', 'page.edit'),
  input: fc.oneof(object, fc.constant({})),
  deltaChars: fc.integer({ min: 2, max: 9 }),
  kept: fc.double({ min: 0, max: 0.99, noNaN: true }),
  state: fc.option(json, { nil: undefined }),
})

interface Call {
  readonly toolName: string
  readonly input: JsonObject
  readonly deltaChars: number
  readonly kept: number
  readonly state: Json | undefined
}

function eventsOf(it: Call, toolCallId: string, cut: boolean): readonly ModelEvent[] {
  const { toolName, input, state } = it
  const whole = JSON.stringify(input)
  const inputText = cut ? whole.slice(0, Math.floor(whole.length * it.kept)) : whole
  const deltas = inputText.match(new RegExp(`[^]{1,${it.deltaChars}}`, 'g')) ?? []
  const end = { type: 'tool-input-end', toolCallId, toolName, inputText } as const
  return [
    { type: 'tool-input-start', toolCallId, toolName },
    ...deltas.map((delta) => ({ type: 'tool-input-delta', toolCallId, delta }) as const),
    cut ? { ...end, problem: 'truncated' } : { ...end, input },
    ...(state === undefined || cut
      ? []
      : [{ type: 'provider-state', format, toolCallId, state } as const]),
  ]
}

const usage: fc.Arbitrary<Usage> = fc.record(
  {
    inputTokens: fc.nat(),
    outputTokens: fc.nat(),
    totalTokens: fc.nat(),
    reasoningTokens: fc.nat(),
    cachedInputTokens: fc.nat(),
  },
  { requiredKeys: [] },
)

/** An answer that keeps the promises of the model port. */
const answer: fc.Arbitrary<readonly ModelEvent[]> = fc
  .record({
    said: fc.array(fc.oneof(saying, call), { maxLength: 8 }),
    last: fc.option(call, { nil: undefined }),
    reason: fc.constantFrom<FinishReason>('stop', 'content-filter', 'other'),
    rawReason: fc.option(fc.string(), { nil: null }),
    usage,
    paused: fc.boolean(),
  })
  .map(({ said, last, reason, paused, ...finish }) => {
    const called = said.some((each) => 'deltaChars' in each)
    return [
      ...said.flatMap((each, at) =>
        'deltaChars' in each ? eventsOf(each, `call-${at}`, false) : [each],
      ),
      ...(last ? eventsOf(last, 'last', true) : []),
      {
        type: 'finish',
        reason: last ? 'length' : called ? 'tool-calls' : reason,
        ...finish,
        ...(paused && { paused: true }),
      },
    ]
  })

test('random answers are equal after the way to the AI SDK and back', async () => {
  await fc.assert(
    fc.asyncProperty(answer, async (events) => {
      const model: Model = {
        id: 'random:m',
        format,
        async *stream() {
          yield* events
        },
      }
      const tools = [descriptor('look'), descriptor('page.edit')]
      const bridged = await ask(thereAndBack(model), { tools })
      expect(unbridged(bridged.events)).toEqual(unbridged(events))
    }),
    { numRuns: 500 },
  )
})
