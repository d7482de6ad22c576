import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson, isToolwireError } from '../../src/base/index.ts'

function thrownBy(value: unknown): { code: string; message: string } {
  try {
    canonicalJson(value)
  } catch (error) {
    if (isToolwireError(error)) return error
  }
  throw new Error('nothing was thrown')
}

test('keys are sorted by UTF-16 code units, as RFC 8785 has it', () => {
  const value = { '\u20ac': 1, '\r': 2, '1': 4, '\u{1f600}': 5, '\u0080': 6, '\u00f6': 7, '': 0 }
  expect(canonicalJson(value)).toBe(
    '{"":0,"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\u{1f600}":5}',
  )
})

test('numbers are written as RFC 8785 writes them', () => {
  const numbers = [333333333.3333333, 1e30, 4.5, 2e-3, 1e-27, -0]
  expect(canonicalJson(numbers)).toBe('[333333333.3333333,1e+30,4.5,0.002,1e-27,0]')
})

test('equal values give equal text whatever the order of their keys', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (members) => {
      const reversed = Object.fromEntries(Object.entries(members).toReversed())
      expect(canonicalJson(reversed)).toBe(canonicalJson(members))
    }),
  )
})

test('the text means what the value means', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})

test('members that are undefined are left out, and "__proto__" is a member like any other', () => {
  expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}')
  const text = '{"__proto__":{"polluted":1}}'
  expect(canonicalJson(JSON.parse(text))).toBe(text)
})

test('a plain object of another realm is plain', () => {
  expect(canonicalJson(Object.create(null))).toBe('{}')
})

describe('what JSON cannot carry is refused with its path', () => {
  const cycle: Record<string, unknown> = {}
  cycle['self'] = [cycle]
  test.each([
    ['a cycle', { a: cycle }, '/a/self/0'],
    ['a BigInt', { a: [1, 2n] }, '/a/1'],
    ['NaN', { a: { b: Number.NaN } }, '/a/b'],
    ['Infinity', [Infinity], '/0'],
    ['a function', { f() {} }, '/f'],
    ['a symbol', [Symbol('x')], '/0'],
    ['undefined in a list', [undefined], '/0'],
    ['a hole in a list', Array(2), '/0'],
    ['a date', { when: new Date(0) }, '/when'],
    ['a map', new Map(), '/'],
  ])('%s', (_, value, path) => {
    const error = thrownBy(value)
    expect(error.code).toBe('INVALID_INPUT')
    expect(error.message).toContain(`"${path}"`)
  })
})

test('the same object twice is no cycle', () => {
  const shared = { a: 1 }
  expect(canonicalJson([shared, shared])).toBe('[{"a":1},{"a":1}]')
})

test('depth and length are limited before the work is done', () => {
  let deep: unknown = null
  for (let level = 0; level < 100_000; level++) deep = [deep]
  expect(thrownBy(deep).code).toBe('JSON_LIMIT')
  const wide = Array.from({ length: 1_000_000 }, () => 'text')
  Object.defineProperty(wide, 1_000, {
    get() {
      throw new Error('looked beyond the limit')
    },
  })
  expect(() => canonicalJson(wide, { maxLength: 1_000 })).toThrow('1000 characters')
})
