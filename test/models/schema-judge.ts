import { type Schema, dereference, validate } from '@cfworker/json-schema'
import * as fc from 'fast-check'
import type { Json, JsonObject } from '../../src/base/index.ts'
import * as dialects from '../../src/models/_schema-dialects.ts'

export type Draft = '4' | '7' | '2019-09' | '2020-12'

export const allDialects: readonly dialects.SchemaDialect[] = Object.values(dialects)
/** Whether an independent validator accepts a value. */
export function judge(schema: Json, draft: Draft = '2020-12'): (value: unknown) => boolean {
  const copy = JSON.parse(JSON.stringify(schema)) as Schema
  const lookup = dereference(copy)
  return (value) => validate(value, copy, draft, lookup).valid
}

/** OpenAPI's `nullable` in words of JSON Schema. */
export function withoutNullable(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(withoutNullable)
  if (typeof schema !== 'object' || schema === null) return schema
  const { nullable, ...rest } = schema as JsonObject
  const members = Object.entries(rest).map(([key, value]) => [key, withoutNullable(value)])
  const copy = Object.fromEntries(members) as JsonObject
  return nullable === true ? { anyOf: [copy, { type: 'null' }] } : copy
}

const keys = ['a', 'b', 'c'] as const
const scalar: fc.Arbitrary<Json> = fc.constantFrom<Json>(
  null,
  true,
  false,
  0,
  1,
  2.5,
  -3,
  '',
  'a',
  'abc',
  'zz',
)
const anyKey = fc.constantFrom(...keys)
const subset = fc.uniqueArray(anyKey, { maxLength: 3 })
const count = fc.integer({ min: 0, max: 3 })
const types = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']

/** Absent in `rarity` of `rarity + 1` cases. */
function optional<T>(arbitrary: fc.Arbitrary<T>, rarity = 2): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: rarity, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })
}

function compact(keywords: Record<string, unknown>): JsonObject {
  return JSON.parse(JSON.stringify(keywords)) as JsonObject
}

/** A schema of some depth, with references into `$defs`. */
const subschema: fc.Memo<Json> = fc.memo((depth) => {
  const reference = fc.constantFrom(...keys).map((key) => ({ $ref: `#/$defs/${key}` }))
  const leaf = fc.oneof(
    { weight: 1, arbitrary: fc.constantFrom<Json>(true, true, false) },
    { weight: 6, arbitrary: fc.constantFrom(...types).map((type) => ({ type })) },
    {
      weight: 2,
      arbitrary: fc
        .uniqueArray(scalar, { minLength: 1, maxLength: 3 })
        .map((all) => ({ enum: all })),
    },
    { weight: 2, arbitrary: scalar.map((value) => ({ const: value })) },
    { weight: 2, arbitrary: reference },
    { weight: 2, arbitrary: limits },
  )
  if (depth <= 1) return leaf
  const inner = subschema(depth - 1)
  return fc.oneof(
    { weight: 3, arbitrary: leaf },
    { weight: 4, arbitrary: objectSchema(inner) },
    { weight: 2, arbitrary: arraySchema(inner) },
    { weight: 3, arbitrary: combination(inner) },
  )
})

const limits: fc.Arbitrary<Json> = fc
  .record({
    type: optional(
      fc.oneof(
        fc.constantFrom(...types),
        fc.uniqueArray(fc.constantFrom(...types), { minLength: 1, maxLength: 3 }),
      ),
    ),
    description: optional(fc.constant('About this.')),
    default: optional(scalar),
    minimum: optional(fc.constantFrom(0, 1)),
    exclusiveMaximum: optional(fc.constantFrom(2, 3)),
    multipleOf: optional(fc.constantFrom(1, 2)),
    minLength: optional(count),
    maxLength: optional(count),
    pattern: optional(fc.constantFrom('^a', 'z$')),
    enum: optional(fc.uniqueArray(scalar, { minLength: 1, maxLength: 4 }), 6),
    minItems: optional(count, 6),
    minProperties: optional(count, 6),
  })
  .map(compact)

function objectSchema(inner: fc.Arbitrary<Json>): fc.Arbitrary<Json> {
  return fc
    .record({
      type: fc.constantFrom('object', 'object', 'object', ['object', 'null'], undefined),
      properties: optional(fc.dictionary(anyKey, inner, { maxKeys: 3 }), 1),
      required: optional(subset),
      additionalProperties: optional(inner),
      patternProperties: optional(
        fc.dictionary(fc.constantFrom('^a', 'b|c'), inner, { maxKeys: 2 }),
        6,
      ),
      propertyNames: optional(fc.constant({ maxLength: 1 }), 6),
      minProperties: optional(count, 6),
      maxProperties: optional(count, 6),
      dependentRequired: optional(fc.dictionary(anyKey, subset, { maxKeys: 1 }), 6),
      dependentSchemas: optional(fc.dictionary(anyKey, inner, { maxKeys: 1 }), 6),
      unevaluatedProperties: optional(inner, 6),
      allOf: optional(fc.array(inner, { minLength: 1, maxLength: 2 }), 6),
      anyOf: optional(fc.array(inner, { minLength: 1, maxLength: 2 }), 6),
      description: optional(fc.constant('An object.')),
    })
    .map(compact)
}

function arraySchema(inner: fc.Arbitrary<Json>): fc.Arbitrary<Json> {
  return fc
    .record({
      type: fc.constantFrom('array', 'array', ['array', 'null'], undefined),
      items: optional(inner, 2),
      prefixItems: optional(fc.array(inner, { minLength: 1, maxLength: 2 })),
      contains: optional(inner, 5),
      minContains: optional(count, 6),
      maxContains: optional(count, 6),
      uniqueItems: optional(fc.boolean(), 6),
      maxItems: optional(count, 6),
      unevaluatedItems: optional(inner, 6),
    })
    .map(compact)
}

function combination(inner: fc.Arbitrary<Json>): fc.Arbitrary<Json> {
  const some = fc.array(inner, { minLength: 1, maxLength: 3 })
  return fc
    .record({
      anyOf: optional(some),
      oneOf: optional(some),
      allOf: optional(some),
      not: optional(inner, 5),
      ...Object.fromEntries(['if', 'then', 'else'].map((word) => [word, optional(inner, 5)])),
      $ref: optional(
        anyKey.map((key) => `#/$defs/${key}`),
        5,
      ),
      type: optional(fc.constantFrom(...types), 6),
    })
    .map(compact)
}

/** A schema for the input of a tool. */
export const toolSchema: fc.Arbitrary<JsonObject> = fc
  .record({
    root: fc.oneof(
      { weight: 3, arbitrary: objectSchema(subschema(3)) },
      { weight: 2, arbitrary: combination(subschema(3)) },
    ),
    $defs: fc.record({ a: subschema(3), b: subschema(2), c: subschema(1) }),
  })
  .map(({ root, $defs }) => ({ ...(root as JsonObject), $defs }))
  .filter((schema) => isForValidators(schema))

/**
 * Whether validators agree on a schema: no reference leads back to the same value, and `unevaluated…` stands
 * only where nothing is beside its schema that evaluates for the same value.
 */
function isForValidators(root: JsonObject): boolean {
  const definitions = root['$defs'] as JsonObject
  const isFine = (schema: Json | undefined, open: readonly string[]): boolean => {
    if (typeof schema !== 'object' || schema === null) return true
    const { $ref, ...rest } = schema as JsonObject
    const key = typeof $ref === 'string' ? $ref.slice('#/$defs/'.length) : undefined
    if (open.length > 0 && Object.keys(rest).some((name) => name.startsWith('unevaluated')))
      return false
    if (key !== undefined && (open.includes(key) || !isFine(definitions[key], [...open, key])))
      return false
    const lists = ['allOf', 'anyOf', 'oneOf'].flatMap(
      (name) => (rest[name] ?? []) as readonly Json[],
    )
    const singles = ['not', 'if', 'then', 'else'].map((name) => rest[name])
    const dependent = Object.values((rest['dependentSchemas'] ?? {}) as JsonObject)
    return [...lists, ...singles, ...dependent].every((part) => isFine(part, [...open, '']))
  }
  const everywhere = (schema: Json | undefined): boolean =>
    typeof schema !== 'object' ||
    schema === null ||
    (isFine(schema, []) && Object.values(schema).every((part: Json) => everywhere(part)))
  return everywhere(root)
}

const values: readonly (Json | undefined)[] = [
  undefined,
  null,
  true,
  1,
  2.5,
  '',
  'abc',
  [],
  [1, 'abc'],
  {},
  { a: 1 },
  { a: 'abc', b: { a: null } },
]

/** Objects of many kinds, the same each time. */
export const someObjects: readonly JsonObject[] = values.flatMap((a) =>
  values.map((b, at) => compact({ a, b, c: at % 3 === 0 ? a : undefined })),
)

/** A schema as people write them for tools: closed or with nothing said of others, and of one kind each. */
export const strictableSchema: fc.Arbitrary<JsonObject> = fc
  .record({
    root: fc.memo((depth) => plainObject(depth))(3),
    a: fc.memo((depth) => plainObject(depth))(2),
  })
  .map(({ root, a }) => ({ ...root, $defs: { a } }))

function plainObject(depth: number): fc.Arbitrary<JsonObject> {
  return fc
    .record({
      type: fc.constant('object'),
      properties: fc.dictionary(anyKey, plain(depth - 1), { maxKeys: 3 }),
      required: subset,
      additionalProperties: optional(fc.constant(false), 1),
    })
    .map(({ required, ...rest }) =>
      compact({ ...rest, required: required.filter((key) => key in rest.properties) }),
    )
}

function plain(depth: number): fc.Arbitrary<Json> {
  const leaf = fc.constantFrom<Json>(
    { type: 'string' },
    { type: 'number', description: 'A number.' },
    { type: 'integer' },
    { type: 'boolean' },
    { type: ['string', 'null'] },
    { enum: ['abc', 'x'] },
    { const: 1 },
    { type: 'string', enum: ['abc', ''] },
    { $ref: '#/$defs/a' },
  )
  if (depth <= 0) return leaf
  const object = plainObject(depth)
  return fc.oneof(
    { weight: 3, arbitrary: leaf },
    { weight: 2, arbitrary: object },
    { weight: 1, arbitrary: plain(depth - 1).map((items) => ({ type: 'array', items })) },
    { weight: 1, arbitrary: object.map((schema) => ({ anyOf: [schema, { type: 'null' }] })) },
    { weight: 1, arbitrary: object.map((schema) => ({ anyOf: [{ type: 'string' }, schema] })) },
    { weight: 1, arbitrary: fc.tuple(object, object).map((anyOf) => ({ anyOf })) },
    { weight: 1, arbitrary: fc.tuple(object, object).map((all) => ({ oneOf: all.map(marked) })) },
  )
}

/** One of alternatives that a property tells apart. */
function marked(schema: JsonObject, at: number): JsonObject {
  const properties = (schema['properties'] ?? {}) as JsonObject
  const required = (schema['required'] ?? []) as string[]
  return {
    ...schema,
    properties: { ...properties, a: { const: at === 0 ? 1 : 'abc' } },
    required: [...new Set([...required, 'a'])],
  }
}

/** `schema` with objects that take no properties but those that they name. */
export function closed(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(closed)
  if (typeof schema !== 'object' || schema === null) return schema
  const members = Object.entries(schema).map(([key, value]: [string, Json]) => [key, closed(value)])
  const copy = Object.fromEntries(members) as JsonObject
  const isOpen = copy['type'] === 'object' && copy['additionalProperties'] === undefined
  return isOpen ? { ...copy, additionalProperties: false } : copy
}

/** `value` with null for every property that `schema` wants and `value` leaves out. */
export function withNulls(value: Json, schema: Json, root: Json = schema): Json {
  if (typeof value !== 'object' || value === null) return value
  const { $ref, anyOf, items, properties } = schema as Record<string, Json>
  const { $defs = {} } = root as Record<string, Json>
  if (typeof $ref === 'string')
    return withNulls(value, ($defs as JsonObject)[$ref.split('/').at(-1)!]!, root)
  if (Array.isArray(anyOf)) {
    const written = anyOf.map((part: Json) => ({ part, value: withNulls(value, part, root) }))
    const fits = (each: (typeof written)[number]): boolean =>
      judge({ ...(each.part as JsonObject), $defs })(each.value)
    // A null where nothing asked for one would be a value of its own.
    const sizeOf = (each: (typeof written)[number]): number => JSON.stringify(each.value).length
    const fewestNulls = written.filter(fits).toSorted((one, other) => sizeOf(one) - sizeOf(other))
    return fewestNulls[0]?.value ?? value
  }
  return Array.isArray(value)
    ? value.map((item: Json) => withNulls(item, items ?? {}, root))
    : membersWithNulls(value as JsonObject, (properties ?? {}) as JsonObject, root)
}

function membersWithNulls(value: JsonObject, properties: JsonObject, root: Json): Json {
  const all = new Set([...Object.keys(value), ...Object.keys(properties)])
  const members = [...all].map((key) => [
    key,
    withNulls(value[key] ?? null, properties[key] ?? {}, root),
  ])
  return Object.fromEntries(members) as JsonObject
}

/** `value`, and all in it, such that a change throws. */
export function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null)
    Object.values(Object.freeze(value)).forEach(frozen)
  return value
}
