import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson } from '../../../src/base/index.ts'
import { type ReadInput, readInput } from '../../../src/engine/repair/read-input.ts'
import { applyStages } from '../../../src/engine/repair/stages.ts'
import { draftOf } from '../../../src/engine/repair/call-draft.ts'
import type { RepairStage } from '../../../src/protocol/index.ts'
import { anyChance, damaged, input, surrounded } from './damage.ts'

const allStages: readonly RepairStage[] = [
  'code-fence',
  'double-encoded',
  'tolerant-syntax',
  'split',
  'parallel-wrapper',
  'tool-name',
  'coerce',
]
const textStages = new Set<RepairStage>(['code-fence', 'double-encoded', 'tolerant-syntax'])
const anyStages = fc.subarray([...allStages]).map((stages) => new Set(stages))
const names = ['search', 'get_weather']

function whole(text: string, stages: ReadonlySet<RepairStage> = textStages): ReadInput {
  const read = readInput(text, stages)
  if ('problem' in read) throw new Error(`${read.problem}: ${read.issue} ${JSON.stringify(text)}`)
  return read
}

test('no beginning of an input is ever repaired, whatever stages are on', () => {
  fc.assert(
    fc.property(
      input,
      fc.nat(),
      fc.constantFrom(0, 2),
      anyStages,
      (value, where, space, stages) => {
        const text = JSON.stringify(value, null, space)
        const cut = text.slice(0, where % text.length)
        expect(readInput(cut, stages)).toMatchObject({ problem: 'truncated' })
        const draft = draftOf(
          { toolName: 'Get-Weather', inputText: cut, problem: 'truncated' },
          false,
        )
        expect(applyStages(draft, { stages, names })).toEqual([draft])
      },
    ),
    { numRuns: 3_000 },
  )
})

test('no beginning of a damaged input is ever repaired', () => {
  fc.assert(
    fc.property(input, fc.nat(), anyChance, anyStages, (value, where, chosen, stages) => {
      const text = damaged(value, chosen)
      expect(readInput(text.slice(0, where % text.length), stages)).toHaveProperty('problem')
    }),
    { numRuns: 3_000 },
  )
})

test('no beginning of a surrounded input gives anything but the input', () => {
  fc.assert(
    fc.property(input, fc.nat(), anyChance, anyStages, (value, where, chosen, stages) => {
      const text = surrounded(damaged(value, chosen), chosen)
      const read = readInput(text.slice(0, where % text.length), stages)
      if ('problem' in read) return
      // `{}` is whole as long as nothing shows that it is an opening.
      const inputs = read.inputs.filter((one) => Object.keys(one).length > 0)
      for (const one of inputs) expect(one).toEqual(value)
    }),
    { numRuns: 3_000 },
  )
})

test('what is damaged in ways that are repaired comes back as it was', () => {
  fc.assert(
    fc.property(input, anyChance, (value, chosen) => {
      const text = damaged(value, chosen)
      expect(whole(text, new Set(['tolerant-syntax'])).inputs).toEqual([value])
    }),
    { numRuns: 3_000 },
  )
})

test('what stands around it, and a string around it, change nothing', () => {
  fc.assert(
    fc.property(input, anyChance, (value, chosen) => {
      const text = surrounded(damaged(value, chosen), chosen)
      expect(whole(text).inputs).toEqual([value])
    }),
    { numRuns: 3_000 },
  )
})

test('several inputs come back in order', () => {
  fc.assert(
    fc.property(fc.array(input, { minLength: 2, maxLength: 5 }), anyChance, (values, chosen) => {
      fc.pre(Object.keys(values[0]!).length > 0)
      const text = values.map((value) => damaged(value, chosen)).join(['', ' ', '\n'][chosen(3)])
      expect(whole(text, new Set([...textStages, 'split'])).inputs).toEqual(values)
      expect(readInput(text, textStages)).toHaveProperty('problem')
    }),
  )
})

test('JSON passes as it is, without a repair', () => {
  fc.assert(
    fc.property(input, fc.constantFrom(0, 1), anyStages, (value, space, stages) => {
      const inputText = JSON.stringify(value, null, space)
      expect(whole(inputText, stages)).toEqual({ inputs: [value], text: inputText, repairs: [] })
      const draft = draftOf({ toolName: 'search', inputText, input: value }, false)
      expect(applyStages(draft, { stages, names })).toEqual([draft])
    }),
  )
})

test('what a repair leaves is JSON of what was read', () => {
  fc.assert(
    fc.property(input, anyChance, (value, chosen) => {
      const { text, inputs, repairs } = whole(surrounded(damaged(value, chosen), chosen))
      expect(JSON.parse(text)).toEqual(inputs[0])
      if (repairs.length > 0) expect(repairs.at(-1)!.after).toBe(text)
      for (const [index, { before }] of repairs.entries())
        if (index > 0) expect(before).toBe(repairs[index - 1]!.after)
    }),
  )
})

const pieces = fc.constantFrom(
  ...'{}[],:"\'\\/#*`\n \t'.split(''),
  'True',
  'null',
  '1e5',
  '-0.5',
  'abc',
  '"a"',
  "'b'",
  '"k":',
  'k:',
  '{"a":1}',
  '\\n',
  '\\d',
  '\\u00e9',
  '```',
  '//',
  '/*',
  '*/',
  '{}',
  '\ufeff',
)
const garbage = fc.oneof(
  fc.array(pieces, { maxLength: 30 }).map((some) => some.join('')),
  fc.string({ unit: 'binary' }),
  fc.tuple(input, anyChance, fc.nat(), pieces).map(([value, chosen, where, piece]) => {
    const text = surrounded(damaged(value, chosen), chosen)
    const at = where % (text.length + 1)
    return text.slice(0, at) + piece + text.slice(at)
  }),
  fc.tuple(input, anyChance, fc.nat()).map(([value, chosen, where]) => {
    const text = damaged(value, chosen)
    const at = where % text.length
    return text.slice(0, at) + text.slice(at + 1)
  }),
)

test('of any text, what is read is a part: each string of it stands there', () => {
  fc.assert(
    fc.property(garbage, anyStages, (text, stages) => {
      const read = readInput(text, stages)
      if ('problem' in read) return
      const written = withoutEscapes(withoutEscapes(text))
      for (const one of read.inputs)
        for (const string of stringsOf(one)) expect(written).toContain(withoutEscapes(string))
    }),
    { numRuns: 5_000 },
  )
})

test('reading twice reads the same', () => {
  fc.assert(
    fc.property(garbage, anyStages, (text, stages) => {
      const read = readInput(text, stages)
      if ('problem' in read || read.inputs.length > 1) return
      expect(whole(read.text, stages)).toMatchObject({ repairs: [] })
      expect(canonicalJson(whole(read.text, stages).inputs)).toBe(canonicalJson(read.inputs))
    }),
    { numRuns: 2_000 },
  )
})

/** `text` with what its escapes mean, and without backslashes. */
function withoutEscapes(text: string): string {
  const units: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }
  return text
    .replaceAll(/\\(?:u([\da-f]{4})|([nrtbf]))/gi, (_, hex?: string, letter = '') =>
      hex ? String.fromCharCode(Number.parseInt(hex, 16)) : (units[letter] ?? letter),
    )
    .replaceAll('\\', '')
}

function stringsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, member]) => [
    ...(Array.isArray(value) ? [] : [key]),
    ...stringsOf(member),
  ])
}
