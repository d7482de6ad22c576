import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chunk, decodeBytes, split, sse, violations } from './answer.ts'

interface Call {
  readonly name: string
  readonly input: Record<string, unknown>
}

/** How a server writes calls: everything here was seen on some server. */
interface Style {
  readonly ids: 'first' | 'every' | 'none'
  readonly index: 'position' | 'from-1' | 'zero' | 'none'
  readonly names: 'first' | 'every' | 'null-later'
  readonly shape: 'whole' | 'pieces' | 'object'
  readonly opening: '' | '{}'
  readonly interleaved: boolean
  readonly lineEnd: '\n' | '\r\n' | '\r'
  readonly done: boolean
}

const json = fc.jsonValue({ maxDepth: 2 })
const call: fc.Arbitrary<Call> = fc.record({
  name: fc.constantFrom('read', 'write', 'page_edit'),
  // A call without arguments can look like the opening of one with arguments; it has its own tests.
  input: fc.dictionary(fc.string({ minLength: 1, maxLength: 4 }), json, { minKeys: 1, maxKeys: 3 }),
})
const style: fc.Arbitrary<Style> = fc.record({
  ids: fc.constantFrom('first', 'every', 'none'),
  index: fc.constantFrom('position', 'from-1', 'zero', 'none'),
  names: fc.constantFrom('first', 'every', 'null-later'),
  shape: fc.constantFrom('whole', 'pieces', 'object'),
  opening: fc.constantFrom('', '{}'),
  interleaved: fc.boolean(),
  lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
  done: fc.boolean(),
})

function piecesOf({ input }: Call, { shape, opening }: Style): readonly unknown[] {
  if (shape === 'object') return [input]
  const text = JSON.stringify(input)
  if (shape === 'whole') return [text]
  const pieces = text.match(/[^]{1,5}/g) ?? []
  return [opening, ...pieces]
}

const indexes: Record<Style['index'], (position: number) => object> = {
  position: (position) => ({ index: position }),
  'from-1': (position) => ({ index: position + 1 }),
  zero: () => ({ index: 0 }),
  none: () => ({}),
}

function deltasOf(it: Call, position: number, as: Style): unknown[] {
  return piecesOf(it, as).map((piece, at) => {
    const first = at === 0
    const id = as.ids === 'none' ? '' : `id-${position}`
    const later = as.names === 'null-later' ? { name: null } : {}
    return {
      ...indexes[as.index](position),
      ...((first || as.ids === 'every') && { id }),
      function: {
        ...(first || as.names === 'every' ? { name: it.name } : later),
        arguments: piece,
      },
    }
  })
}

function render(calls: readonly Call[], as: Style): string {
  const deltas = calls.map((it, position) => deltasOf(it, position, as))
  const positioned = as.index === 'position' || as.index === 'from-1'
  const ordered: unknown[] = []
  if (as.interleaved && positioned)
    while (deltas.some((list) => list.length > 0))
      for (const list of deltas) ordered.push(...list.splice(0, 1))
  else ordered.push(...deltas.flat())
  const events = [
    chunk({ role: 'assistant', content: 'Wait. ' }),
    ...ordered.map((delta) => chunk({ tool_calls: [delta] })),
    chunk({}, 'tool_calls'),
    ...(as.done ? ['[DONE]'] : []),
  ]
  return events.map(sse).join('').replaceAll('\n', as.lineEnd)
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

test('calls come out as they went in, in every style of server and at any byte split', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(call, { minLength: 1, maxLength: 4 }),
      style,
      fc.nat(),
      async (calls, as, seed) => {
        const answer = await decodeBytes(split(bytesOf(render(calls, as)), seed))
        expect(violations(answer)).toEqual([])
        expect(answer.finish.reason).toBe('tool-calls')
        expect(answer.calls.map(({ toolName, input }) => ({ name: toolName, input }))).toEqual(
          // `__proto__` is an own key on both sides.
          calls.map(({ name, input }) => ({ name, input: JSON.parse(JSON.stringify(input)) })),
        )
      },
    ),
    { numRuns: 400 },
  )
})

test('a stream that is cut anywhere gives no input before the model was done, and never another input', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(call, { minLength: 1, maxLength: 3 }),
      style,
      fc.nat(9999).map((n) => n / 10_000),
      async (calls, as, where) => {
        const whole = bytesOf(render(calls, as))
        const at = Math.floor(where * whole.length)
        const answer = await decodeBytes(split(whole.slice(0, at), at))
        expect(violations(answer)).toEqual([])
        if (answer.finish.rawReason === null) {
          expect(answer.finish.reason).toBe('error')
          expect(answer.calls.map((each) => each.problem)).toEqual(
            answer.calls.map(() => 'truncated'),
          )
        } else {
          expect(answer.calls.map((each) => each.input)).toEqual(
            calls.map(({ input }) => JSON.parse(JSON.stringify(input))),
          )
        }
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
        const whole = render(calls, { ...as, lineEnd: '\n', interleaved: false }).split('\n\n')
        const answer = await decodeBytes(
          `${whole.slice(0, Math.min(kept, whole.length - 3)).join('\n\n')}\n\n${sse(chunk({}, 'length'))}`,
        )
        expect(violations(answer)).toEqual([])
        expect(answer.finish.reason).toBe('length')
        answer.calls.forEach((each, at) => {
          if (each.input) expect(each.input).toEqual(JSON.parse(JSON.stringify(calls[at]?.input)))
          else expect(at).toBe(answer.calls.length - 1)
        })
      },
    ),
    { numRuns: 300 },
  )
})

test('damaged streams never break the promises of a model', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(call, { minLength: 1, maxLength: 3 }),
      style,
      fc.array(
        fc.record({ where: fc.nat(), byte: fc.integer({ min: 0, max: 255 }), drop: fc.nat(3) }),
        { minLength: 1, maxLength: 8 },
      ),
      async (calls, as, damages) => {
        const bytes = [...bytesOf(render(calls, as))]
        for (const { where, byte, drop } of damages) bytes.splice(where % bytes.length, drop, byte)
        const answer = await decodeBytes(split(Uint8Array.from(bytes), damages.length))
        expect(violations(answer)).toEqual([])
      },
    ),
    { numRuns: 400 },
  )
})

test('any JSON as an event never breaks the promises of a model', async () => {
  const names = ['choices', 'index', 'delta', 'tool_calls', 'function', 'arguments', 'name', 'id']
  const key = fc.constantFrom(...names, 'content', 'finish_reason', 'usage', 'error', 'message')
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom<unknown>(0, 1, '', 'x', '{}', '{"a":1}', null, true, 'stop', 'tool_calls'),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
    ),
  }))
  await fc.assert(
    fc.asyncProperty(fc.array(tree, { maxLength: 5 }), fc.boolean(), async (trees, inDelta) => {
      const events = trees.map((each) => (inDelta ? chunk(each) : each))
      const answer = await decodeBytes([...events, '[DONE]'].map(sse).join(''))
      expect(violations(answer)).toEqual([])
    }),
    { numRuns: 500 },
  )
})
