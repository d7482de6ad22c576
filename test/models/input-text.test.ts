import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readInputText } from '../../src/models/_input-text.ts'

const object = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { minKeys: 1 })
const text = fc
  .tuple(object, fc.constantFrom(0, 1))
  .map(([value, space]) => JSON.stringify(value, null, space))

test('a whole object is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(text, (whole) => {
      expect(readInputText(whole)).toEqual(JSON.parse(whole))
    }),
  )
})

test('every beginning of an object is cut, not wrong', () => {
  fc.assert(
    fc.property(
      text,
      fc.nat(9999).map((n) => n / 10_000),
      (whole, where) => {
        expect(readInputText(whole.slice(0, Math.floor(where * whole.length)))).toBe('truncated')
      },
    ),
    { numRuns: 2000 },
  )
})

test.each([
  '[1]',
  '"text"',
  '{"a":1}{"b":2}',
  '{"a":1} and more',
  "{'a':1}",
  "{'a':",
  '{a:1',
  '{"a":True',
  '{"a":1,}',
  '{"text":"two\nlines"}',
  '{"text":"two\nli',
  '{"notes":"the "chief", waiting"}',
  '{"a":"\\d',
  '{"a":01',
  '}',
  'hello',
  '```json\n{"a":1}\n```',
])('%j is wrong, not cut', (wrong) => {
  expect(readInputText(wrong)).toBe('malformed')
})

test('__proto__ is a key like any other', () => {
  const read = readInputText('{"__proto__":{"polluted":true}}')
  expect(Object.keys(read)).toEqual(['__proto__'])
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
})

test('what JSON takes but nobody can pass on is malformed', () => {
  const nested = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
  expect(readInputText(nested(256))).toBeTypeOf('object')
  expect(readInputText(nested(257))).toBe('malformed')
  expect(readInputText(`{"a":${'['.repeat(5_000)}${']'.repeat(5_000)}}`)).toBe('malformed')
  expect(readInputText(`{"a":"${'{'.repeat(5_000)}"}`)).toBeTypeOf('object')
  expect(readInputText('{"a":[1e999]}')).toBe('malformed')
  expect(readInputText(`{"a":-${'9'.repeat(400)}}`)).toBe('malformed')
  expect(readInputText('{"a":1e300,"b":"1e999","c":1e-999}')).toEqual({
    a: 1e300,
    b: '1e999',
    c: 0,
  })
})
