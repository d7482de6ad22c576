import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod/v3'
import { zodToJsonSchema } from 'zod-to-json-schema'
import { isObject } from '../../src/base/index.ts'
import { defineTool } from '../../src/tools/index.ts'
import { jsonSchema } from '../../src/tools/json-schema.ts'
import { thrownBy } from './thrown.ts'

function converted(schema: z.ZodTypeAny): Record<string, unknown> {
  const tool = defineTool({
    name: 'probe',
    description: 'Probes.',
    inputSchema: z.object({ value: schema }),
  })
  const { properties } = tool.descriptor.inputSchema
  return (isObject(properties) ? properties['value'] : undefined) as Record<string, unknown>
}

function oracle(schema: z.ZodTypeAny): Record<string, unknown> {
  const { $schema: _, ...json } = zodToJsonSchema(schema, { $refStrategy: 'none' })
  return json
}

// What TypeScript makes of an enum with numbers.
const Size = { Small: 0, Large: 1, 0: 'Small', 1: 'Large' } as const
const Color = { Red: 'red', Blue: 'blue' } as const

const address = z.object({ street: z.string().min(1), zip: z.string().length(5).optional() })

/** Of these the oracle says the same, word for word. */
const alike: Record<string, z.ZodTypeAny> = {
  string: z.string(),
  'string with checks': z.string().min(2).max(5).describe('A code.'),
  'length, trim and case': z.string().trim().toLowerCase().length(3),
  pattern: z.string().regex(/^[a-z]+$/i),
  email: z.string().email(),
  url: z.string().url(),
  uuid: z.string().uuid(),
  datetime: z.string().datetime(),
  date: z.string().date(),
  time: z.string().time(),
  duration: z.string().duration(),
  'ip of one version': z.string().ip({ version: 'v4' }),
  'ip of any version': z.string().ip(),
  number: z.number(),
  'number with checks': z.number().int().min(1).max(9).multipleOf(2),
  'exclusive bounds': z.number().gt(0).lt(10).finite(),
  boolean: z.boolean(),
  null: z.null(),
  any: z.any(),
  unknown: z.unknown(),
  never: z.never(),
  'literal text': z.literal('on'),
  'literal number': z.literal(5),
  enum: z.enum(['a', 'b']),
  'numeric enum': z.nativeEnum(Size),
  'text enum': z.nativeEnum(Color),
  array: z.array(z.string()).min(1).max(3),
  'array of one length': z.array(z.number()).length(2),
  object: address,
  'strict object': address.strict(),
  'open object': address.passthrough(),
  'object with a rest': z.object({ a: z.string() }).catchall(z.number()),
  'optional, default and catch': z.object({
    a: z.string().optional(),
    b: z.number().default(3),
    c: z.boolean().catch(false),
    d: z.any(),
    e: z.string().nullish(),
  }),
  nullable: z.string().nullable(),
  'nullable object': address.nullable(),
  'nullable with checks': z.string().min(2).nullable(),
  record: z.record(z.number()),
  'record with keys': z.record(
    z
      .string()
      .min(2)
      .regex(/^[a-z]+$/),
    z.number(),
  ),
  'record of an enum': z.record(z.enum(['a', 'b']), z.boolean()),
  union: z.union([address, z.array(z.string())]),
  'discriminated union': z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('a'), size: z.number() }),
    z.object({ kind: z.literal('b'), name: z.string() }),
  ]),
  intersection: z.intersection(z.object({ a: z.string() }), z.object({ b: z.number() })),
  readonly: z.array(z.string()).readonly(),
  branded: z.string().min(1).brand('Id'),
  refined: z.string().refine((text) => text !== 'x'),
  transformed: z.string().transform(Number),
  preprocessed: z.preprocess(String, z.string()),
  described: z.object({ a: z.string().describe('Inner.') }).describe('Outer.'),
  'lazy without recursion': z.lazy(() => z.object({ a: z.number() })),
}

/** Of these it says the same in other words: with 2020-12 keywords, or shorter. */
const equivalent: Record<string, z.ZodTypeAny> = {
  tuple: z.tuple([z.string(), z.number()]),
  'tuple with a rest': z.tuple([z.string()]).rest(z.number()),
  'mixed enum': z.nativeEnum({ a: 1, b: 'a.b/c' } as const),
  'union of plain types': z.union([z.string(), z.number(), z.null()]),
  'union of literals': z.union([z.literal('a'), z.literal(1)]),
  'starts with': z.string().startsWith('a.b/c'),
  'ends with': z.string().endsWith('$1'),
  includes: z.string().includes('(x)'),
  'optional in a list': z.array(z.string().optional()),
}

describe('the oracle, zod-to-json-schema, says the same', () => {
  test.each(Object.entries(alike))('%s', (_, schema) => {
    expect(converted(schema)).toEqual(oracle(schema))
  })
})

describe('what it says otherwise accepts and refuses the same', () => {
  const words = fc.constantFrom('a', 'b', 'a.b/c', 'a.b/c!', 'x$1', '(x)', 'y(x)z', '', 'a.bxc')
  const plain = fc.oneof(words, fc.integer({ min: 0, max: 3 }), fc.constantFrom(null, true))
  const values = fc.oneof(plain, fc.array(plain, { maxLength: 4 }))
  test.each(Object.entries(equivalent))('%s', (_, schema) => {
    const ours = jsonSchema(converted(schema))
    const theirs = jsonSchema({
      $schema: 'http://json-schema.org/draft-07/schema#',
      ...oracle(schema),
    })
    let accepted = 0
    fc.assert(
      fc.property(values, (value) => {
        const [one, other] = [ours, theirs].map(
          (any) => !('issues' in any['~standard'].validate(value)),
        )
        expect(one).toBe(other)
        if (one) accepted += 1
      }),
      { numRuns: 500 },
    )
    expect(accepted).toBeGreaterThan(0)
  })
})

test('what zod accepts, its schema accepts', () => {
  for (const [name, schema] of Object.entries({ ...alike, ...equivalent })) {
    // It takes anything and makes it fit; a model is better told what it is made to fit.
    if (name === 'preprocessed') continue
    const { validate } = jsonSchema(converted(schema))['~standard']
    const samples = ['a', 'ab', 'on', 'abc', 5, 2, true, null, {}, [], ['a'], ['a', 1], { a: 'x' }]
    for (const sample of samples)
      if (schema.safeParse(sample).success)
        expect(validate(sample), `${name}: ${JSON.stringify(sample)}`).not.toHaveProperty('issues')
  }
})

test('kinds of text that JSON Schema has no word for keep the name of zod', () => {
  expect(converted(z.string().nanoid())).toEqual({ type: 'string', format: 'nanoid' })
  expect(converted(z.string().ulid())).toEqual({ type: 'string', format: 'ulid' })
})

test('a pipeline is seen from its entrance', () => {
  expect(converted(z.string().pipe(z.coerce.number()))).toEqual({ type: 'string' })
})

test('a refinement that is asynchronous does not break the conversion', async () => {
  const schema = z.any().refine(async (value) => value === 1)
  expect(converted(schema)).toEqual({})
})

test('the schema of zod itself validates', async () => {
  const tool = defineTool({
    name: 'probe',
    description: 'Probes.',
    inputSchema: z.object({ even: z.number().refine((n) => n % 2 === 0, 'odd') }),
  })
  expect(await tool.validateInput({ even: 2 })).toEqual({ value: { even: 2 } })
  expect(await tool.validateInput({ even: 3 })).toEqual({
    issues: [{ path: '/even', message: 'odd' }],
  })
})

interface Tree {
  readonly leaves: readonly Tree[]
}
const Tree: z.ZodType<Tree> = z.lazy(() => z.object({ leaves: z.array(Tree) }))

describe('what JSON has no place for is refused by path', () => {
  test.each([
    ['date', z.date(), '/properties/value'],
    ['bigint', z.object({ n: z.bigint() }), '/properties/value/properties/n'],
    ['map', z.array(z.map(z.string(), z.string())), '/properties/value/items'],
    ['set', z.tuple([z.string(), z.set(z.string())]), '/properties/value/prefixItems/1'],
    ['symbol', z.union([z.string(), z.symbol()]), '/properties/value/anyOf/1'],
    ['function', z.record(z.function()), '/properties/value/additionalProperties'],
    ['promise', z.object({ 'a/b': z.promise(z.string()) }), '/properties/value/properties/a~1b'],
    ['NaN', z.nan(), '/properties/value'],
    ['a literal bigint', z.literal(5n), '/properties/value/const'],
    ['a default date', z.any().default(new Date(0)), '/properties/value/default'],
    ['recursion', Tree, '/properties/value/properties/leaves/items'],
  ])('%s', (_, schema, path) => {
    const error = thrownBy(() => converted(schema))
    expect(error.code).toBe('INVALID_SCHEMA')
    expect(error.message).toContain('"probe"')
    expect(error.message).toContain(`"${path}`)
  })
})
