import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import type { Json, JsonObject } from '../../../src/base/index.ts'
import { coerceInput } from '../../../src/engine/repair/coerce.ts'
import { input } from './damage.ts'

/** What becomes of `value` under `schema`; `text` is how the model wrote the input. */
function coerce(value: Json, schema: JsonObject, text = JSON.stringify({ v: value })): unknown {
  const whole = coerceInput({ v: value }, { type: 'object', properties: { v: schema } }, text)
  return whole['v']
}

const number = { type: 'number' }
const integer = { type: 'integer' }
const boolean = { type: 'boolean' }
const string = { type: 'string' }
const list = { type: 'array' }
const object = { type: 'object' }

describe('a value that does not fit becomes one that does', () => {
  test.each<[string, Json, JsonObject, Json]>([
    ['digits to a number', '2', number, 2],
    ['digits to an integer', '-12', integer, -12],
    ['a fraction to a number', '0.25', number, 0.25],
    ['digits to a number or nothing', '2', { type: ['number', 'null'] }, 2],
    ['a word to a boolean', 'true', boolean, true],
    ['a word to the other boolean', 'false', boolean, false],
    ['digits to one of some numbers', '2', { enum: [1, 2] }, 2],
    ['digits to the one number', '2', { const: 2 }, 2],
    ['a number to a string', 5, string, '5'],
    ['a number to a string or nothing', 5, { type: ['string', 'null'] }, '5'],
    ['JSON of a list', '[1, "a"]', list, [1, 'a']],
    ['JSON of an object', '{"a": {"b": null}}', object, { a: { b: null } }],
    [
      'JSON of an object in which more does not fit',
      '{"n":"3"}',
      { type: 'object', properties: { n: number } },
      { n: 3 },
    ],
    ['digits in a list', ['1', 2], { type: 'array', items: number }, [1, 2]],
    [
      'digits in a tuple',
      ['1', '2', '3'],
      { type: 'array', prefixItems: [string, number], items: string },
      ['1', 2, '3'],
    ],
    [
      'digits in an old tuple',
      ['1', '2'],
      { type: 'array', items: [string], additionalItems: number },
      ['1', 2],
    ],
    [
      'digits in a dictionary',
      { a: '1' },
      { type: 'object', additionalProperties: number },
      { a: 1 },
    ],
    [
      'digits in one of several forms',
      { k: 'a', n: '1' },
      {
        anyOf: [
          { type: 'object', properties: { k: { const: 'a' }, n: number } },
          { type: 'object', properties: { k: { const: 'b' } } },
        ],
      },
      { k: 'a', n: 1 },
    ],
    [
      'digits under all of several schemas',
      { n: '1' },
      {
        allOf: [
          { type: 'object', properties: { n: number } },
          { type: 'object', properties: { m: string } },
        ],
      },
      { n: 1 },
    ],
    ['what either is', 'true', { oneOf: [boolean, number] }, true],
    ['what both keywords leave', '1', { type: ['string', 'number'], anyOf: [number, boolean] }, 1],
  ])('%s', (_, value, schema, wanted) => {
    expect(coerce(value, schema)).toEqual(wanted)
  })

  test('by a reference, also in a schema that refers to itself', () => {
    const schema = {
      type: 'object',
      properties: { tree: { $ref: '#/$defs/a~1tree' } },
      $defs: {
        'a/tree': {
          type: 'object',
          properties: {
            n: { type: 'number' },
            more: { type: 'array', items: { $ref: '#/$defs/a~1tree' } },
          },
        },
      },
    }
    const given = { tree: { n: '1', more: '[{"n":"2","more":[]}]' } }
    expect(coerceInput(given, schema, JSON.stringify(given))).toEqual({
      tree: { n: 1, more: [{ n: 2, more: [] }] },
    })
  })
})

describe('a value is left alone', () => {
  test.each<[string, Json, JsonObject]>([
    ['that fits', '2', string],
    ['that fits one of several types', '2', { type: ['string', 'number'] }],
    ['that fits one of several forms', '2', { anyOf: [number, string] }],
    ['that may be anything', '2', {}],
    ['that may be anything, said otherwise', '2', { anyOf: [number, {}] }],
    ['with a fraction that would be lost', '2.0', number],
    ['with an exponent that would be lost', '1e3', number],
    ['with white space around', ' 2', number],
    ['with a sign that would be lost', '+2', number],
    ['with a zero before it', '02', number],
    ['that is negative zero', '-0', number],
    ['with more digits than a number holds', '12345678901234567890', number],
    ['that is hexadecimal', '0x10', number],
    ['that is empty, for a number', '', number],
    ['that is no number', 'two', number],
    ['that is infinite', 'Infinity', number],
    ['that is a fraction, for an integer', '2.5', integer],
    ['that is a boolean of Python', 'True', boolean],
    ['that is a number, for a boolean', 1, boolean],
    ['that is a word, for nothing', 'null', { type: 'null' }],
    ['that is nothing, for a string', null, string],
    ['that is a number, for nothing', 5, { type: 'null' }],
    ['that is a boolean, for a string', true, string],
    ['that is a number, for a string or a boolean', 5, { type: ['string', 'boolean'] }],
    ['that is a single item, for a list', 'a', list],
    ['that is a single number, for a list', 5, list],
    ['that is a list, for a string', ['a'], string],
    ['that is an object, for a string', { a: 1 }, string],
    ['that is JSON of something else', '[1]', object],
    ['that is JSON of an object which is cut', '{"a":1', object],
    ['that is an object in no strict JSON', "{'a':1}", object],
    ['that is JSON with more behind it', '{} {}', object],
    ['that is JSON with a key twice', '{"a":1,"a":2}', object],
    ['that is JSON in JSON', '"[1]"', list],
    ['for which patterns decide', { a: '1' }, { type: 'object', patternProperties: { a: number } }],
    ['of which nothing is said', { b: '1' }, { type: 'object', properties: { a: number } }],
    [
      'for which patterns decide before the rest',
      { a: '1' },
      { type: 'object', patternProperties: { a: string }, additionalProperties: number },
    ],
    ['behind a reference to elsewhere', '2', { $ref: 'https://example.com/number' }],
    ['behind a reference to nothing', '2', { $ref: '#/$defs/number' }],
    ['behind a reference to itself', '2', { $ref: '#/properties/v' }],
    ['within a reference to itself', { a: '1' }, { anyOf: [{ $ref: '#/properties/v' }] }],
  ])('%s', (_, value, schema) => {
    expect(coerce(value, schema)).toBe(value)
  })

  test.each([
    ['{"v": 1.0}', 1],
    ['{"v": 12345678901234567890}', Number('12345678901234567890')],
    ['{"v": 1e3}', 1000],
  ])('a number that was written otherwise is no string: %s', (text, value) => {
    expect(coerce(value, string, text)).toBe(value)
  })
})

test('the input is the same object where nothing changed', () => {
  const given = { v: '2', w: [{ x: 1 }] }
  expect(coerceInput(given, { type: 'object' }, JSON.stringify(given))).toBe(given)
})

test('no member is left out, added or moved, also if it is called __proto__', () => {
  const given: JsonObject = JSON.parse('{"__proto__":{"n":"1"},"b":"x","n":"2","constructor":"3"}')
  const coerced = coerceInput(
    given,
    {
      type: 'object',
      properties: { n: number },
      additionalProperties: { type: ['object', 'string'] },
    },
    '',
  )
  expect(JSON.stringify(coerced)).toBe('{"__proto__":{"n":"1"},"b":"x","n":2,"constructor":"3"}')
})

test('a member with a name of every object is a member like any other', () => {
  const schema = { type: 'object', properties: {}, additionalProperties: number }
  const given = { constructor: '1', toString: '2' }
  expect(coerceInput(given, schema, '')).toEqual({ constructor: 1, toString: 2 })
})

test('what zod says of a tool is understood', () => {
  const schema = z.object({
    count: z.number().int(),
    when: z.union([z.boolean(), z.null()]),
    tags: z.array(z.string()),
    filter: z.object({ min: z.number().optional() }).optional(),
    name: z.string(),
  })
  const given = { count: '3', when: 'true', tags: '["a"]', filter: { min: '0.5' }, name: '7' }
  // The types of zod and of this package describe the same JSON Schema.
  const jsonSchema = z.toJSONSchema(schema, { io: 'input' }) as JsonObject
  expect(coerceInput(given, jsonSchema, JSON.stringify(given))).toEqual({
    count: 3,
    when: true,
    tags: ['a'],
    filter: { min: 0.5 },
    name: '7',
  })
})

const scalarText = fc.oneof(
  fc.integer().map(String),
  fc.double().map(String),
  fc.double().map((value) => value.toFixed(2)),
  fc.constantFrom('true', 'false', 'null', '01', '1.', '.5', '1e5', '-0', ' 1', '1 ', 'NaN', '١'),
  fc.string(),
)
const scalarSchema = fc
  .uniqueArray(fc.constantFrom('number', 'integer', 'boolean', 'null'), { minLength: 1 })
  .map((type) => ({ type }))

test('turned back, what a string became gives the same text', () => {
  fc.assert(
    fc.property(scalarText, scalarSchema, (text, schema) => {
      expect(String(coerce(text, schema))).toBe(text)
    }),
    { numRuns: 3_000 },
  )
})

test('a number becomes the text that the model wrote, or stays', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        scalarText.filter((text) => /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[-+]?\d+)?$/.test(text)),
        fc.bigInt().map(String),
      ),
      (text) => {
        const value = Number(text)
        fc.pre(Number.isFinite(value))
        expect([text, value]).toContain(coerce(value, string, `{"v":${text}}`))
      },
    ),
  )
})

test('any input under any schema keeps its members, and its values but for their types', () => {
  const anySchema = fc.letrec<{ schema: Json }>((tie) => ({
    schema: fc.oneof(
      { maxDepth: 3 },
      fc.record({ type: fc.constantFrom('number', 'string', 'boolean', 'object', 'array') }),
      fc.boolean(),
      fc.record({ anyOf: fc.array(tie('schema'), { maxLength: 3 }) }),
      fc.record({ items: tie('schema'), additionalProperties: tie('schema') }),
    ),
  })).schema
  fc.assert(
    fc.property(input, anySchema, (value, schema) => {
      const coerced = coerceInput(value, { additionalProperties: schema }, JSON.stringify(value))
      expect(Object.keys(coerced)).toEqual(Object.keys(value))
      for (const key of Object.keys(value)) {
        const [before, after] = [value[key], coerced[key]]
        if (typeof before === 'boolean' || before === null) expect(after).toBe(before)
      }
    }),
  )
})
