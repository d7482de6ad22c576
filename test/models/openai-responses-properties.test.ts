import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openaiResponses } from '../../src/models/openai-responses.ts'
import { type Answer, ask, split, sse, violations } from './answer.ts'

type Input = Record<string, unknown>

/** How a server writes calls. */
interface Style {
  readonly pieces: boolean
  readonly argumentsDone: boolean
  readonly rotatingIds: boolean
  readonly interleaved: boolean
  readonly output: 'empty' | 'whole'
}

const inputs: fc.Arbitrary<readonly Input[]> = fc.array(
  fc.dictionary(fc.string({ maxLength: 4 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }),
  { minLength: 1, maxLength: 3 },
)
const style: fc.Arbitrary<Style> = fc.record({
  pieces: fc.boolean(),
  argumentsDone: fc.boolean(),
  rotatingIds: fc.boolean(),
  interleaved: fc.boolean(),
  output: fc.constantFrom('empty', 'whole'),
})

function item(input: Input, at: number): object {
  const args = JSON.stringify(input)
  return { type: 'function_call', call_id: `c${at}`, name: 'look', arguments: args }
}

function eventsOf(input: Input, at: number, as: Style): object[] {
  const text = JSON.stringify(input)
  const pieces = as.pieces ? (text.match(/[^]{1,5}/g) ?? []) : []
  const name = 'response.function_call_arguments'
  const events: object[] = [
    {
      type: 'response.output_item.added',
      item: { ...item(input, at), arguments: '', status: 'in_progress' },
    },
    ...pieces.map((delta) => ({ type: `${name}.delta`, delta })),
    ...(as.argumentsDone ? [{ type: `${name}.done`, arguments: text }] : []),
    { type: 'response.output_item.done', item: { ...item(input, at), status: 'completed' } },
  ]
  return events.map((event, n) => ({
    ...event,
    output_index: at,
    item_id: as.rotatingIds ? `i${at}-${n}` : `i${at}`,
  }))
}

function render(all: readonly Input[], as: Style, status = 'completed'): string[] {
  const lists = all.map((input, at) => eventsOf(input, at, as))
  const ordered: object[] = []
  if (as.interleaved)
    while (lists.some((list) => list.length > 0))
      for (const list of lists) ordered.push(...list.splice(0, 1))
  else ordered.push(...lists.flat())
  const output = as.output === 'whole' ? all.map(item) : []
  const end = {
    type: `response.${status}`,
    response: { status, output: status === 'completed' ? output : [] },
  }
  return [...ordered, end].map(sse)
}

function decode(bytes: Uint8Array | string, seed = 1): Promise<Answer> {
  const body = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes
  return ask(openaiResponses({ model: 'm', fetch: async () => new Response(split(body, seed)) }))
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

test('what was written is read, in whatever style and at any split', async () => {
  await fc.assert(
    fc.asyncProperty(inputs, style, fc.nat(), async (all, as, seed) => {
      const answer = await decode(render(all, as).join(''), seed)
      expect(violations(answer)).toEqual([])
      expect(answer.calls.map((call) => [call.toolCallId, call.input])).toEqual(
        all.map((input, at) => [`c${at}`, plain(input)]),
      )
      expect(answer.finish.reason).toBe('tool-calls')
    }),
    { numRuns: 300 },
  )
})

test('a stream that is cut anywhere, or hits the limit, never gives another input', async () => {
  await fc.assert(
    fc.asyncProperty(inputs, style, fc.nat(9999), fc.boolean(), async (all, as, where, limited) => {
      const whole = render(all, as, limited ? 'incomplete' : 'completed')
      const text = whole.join('')
      const kept = whole.slice(0, Math.floor((where / 1e4) * (whole.length - 1)))
      const answer = limited
        ? await decode([...kept, ...whole.slice(-1)].join(''))
        : await decode(text.slice(0, Math.floor((where / 1e4) * (text.length - 2))))
      expect(violations(answer)).toEqual([])
      expect(answer.finish.reason).toBe(limited ? 'length' : 'error')
      for (const call of answer.calls)
        if (call.input) expect(call.input).toEqual(plain(all[Number(call.toolCallId.slice(1))]))
        else expect(call.problem).toBe('truncated')
    }),
    { numRuns: 400 },
  )
})

test('damaged streams never break the promises of a model', async () => {
  const damage = fc.record({ where: fc.nat(), byte: fc.nat(255), drop: fc.nat(3) })
  await fc.assert(
    fc.asyncProperty(inputs, style, fc.array(damage, { maxLength: 8 }), async (all, as, hits) => {
      const bytes = [...new TextEncoder().encode(render(all, as).join(''))]
      for (const { where, byte, drop } of hits) bytes.splice(where % bytes.length, drop, byte)
      const found = violations(await decode(Uint8Array.from(bytes)))
      // The whole input at the end counts over pieces of which one was damaged.
      expect(found.filter((each) => !each.startsWith('deltas'))).toEqual([])
    }),
    { numRuns: 300 },
  )
})

test('any JSON as an event never breaks the promises of a model', async () => {
  const types = ['output_item.added', 'output_item.done', 'function_call_arguments.delta']
  const others = ['function_call_arguments.done', 'output_text.delta', 'completed', 'failed']
  const values = ['function_call', 'custom_tool_call', 'message', 'reasoning', 'output_text']
  const keys = ['type', 'output_index', 'item', 'delta', 'arguments', 'call_id', 'name', 'id']
  const more = ['response', 'status', 'output', 'content', 'summary', 'text', 'error', 'input']
  const events = [...types, ...others].map((type) => `response.${type}`)
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom<unknown>(0, 1, '', '{}', '{"a":1}', null, true, ...events, ...values),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...keys, ...more), tie('tree'), { maxKeys: 4 }),
    ),
  }))
  const end = { type: 'response.completed', response: { status: 'completed' } }
  await fc.assert(
    fc.asyncProperty(fc.array(tree, { maxLength: 6 }), async (all) => {
      const found = violations(await decode([...all, end].map(sse).join('')))
      expect(found.filter((each) => !each.startsWith('deltas'))).toEqual([])
    }),
    { numRuns: 600 },
  )
})
