import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import * as mini from 'zod/mini'
import { z as z3 } from 'zod/v3'
import { type AnyTool, defineTool } from '../../src/tools/index.ts'
import { jsonSchema } from '../../src/tools/json-schema.ts'
import { thrownBy } from './thrown.ts'

/** Any schema, also one that the types refuse. */
const withInput = (inputSchema: unknown): AnyTool =>
  defineTool({ name: 'probe', description: 'Probes.', inputSchema: inputSchema as z.ZodType })

describe('every library gives the same schema and validates by itself', () => {
  const expected = {
    type: 'object',
    properties: { city: { type: 'string', minLength: 2 }, days: { type: 'number' } },
    required: ['city'],
  }
  test.each([
    ['zod 4', z.object({ city: z.string().min(2), days: z.number().optional() })],
    ['zod 3', z3.object({ city: z3.string().min(2), days: z3.number().optional() }).passthrough()],
    [
      'valibot',
      toStandardJsonSchema(
        v.object({ city: v.pipe(v.string(), v.minLength(2)), days: v.optional(v.number()) }),
      ),
    ],
    ['arktype', type({ city: 'string >= 2', 'days?': 'number' })],
    ['JSON Schema', jsonSchema(expected)],
  ])('%s', async (library, schema) => {
    const tool = withInput(schema)
    const { additionalProperties, ...said } = tool.descriptor.inputSchema
    expect(said).toEqual(expected)
    expect(additionalProperties).toBe(library === 'zod 3' ? true : undefined)
    expect(await tool.validateInput({ city: 'Bonn', days: 3 })).toEqual({
      value: { city: 'Bonn', days: 3 },
    })
    const { issues } = await tool.validateInput({ city: 'B', days: '3' })
    expect(issues?.map(({ path }) => path).toSorted()).toEqual(['/city', '/days'])
  })
})

test('of an input others see what goes in, of an output what comes out', () => {
  const schema = z.object({
    size: z.string().pipe(z.coerce.number()),
    unit: z.string().default('m'),
  })
  const { descriptor } = defineTool({
    name: 'measure',
    description: 'Measures.',
    inputSchema: schema,
    outputSchema: schema,
  })
  expect(descriptor.inputSchema).toMatchObject({
    properties: { size: { type: 'string' } },
    required: ['size'],
  })
  expect(descriptor.outputSchema).toMatchObject({
    properties: { size: { type: 'number' } },
    required: ['size', 'unit'],
  })
})

test('a schema that recurs through an optional or a list is a schema', () => {
  const Folder = z.object({
    name: z.string(),
    get folders() {
      return z.array(Folder)
    },
  })
  expect(withInput(Folder).descriptor.inputSchema).toMatchObject({
    properties: { folders: { type: 'array', items: { $ref: '#' } } },
  })
})

const Endless = z.object({
  get next() {
    return Endless
  },
})

describe('what cannot be converted is refused with the tool, the path and advice', () => {
  test.each([
    [
      'a date',
      z.object({ trip: z.object({ start: z.date() }) }),
      '/properties/trip/properties/start',
      'transform',
    ],
    [
      'a map in a list',
      z.object({ list: z.array(z.map(z.string(), z.number())) }),
      '/properties/list/items',
      'transform',
    ],
    ['a bigint', z.object({ n: z.bigint() }), '/properties/n', 'transform'],
    ['a class', z.object({ file: z.instanceof(Uint8Array) }), '/properties/file', 'transform'],
    ['a zod 3 date', z3.object({ at: z3.array(z3.date()) }), '/properties/at/items', 'transform'],
    ['a valibot date', toStandardJsonSchema(v.object({ at: v.date() })), 'date', 'transform'],
    ['a text', z.string(), 'object', 'object schema'],
    ['a union', z.union([z.object({}), z.object({ a: z.string() })]), 'object', 'object schema'],
    ['true', jsonSchema(true), 'object', 'object schema'],
    ['zod/mini', mini.object({ a: mini.string() }), 'JSON Schema', 'z.toJSONSchema'],
    ['bare valibot', v.object({ a: v.string() }), 'JSON Schema', 'toStandardJsonSchema'],
    [
      'zod 3 before it was a Standard Schema',
      Object.create(z3.object({}), { '~standard': { value: undefined } }),
      'JSON Schema',
      'Standard Schema',
    ],
    ['plain JSON Schema', { type: 'object' }, 'JSON Schema', 'jsonSchema()'],
    ['what requires itself', Endless, 'requires itself', 'optional'],
  ])('%s', (_, schema, mentioned, advice) => {
    const error = thrownBy(() => withInput(schema))
    expect(error.code).toBe('INVALID_SCHEMA')
    expect(error.message).toMatch(/^Tool "probe", inputSchema\. At "/)
    expect(error.message).toContain(mentioned)
    expect(error.hint).toContain(advice)
  })

  test('in an output schema too', () => {
    const error = thrownBy(() =>
      defineTool({
        name: 'probe',
        description: 'Probes.',
        inputSchema: z.object({}),
        outputSchema: z.object({ when: z.string().transform((text) => new Date(text)) }),
      }),
    )
    expect(error.message).toMatch(/^Tool "probe", outputSchema\. At "\/properties\/when"/)
  })
})

test('what the advice says works', async () => {
  const tool = withInput(
    jsonSchema(z.toJSONSchema(mini.object({ mail: mini.email() }), { io: 'input' })),
  )
  expect(await tool.validateInput({ mail: 'ada@example.com' })).toHaveProperty('value')
  expect((await tool.validateInput({ mail: 'ada' })).issues?.[0]?.path).toBe('/mail')
})

test('the name of the standard is left out where it is the usual one', () => {
  const draft7 = { $schema: 'http://json-schema.org/draft-07/schema#', type: 'object' }
  expect(withInput(jsonSchema(draft7)).descriptor.inputSchema).toEqual(draft7)
  const usual = { $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object' }
  expect(withInput(jsonSchema(usual)).descriptor.inputSchema).toEqual({ type: 'object' })
})

describe('schemas of zod as people write them', () => {
  test.each([
    ['email', z.email()],
    ['uuid', z.uuid()],
    ['url', z.url()],
    ['datetime', z.iso.datetime({ offset: true })],
    ['date', z.iso.date()],
    ['duration', z.iso.duration()],
    ['time', z.iso.time()],
    ['ipv4', z.ipv4()],
    ['ipv6', z.ipv6()],
    ['cidr', z.cidrv6()],
    ['base64', z.base64()],
    ['base64url', z.base64url()],
    ['jwt', z.jwt()],
    ['emoji', z.emoji()],
    ['nanoid', z.nanoid()],
    ['cuid2', z.cuid2()],
    ['ulid', z.ulid()],
    ['e164', z.e164()],
    ['hostname', z.hostname()],
    ['slug', z.string().regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/)],
    ['path', z.string().regex(/^(?:[^/\0]+\/)*[^/\0]*$/)],
    ['quoted', z.string().regex(/^"(?:[^"\\]|\\.)*"$/)],
    ['semver', z.string().regex(/^\d+\.\d+\.\d+(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/)],
  ])('%s is no attack', (_, schema) => {
    expect(() => withInput(z.object({ value: schema }))).not.toThrow()
    // Nor is it where it came as plain JSON from somebody else.
    const foreign = z.toJSONSchema(z.object({ value: schema }))
    expect(() => withInput(jsonSchema(foreign))).not.toThrow()
  })
})
