import fc from 'fast-check'
import { expect, test } from 'vitest'
import { anthropic } from '../../src/models/anthropic.ts'
import { type Answer, ask, split, sse, violations } from './answer.ts'

interface Call {
  readonly input: Record<string, unknown>
  /** Whether the input comes with the start of the block. */
  readonly atOnce: boolean
}

const calls: fc.Arbitrary<readonly Call[]> = fc.array(
  fc.record({
    input: fc.dictionary(fc.string({ maxLength: 4 }), fc.jsonValue({ maxDepth: 2 }), {
      maxKeys: 3,
    }),
    atOnce: fc.boolean(),
  }),
  { minLength: 1, maxLength: 3 },
)

function block({ input, atOnce }: Call, index: number): unknown[] {
  const text = JSON.stringify(input)
  const pieces = atOnce || text === '{}' ? [''] : ['', ...(text.match(/[^]{1,5}/g) ?? [])]
  const content = { type: 'tool_use', id: `c${index}`, name: 'look', input: atOnce ? input : {} }
  return [
    { type: 'content_block_start', index, content_block: content },
    ...pieces.map((piece) => ({
      type: 'content_block_delta',
      index,
      delta: { type: 'input_json_delta', partial_json: piece },
    })),
    { type: 'content_block_stop', index },
  ]
}

function render(all: readonly Call[], stopReason: string): string[] {
  return [
    { type: 'message_start', message: { id: 'm', content: [] } },
    ...all.flatMap(block),
    { type: 'message_delta', delta: { stop_reason: stopReason } },
    { type: 'message_stop' },
  ].map(sse)
}

function decode(bytes: Uint8Array | string, seed = 1): Promise<Answer> {
  const body = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes
  return ask(anthropic({ model: 'm', fetch: async () => new Response(split(body, seed)) }))
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

test('what was written is read, at any split', async () => {
  await fc.assert(
    fc.asyncProperty(calls, fc.nat(), async (all, seed) => {
      const answer = await decode(render(all, 'tool_use').join(''), seed)
      expect(violations(answer)).toEqual([])
      expect(answer.calls.map((call) => call.input)).toEqual(all.map(({ input }) => plain(input)))
      expect(answer.finish.reason).toBe('tool-calls')
    }),
    { numRuns: 300 },
  )
})

test('a stream that is cut anywhere, or hits the limit, never gives another input', async () => {
  await fc.assert(
    fc.asyncProperty(calls, fc.nat(9999), fc.boolean(), async (all, where, limited) => {
      const whole = render(all, limited ? 'max_tokens' : 'tool_use')
      const text = whole.join('')
      const kept = whole.slice(0, Math.floor((where / 1e4) * (whole.length - 2)))
      const answer = limited
        ? await decode([...kept, ...whole.slice(-2)].join(''))
        : await decode(text.slice(0, Math.floor((where / 1e4) * (text.length - 2))))
      expect(violations(answer)).toEqual([])
      expect(answer.finish.reason).toBe(limited ? 'length' : 'error')
      answer.calls.forEach((call, at) => {
        if (call.input) expect(call.input).toEqual(plain(all[at]?.input))
        else expect([call.problem, at]).toEqual(['truncated', answer.calls.length - 1])
      })
    }),
    { numRuns: 400 },
  )
})

test('damaged streams never break the promises of a model', async () => {
  const damage = fc.record({ where: fc.nat(), byte: fc.nat(255), drop: fc.nat(3) })
  await fc.assert(
    fc.asyncProperty(calls, fc.array(damage, { maxLength: 8 }), async (all, damages) => {
      const bytes = [...new TextEncoder().encode(render(all, 'tool_use').join(''))]
      for (const { where, byte, drop } of damages) bytes.splice(where % bytes.length, drop, byte)
      expect(violations(await decode(Uint8Array.from(bytes)))).toEqual([])
    }),
    { numRuns: 300 },
  )
})

test('any JSON as an event never breaks the promises of a model', async () => {
  const types = ['message_start', 'content_block_start', 'content_block_delta', 'message_delta']
  const values = ['content_block_stop', 'message_stop', 'tool_use', 'text', 'input_json_delta']
  const keys = ['type', 'index', 'delta', 'content_block', 'message', 'content', 'input', 'id']
  const more = ['partial_json', 'name', 'stop_reason', 'usage', 'error', 'text', 'citations']
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom<unknown>(0, 1, '', '{}', '{"a":1}', null, true, ...types, ...values),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...keys, ...more), tie('tree'), { maxKeys: 4 }),
    ),
  }))
  await fc.assert(
    fc.asyncProperty(fc.array(tree, { maxLength: 6 }), async (events) => {
      const answer = await decode([...events, { type: 'message_stop' }].map(sse).join(''))
      expect(violations(answer)).toEqual([])
    }),
    { numRuns: 600 },
  )
})
