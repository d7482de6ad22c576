import { isDeepStrictEqual, types } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createPartialJsonParser, type Json } from '../../src/base/index.ts'
import { readPrefix } from './partial-json-reference.ts'

/** Containers with more entries than are copied, inside each other and with repeated and odd keys. */
const wideText: fc.Arbitrary<string> = fc
  .tuple(
    fc.boolean(),
    fc.integer({ min: 100, max: 400 }),
    fc.integer({ min: 5, max: 400 }),
    fc.nat(3),
  )
  .map(([isArray, width, period, inner]) => {
    const values = [
      '"text"',
      '12',
      `{"id":7,"list":[1,2]}`,
      JSON.stringify(Array.from({ length: inner * 80 }).fill(0)),
    ]
    const entries = Array.from({ length: width }, (_, index) => {
      const key =
        index % period === 7
          ? '"__proto__"'
          : `"${index % period === 3 ? '' : 'k'}${index % period}"`
      const value = values[(index * 7) % (index === width - 1 ? 4 : 3)] ?? ''
      return isArray ? value : `${key}:${value}`
    })
    return isArray ? `{"rows":[${entries.join(',')}]}` : `[{${entries.join(',')}},1]`
  })

test('wide containers are shown as they are, and never change, whatever is read', () => {
  fc.assert(
    fc.property(wideText, fc.integer({ min: 20, max: 200 }), (text, length) => {
      const parser = createPartialJsonParser()
      const read: [value: unknown, asText: string][] = []
      for (let at = 0; at < text.length; at += length) {
        parser.push(text.slice(at, at + length))
        const { value } = readPrefix(text.slice(0, at + length))
        if (!isDeepStrictEqual(parser.value, value)) expect(parser.value).toStrictEqual(value)
        read.push([parser.value, JSON.stringify(value)])
      }
      for (const [value, asText] of read) expect(JSON.stringify(value)).toBe(asText)
      expect(JSON.stringify(parser.end())).toBe(JSON.stringify(JSON.parse(text)))
    }),
    { numRuns: 60 },
  )
})

test('complete parts of a wide container are the same objects in every view of it', () => {
  const parser = createPartialJsonParser()
  parser.push('[')
  const seen: unknown[] = []
  for (let index = 0; index < 1_000; index++) {
    parser.push(`{"id":${index}},`)
    seen.push(elements(parser.value)[index])
  }
  parser.push('0]')
  const end = elements(parser.end())
  expect(seen.every((element, index) => element === end[index])).toBe(true)
})

test('a view of a wide array works like the array', () => {
  const view = elements(openView('[', (index) => `${index}`, ',"ope'))
  const plain: Json[] = [...Array.from({ length: 300 }).keys(), 'ope']
  expect(Array.isArray(view)).toBe(true)
  expect(view).toStrictEqual(plain)
  expect([...view]).toStrictEqual(plain)
  expect([view.length, view[0], view.at(-1), view[301], view.indexOf('ope')]).toEqual([
    301,
    0,
    'ope',
    undefined,
    300,
  ])
  expect(['0' in view, '301' in view, 'length' in view, '-1' in view, '1.0' in view]).toEqual([
    true,
    false,
    true,
    false,
    false,
  ])
  expect(Object.keys(view)).toEqual(Object.keys(plain))
  expect(view.slice(298).concat(view.filter((element) => element === 7))).toEqual([
    298,
    299,
    'ope',
    7,
  ])
  expect(structuredClone([...view])).toEqual(plain)
})

test('a view of a wide object works like the object', () => {
  const view = members(openView('{', (index) => `"k${index}":${index}`, ',"7":"ope'))
  const plain = JSON.parse(
    `{"7":"ope",${Array.from({ length: 300 }, (_, index) => `"k${index}":${index}`).join(',')}}`,
  )
  expect(view).toStrictEqual(plain)
  expect(Object.entries(view)).toEqual(Object.entries(plain))
  expect([
    view['k299'],
    view['7'],
    view['k300'],
    'k0' in view,
    'toString' in view,
    Object.hasOwn(view, 'toString'),
  ]).toEqual([299, 'ope', undefined, true, true, false])
  expect({ ...view }).toStrictEqual(plain)
})

test('a view refuses to be changed', () => {
  for (const view of [openView('[', String, ''), openView('{', (index) => `"${index}":0`, '')]) {
    expect(Reflect.set(Object(view), '0', 'changed')).toBe(false)
    expect(Reflect.defineProperty(Object(view), '900', { value: 1, configurable: true })).toBe(
      false,
    )
    expect(Reflect.deleteProperty(Object(view), '0')).toBe(false)
    expect(Reflect.get(Object(view), '0')).toBe(0)
  }
})

test('what is complete is plain', () => {
  const parser = createPartialJsonParser()
  for (const piece of ['{"a":[', '0,'.repeat(200), '1', ',2', ',3', ' ', ']', ',"b":"']) {
    parser.push(piece)
    void parser.value
  }
  expect(structuredClone(parser.value)).toEqual({
    a: [...Array.from({ length: 200 }).fill(0), 1, 2, 3],
    b: '',
  })
})

/** A container of 300 entries that was read while it grew, and is open. */
function openView(open: string, entry: (index: number) => string, rest: string): Json | undefined {
  const parser = createPartialJsonParser()
  parser.push(open)
  for (let index = 0; index < 300; index++) {
    parser.push((index > 0 ? ',' : '') + entry(index))
    void parser.value
  }
  parser.push(` ${rest}`)
  expect(types.isProxy(parser.value)).toBe(true)
  return parser.value
}

function elements(value: Json | undefined): readonly Json[] {
  if (!Array.isArray(value)) throw new TypeError('The value is no array.')
  return value
}

function members(value: Json | undefined): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new TypeError('The value is no object.')
  return Object(value)
}
