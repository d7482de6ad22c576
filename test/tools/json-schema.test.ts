import { Validator, format } from '@cfworker/json-schema'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { defineTool } from '../../src/tools/index.ts'
import { type JsonSchemaOptions, jsonSchema } from '../../src/tools/json-schema.ts'
import { thrownBy } from './thrown.ts'

interface Checked {
  readonly value?: unknown
  readonly issues?: readonly { path?: readonly unknown[]; message: string }[]
}

const check = (schema: object | boolean, value: unknown, options?: JsonSchemaOptions): Checked =>
  jsonSchema(schema, options)['~standard'].validate(value) as Checked

const accepts = (schema: object | boolean, value: unknown): boolean => !check(schema, value).issues

const messages = (schema: object, value: unknown): readonly string[] =>
  check(schema, value).issues?.map(({ path, message }) => `/${path?.join('/')}: ${message}`) ?? []

describe('what is wrong is said where it is wrong, all at once and once', () => {
  test('in a nested value', () => {
    const schema = {
      type: 'object',
      properties: {
        lines: {
          type: 'array',
          items: { $ref: '#/$defs/line' },
        },
        mail: { type: 'string', format: 'email' },
        'a/b c%': { type: 'string', pattern: '^[a-z]+$' },
      },
      additionalProperties: false,
      $defs: { line: { type: 'object', required: ['sku'], properties: { n: { minimum: 1 } } } },
    }
    const value = { lines: [{ sku: 'x', n: 0 }, {}], mail: 'ada', 'a/b c%': 'A1', extra: 1 }
    expect(messages(schema, value)).toEqual([
      '/lines/0/n: 0 is less than 1.',
      '/lines/1: Instance does not have required property "sku".',
      '/mail: Must be a valid email.',
      '/a/b c%: Must match the pattern ^[a-z]+$.',
      '/extra: Must not be there.',
    ])
  })

  test('in each branch where none fits, and in none where too many do', () => {
    const branches = [{ type: 'string' }, { type: 'number', minimum: 5 }, { type: 'number' }]
    expect(messages({ anyOf: branches.slice(0, 2) }, 3)).toEqual([
      '/: Instance type "number" is invalid. Expected "string".',
      '/: 3 is less than 5.',
    ])
    expect(messages({ oneOf: branches }, 7)).toEqual([
      '/: Instance does not match exactly one subschema (2 matches).',
    ])
  })

  test('in a text that has to fit a pattern and a format, behind a reference', () => {
    const schema = {
      properties: { at: { allOf: [{ $ref: '#/$defs/day' }] } },
      $defs: { day: { format: 'date', pattern: '^2' } },
    }
    expect(messages(schema, { at: '1999-01-01' })).toEqual([
      '/at: Must match the pattern ^2 and be a valid date.',
    ])
  })

  test('in a member whose name only a pattern gives', () => {
    const schema = { patternProperties: { '^x': { pattern: '^y' } }, additionalProperties: false }
    expect(messages(schema, { xa: 'n', b: 1 })).toEqual([
      '/xa: Must match the pattern ^y.',
      '/b: Must not be there.',
    ])
  })

  test('and not of what is around it, which is only unevaluated because it is wrong', () => {
    const schema = {
      allOf: [{ properties: { a: { properties: { b: { type: 'string' } } } } }],
      unevaluatedProperties: false,
    }
    expect(messages(schema, { a: { b: 1 }, c: 1 })).toEqual([
      '/a/b: Instance type "number" is invalid. Expected "string".',
      '/c: Must not be there.',
    ])
  })

  test('in a name', () => {
    expect(messages({ propertyNames: { pattern: '^[a-z]+$' } }, { A: 1 })).toEqual([
      '/A: Must match the pattern ^[a-z]+$.',
    ])
  })
})

test('a valid value is given back as it is', () => {
  const value = { a: [1, { b: null }] }
  expect(check({ type: 'object' }, value).value).toBe(value)
})

describe('drafts', () => {
  const draft7 = 'http://json-schema.org/draft-07/schema#'

  test('the draft is the one that $schema names', () => {
    const schema = { items: [{ type: 'string' }], additionalItems: false }
    expect(accepts({ $schema: draft7, ...schema }, ['a'])).toBe(true)
    expect(accepts({ $schema: draft7, ...schema }, ['a', 'b'])).toBe(false)
    const sibling = { $ref: '#/definitions/any', definitions: { any: {} }, minimum: 5 }
    expect(accepts({ $schema: draft7, ...sibling }, 1)).toBe(true)
    expect(accepts(sibling, 1)).toBe(false)
  })

  test('true accepts everything and false nothing', () => {
    expect([accepts(true, 1), accepts(false, 1)]).toEqual([true, false])
  })

  test('a schema may recur where the value goes deeper', () => {
    const tree = { type: 'object', properties: { kids: { type: 'array', items: { $ref: '#' } } } }
    expect(accepts(tree, { kids: [{ kids: [] }] })).toBe(true)
    expect(accepts(tree, { kids: [{ kids: [1] }] })).toBe(false)
  })
})

describe('other documents', () => {
  const schema = {
    type: 'object',
    properties: { home: { $ref: 'https://example.com/address#/$defs/zip' } },
  }
  const schemas = {
    'https://example.com/address': { $defs: { zip: { type: 'string', pattern: '^\\d{5}$' } } },
  }

  test('are found where they are given', () => {
    expect(check(schema, { home: '53111' }, { schemas }).issues).toBeUndefined()
    expect(check(schema, { home: 'x' }, { schemas }).issues).toHaveLength(1)
  })

  test('go along to whoever gets the schema', () => {
    const tool = defineTool({
      name: 'move',
      description: 'Moves.',
      inputSchema: jsonSchema(schema, { schemas }),
    })
    const alone = jsonSchema(tool.descriptor.inputSchema)['~standard']
    expect(alone.validate({ home: 'x' })).toHaveProperty('issues')
  })

  test('are never fetched', () => {
    expect(thrownBy(() => check(schema, {})).message).toContain('leads nowhere')
  })
})

// But for `unevaluatedProperties`, to which the library shows too much: see json-schema-scopes.test.ts.
describe('the library with its native expressions agrees', () => {
  const names = fc.constantFrom('a', 'ab', 'b', 'ba', 'c1', '__proto__', 'toString')
  const patterns = fc.constantFrom('^a', 'b$', 'a|c', '[0-9]', '^.$', 'o')
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      names,
      fc.constantFrom(1, null, true, 'xyz', ''),
      fc.array(tie('value'), { maxLength: 3 }),
      fc
        .array(fc.tuple(names, tie('value')), { maxLength: 4 })
        .map((members) => Object.fromEntries(members)),
    ),
  }))
  type Keyword = readonly [string, unknown]
  const { schema } = fc.letrec<{ schema: object | boolean; map: object; keyword: Keyword }>(
    (tie) => ({
      map: fc
        .array(fc.tuple(names, tie('schema')), { minLength: 1, maxLength: 2 })
        .map((members) => Object.fromEntries(members)),
      keyword: fc.oneof(
        fc.tuple(fc.constant('type'), fc.constantFrom('string', 'object', ['object', 'string'])),
        fc.tuple(fc.constant('pattern'), patterns),
        fc.tuple(
          fc.constant('format'),
          fc.constantFrom('date', 'unheard-of', 'constructor', '__proto__', 'valueOf'),
        ),
        fc.tuple(fc.constant('propertyNames'), fc.record({ pattern: patterns })),
        fc.tuple(fc.constantFrom('properties', 'dependentSchemas'), tie('map')),
        fc.tuple(
          fc.constant('patternProperties'),
          fc
            .array(fc.tuple(patterns, tie('schema')), { minLength: 1, maxLength: 2 })
            .map((members) => Object.fromEntries(members)),
        ),
        fc.tuple(
          fc.constantFrom('additionalProperties', 'items', 'contains', 'not', 'if', 'then', 'else'),
          tie('schema'),
        ),
        fc.tuple(
          fc.constantFrom('anyOf', 'allOf', 'oneOf'),
          fc.array(tie('schema'), { minLength: 1, maxLength: 2 }),
        ),
      ),
      schema: fc.oneof(
        { maxDepth: 4 },
        fc.boolean(),
        fc.array(tie('keyword'), { maxLength: 3 }).map((keywords) => Object.fromEntries(keywords)),
      ),
    }),
  )

  test('on any combination of keywords', () => {
    const seen = { accepted: 0, refused: 0 }
    fc.assert(
      fc.property(schema, fc.array(value, { maxLength: 5 }), (one, values) => {
        // Formats of the language's own names are none; the library would call them.
        const text = JSON.stringify(one).replaceAll(
          /"(?:constructor|__proto__|valueOf)"(?=[,}])/g,
          '"none"',
        )
        const library = new Validator(JSON.parse(text) as object, '2020-12', false)
        const own = jsonSchema(one)['~standard']
        for (const item of values) {
          const { valid } = library.validate(item)
          expect('issues' in own.validate(item)).toBe(!valid)
          seen[valid ? 'accepted' : 'refused'] += 1
        }
      }),
      { numRuns: 3_000 },
    )
    expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(1_000)
  })
})

test('a value of JavaScript is seen as JSON would carry it', () => {
  const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }
  expect(accepts(schema, { a: 'x', b: undefined })).toBe(true)
  expect(messages(schema, { a: undefined })).toEqual([
    '/: Instance does not have required property "a".',
  ])
  expect(messages(schema, { a: 'x', b: [new Date(0)] })).toEqual([
    '/b/0: Cannot be checked: Date is not JSON.',
  ])
  expect(messages({}, { a: 1n })).toEqual(['/a: Cannot be checked: BigInt is not JSON.'])
  expect(messages({}, [Number.NaN])).toEqual(['/0: Cannot be checked: NaN is not JSON.'])
  expect(messages({}, undefined)).toEqual(['/: Cannot be checked: Undefined is not JSON.'])
})

describe('formats', () => {
  test.each([
    ['email', 'ada@example.com', 'ada'],
    ['date-time', '2026-11-21T10:00:00Z', '2026-11-21 noon'],
    ['uri', 'https://example.com/a?b#c', 'no uri'],
    ['uuid', '123e4567-e89b-12d3-a456-426614174000', '123'],
    ['ipv6', '::1', '::g'],
    ['regex', '^a+$', '(a'],
  ])('%s is asserted', (name, good, bad) => {
    expect([accepts({ format: name }, good), accepts({ format: name }, bad)]).toEqual([true, false])
  })

  test.each(['phone', 'url', 'toolwire', 'constructor', '__proto__', 'hasOwnProperty', ''])(
    '%j is an annotation',
    (name) => {
      expect(accepts({ format: name }, 'anything')).toBe(true)
    },
  )

  test('the table of the library is the same for everybody else', () => {
    const before = Object.keys(format)
    expect(accepts({ pattern: 'a', format: 'date' }, 'x')).toBe(false)
    expect(Object.keys(format)).toEqual(before)
    expect(new Validator({ format: 'date' }).validate('x').valid).toBe(false)
  })
})

test('a schema is neither changed nor kept', () => {
  const schema = Object.freeze({
    type: 'object',
    properties: Object.freeze({ a: Object.freeze({ pattern: '^a', format: 'date' }) }),
    patternProperties: Object.freeze({ b: false }),
  })
  const text = JSON.stringify(schema)
  expect(accepts(schema, { b: 1 })).toBe(false)
  expect(JSON.stringify(schema)).toBe(text)
})

test('a schema that nobody takes for a tool throws at its first use, then and always', () => {
  const { validate } = jsonSchema({ type: 'strng' })['~standard']
  for (let times = 0; times < 2; times++) {
    const error = thrownBy(() => validate('x'))
    expect(error.code).toBe('INVALID_SCHEMA')
    expect(error.message).toBe('At "/type": "strng" is not legal.')
  }
})
