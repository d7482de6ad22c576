import fc from 'fast-check'
import { expect, test } from 'vitest'
import { gemini } from '../../src/models/gemini.ts'
import { type Answer, ask, split, violations } from './answer.ts'

interface Call {
  readonly name: string
  readonly input: Record<string, unknown>
}

interface Piece {
  readonly jsonPath: string
  readonly stringValue?: string
  readonly numberValue?: number
  readonly boolValue?: boolean
  readonly nullValue?: null
}

/** How an answer comes: everything here was seen. */
interface Style {
  readonly framing: 'sse' | 'array' | 'pretty'
  readonly lineEnd: '\n' | '\r\n'
  readonly args: 'whole' | 'pieces' | 'one part'
  readonly last: 'empty part' | 'none'
  readonly perChunk: boolean
}

// No backslash: V8's JSON.parse takes the second name of `[{"\\"":1},{"\\\\":1}]` for the first.
const key = fc
  .oneof(fc.constantFrom('a', 'b', '__proto__', 'a b', "it's", '"', '.', '[0]'), fc.string())
  .filter((name) => !name.includes('\\'))
const leaf = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
)
// A branch without leaves has no path, so that nobody can tell it from nothing.
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.array(tie('value'), { minLength: 1, maxLength: 3 }),
    fc.dictionary(key, tie('value'), { minKeys: 1, maxKeys: 3 }),
  ),
}))
const call: fc.Arbitrary<Call> = fc.record({
  name: fc.constantFrom('read', 'write', 'page_edit'),
  input: fc.dictionary(key, value, { minKeys: 1, maxKeys: 4 }),
})
const style: fc.Arbitrary<Style> = fc.record({
  framing: fc.constantFrom('sse', 'array', 'pretty'),
  lineEnd: fc.constantFrom('\n', '\r\n'),
  args: fc.constantFrom('whole', 'pieces', 'one part'),
  last: fc.constantFrom('empty part', 'none'),
  perChunk: fc.boolean(),
})

function pathOf(steps: readonly (string | number)[]): string {
  const parts = steps.map((step) => {
    if (typeof step === 'number') return `[${step}]`
    return /^\w+$/.test(step) ? `.${step}` : `['${step.replaceAll(/['\\]/g, '\\$&')}']`
  })
  return `$${parts.join('')}`
}

function piecesOf(of: unknown, steps: readonly (string | number)[] = []): readonly Piece[] {
  const jsonPath = pathOf(steps)
  if (of === null) return [{ jsonPath, nullValue: null }]
  if (typeof of === 'number') return [{ jsonPath, numberValue: of }]
  if (typeof of === 'boolean') return [{ jsonPath, boolValue: of }]
  if (Array.isArray(of)) return of.flatMap((item, at) => piecesOf(item, [...steps, at]))
  if (typeof of === 'object')
    return Object.entries(of).flatMap(([name, item]) => piecesOf(item, [...steps, name]))
  // Split anywhere, also between the halves of a surrogate pair.
  const parts = (of as string).match(/[^]{1,2}/g) ?? ['']
  return parts.map((stringValue) => ({ jsonPath, stringValue }))
}

function partsOf({ name, input }: Call, { args, last }: Style): readonly unknown[] {
  if (args === 'whole') return [{ functionCall: { name, args: input } }]
  const pieces = piecesOf(input)
  if (args === 'one part') return [{ functionCall: { name, partialArgs: pieces } }]
  return [
    { functionCall: { name, willContinue: true } },
    ...pieces.map((piece) => ({ functionCall: { partialArgs: [piece], willContinue: true } })),
    ...(last === 'empty part' ? [{ functionCall: {} }] : []),
  ]
}

function chunksOf(calls: readonly Call[], as: Style): readonly unknown[] {
  const parts = [{ text: 'Wait. ' }, ...calls.flatMap((each) => partsOf(each, as))]
  const contents = as.perChunk ? parts.map((part) => [part]) : [parts]
  return [
    ...contents.map((each) => ({ candidates: [{ content: { role: 'model', parts: each } }] })),
    { candidates: [{ content: {}, finishReason: 'STOP' }] },
  ]
}

function render(chunks: readonly unknown[], { framing, lineEnd }: Style): Uint8Array {
  const text =
    framing === 'sse'
      ? chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')
      : framing === 'array'
        ? `[${chunks.map((chunk) => JSON.stringify(chunk)).join('\n,\n')}\n]\n`
        : JSON.stringify(chunks, null, 2)
  return new TextEncoder().encode(text.replaceAll('\n', lineEnd))
}

function decode(bytes: Uint8Array, seed: number): Promise<Answer> {
  return ask(gemini({ model: 'm', fetch: async () => new Response(split(bytes, seed)) }))
}

/** `__proto__` is an own name on both sides. */
function plain(of: unknown): unknown {
  return JSON.parse(JSON.stringify(of))
}

function said({ calls }: Answer): readonly unknown[] {
  return calls.map(({ toolName, input }) => ({ name: toolName, input }))
}

test('calls come out as they went in, in every style and at any byte split', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(call, { minLength: 1, maxLength: 4 }),
      style,
      fc.nat(),
      async (calls, as, seed) => {
        const answer = await decode(render(chunksOf(calls, as), as), seed)
        expect(violations(answer)).toEqual([])
        expect(answer.finish.reason).toBe('tool-calls')
        expect(said(answer)).toEqual(plain(calls))
      },
    ),
    { numRuns: 400 },
  )
})

test('values with paths make the same input in whatever order they come', async () => {
  await fc.assert(
    fc.asyncProperty(
      call.chain(({ name, input }) => {
        // The pieces of one string have an order; everything else has none.
        const groups = new Map<string, Piece[]>()
        for (const piece of piecesOf(input))
          groups.set(piece.jsonPath, [...(groups.get(piece.jsonPath) ?? []), piece])
        return fc.tuple(
          fc.constant({ name, input }),
          fc.shuffledSubarray([...groups.values()], { minLength: groups.size }),
        )
      }),
      async ([{ name, input }, groups]) => {
        const parts = [{ functionCall: { name, partialArgs: groups.flat() } }]
        const chunk = { candidates: [{ content: { parts }, finishReason: 'STOP' }] }
        const answer = await decode(new TextEncoder().encode(JSON.stringify(chunk)), 1)
        expect(violations(answer)).toEqual([])
        expect(said(answer)).toEqual([{ name, input: plain(input) }])
      },
    ),
    { numRuns: 400 },
  )
})

test('an answer that is cut anywhere gives no input before the model was done, and never another', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(call, { minLength: 1, maxLength: 3 }),
      style,
      fc.nat(9999).map((n) => n / 10_000),
      async (calls, as, where) => {
        const whole = render(chunksOf(calls, as), as)
        const at = Math.floor(where * whole.length)
        const answer = await decode(whole.slice(0, at), at)
        expect(violations(answer)).toEqual([])
        if (answer.finish.rawReason === null) {
          expect(answer.finish.reason).toBe('error')
          expect(answer.calls.every(({ problem }) => problem === 'truncated')).toBe(true)
        } else expect(said(answer)).toEqual(plain(calls))
      },
    ),
    { numRuns: 400 },
  )
})

test('a turn that hits the limit anywhere gives input only to calls that are whole', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(call, { minLength: 1, maxLength: 3 }),
      style,
      fc.nat(60),
      async (calls, as, kept) => {
        const chunks = chunksOf(calls, { ...as, perChunk: true })
        const limit = { candidates: [{ finishReason: 'MAX_TOKENS' }] }
        const cut = [...chunks.slice(0, Math.min(kept, chunks.length - 1)), limit]
        const answer = await decode(render(cut, as), kept)
        expect(violations(answer)).toEqual([])
        expect(answer.finish.reason).toBe('length')
        answer.calls.forEach((each, at) => {
          if (each.input) expect(each.input).toEqual(plain(calls[at]?.input))
          else expect(at).toBe(answer.calls.length - 1)
        })
      },
    ),
    { numRuns: 300 },
  )
})

test('damaged answers never break the promises of a model', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(call, { minLength: 1, maxLength: 3 }),
      style,
      fc.array(
        fc.record({ where: fc.nat(), byte: fc.integer({ min: 0, max: 255 }), drop: fc.nat(3) }),
        { minLength: 1, maxLength: 8 },
      ),
      async (calls, as, damages) => {
        const bytes = [...render(chunksOf(calls, as), as)]
        for (const { where, byte, drop } of damages) bytes.splice(where % bytes.length, drop, byte)
        expect(violations(await decode(Uint8Array.from(bytes), damages.length))).toEqual([])
      },
    ),
    { numRuns: 400 },
  )
})

test('any JSON as a chunk never breaks the promises of a model', async () => {
  const names = ['candidates', 'content', 'parts', 'functionCall', 'name', 'args', 'partialArgs']
  const more = ['jsonPath', 'stringValue', 'willContinue', 'thoughtSignature', 'text', 'id']
  const last = ['finishReason', 'usageMetadata', 'promptFeedback', 'blockReason', 'error']
  const name = fc.constantFrom(...names, ...more, ...last)
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom<unknown>(0, 1, 10, '', 'x', '$.a', '$.a.b', null, true, 'STOP', 'MAX_TOKENS'),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(name, tie('tree'), { maxKeys: 4 }),
    ),
  }))
  await fc.assert(
    fc.asyncProperty(fc.array(tree, { maxLength: 5 }), fc.nat(2), async (trees, depth) => {
      const wraps = [
        (each: unknown) => each,
        (each: unknown) => ({ candidates: [{ content: { parts: [each] } }] }),
        (each: unknown) => ({ candidates: [{ content: { parts: [{ functionCall: each }] } }] }),
      ]
      const chunks = trees.map((each) => wraps[depth]!(each))
      const text = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')
      expect(violations(await decode(new TextEncoder().encode(text), 1))).toEqual([])
    }),
    { numRuns: 500 },
  )
})
