import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Json, JsonObject } from '../../src/base/index.ts'
import {
  type SchemaDialect,
  anthropicSchema,
  anthropicStrict,
  geminiOpenApi,
  geminiSchema,
  kimiSchema,
  ollamaSchema,
  openSchema,
  openaiStrict,
} from '../../src/models/_schema-dialects.ts'
import { lowerSchema } from '../../src/models/_schema-lowering.ts'
import { strictSchema } from '../../src/models/_schema-strict.ts'
import {
  allDialects,
  closed,
  frozen,
  judge,
  someObjects,
  strictableSchema,
  toolSchema,
  withNulls,
  withoutNullable,
} from './schema-judge.ts'

const numRuns = 200

test.each(allDialects.map((dialect) => [dialect.name, dialect] as const))(
  '%s: what a schema takes, it takes when it is lowered',
  (_, dialect) => {
    let checked = 0
    fc.assert(
      fc.property(toolSchema, (schema) => {
        const accepted = someObjects.filter(judge(schema))
        const lowered = lowerSchema(schema, dialect)
        if (lowered.leftOut === undefined) {
          const check = judge(withoutNullable(lowered.schema))
          expect(accepted.filter((value) => !check(value))).toEqual([])
        } else if (!lowered.leftOut.includes('contains itself')) expect(accepted).toEqual([])
        checked += accepted.length
      }),
      { numRuns },
    )
    expect(checked).toBeGreaterThan(numRuns)
  },
)

test.each(allDialects.map((dialect) => [dialect.name, dialect] as const))(
  '%s: what loses nothing refuses what it refused',
  (_, dialect) => {
    fc.assert(
      fc.property(fc.oneof(toolSchema, strictableSchema), (schema) => {
        const { schema: lowered, losses, leftOut } = lowerSchema(schema, dialect)
        if (losses.length > 0 || leftOut !== undefined) return
        const original = judge(schema)
        const check = judge(withoutNullable(lowered))
        expect(someObjects.filter((value) => check(value) && !original(value))).toEqual([])
      }),
      { numRuns },
    )
  },
)

const core = ['type', 'enum', 'description', 'properties', 'required', 'items', 'anyOf']
const limits = ['minimum', 'maximum', 'minItems', 'maxItems']
const numbers = ['exclusiveMinimum', 'exclusiveMaximum', 'multipleOf']
const lengths = ['minLength', 'maxLength', 'minProperties', 'maxProperties']
const others = ['additionalProperties', 'format']

/** What each takes below the root; `undefined`: anything. */
const accepted: readonly (readonly [SchemaDialect, readonly string[] | undefined])[] = [
  [openSchema, undefined],
  [anthropicSchema, undefined],
  [
    kimiSchema,
    [
      ...core,
      ...limits,
      ...numbers,
      ...lengths,
      ...others,
      'pattern',
      'uniqueItems',
      'const',
    ].concat(['title', 'default', 'prefixItems', '$ref']),
  ],
  [geminiSchema, [...core, ...limits, ...others, 'title', 'prefixItems', '$ref']],
  [
    geminiOpenApi,
    [...core, ...limits, ...lengths, 'format', 'pattern', 'title', 'default', 'nullable'],
  ],
  [ollamaSchema, core],
  [openaiStrict, [...core, ...limits, ...numbers, ...others, 'pattern', 'const', '$ref']],
  [anthropicStrict, [...core, ...others, 'const', 'minItems']],
]

test.each(accepted.map(([dialect, keywords]) => [dialect.name, dialect, keywords] as const))(
  '%s: a lowered schema is an object at its root, and says nothing that is refused there',
  (_, dialect, keywords) => {
    fc.assert(
      fc.property(toolSchema, (schema) => {
        const lowered = lowerSchema(schema, dialect)
        if (lowered.leftOut !== undefined) return
        const { $defs = {}, ...root } = lowered.schema
        expect(root['type']).toBe('object')
        for (const keyword of ['anyOf', 'oneOf', 'allOf', 'not', 'enum', 'const', '$ref'])
          expect(root).not.toHaveProperty(keyword)
        for (const part of [root, ...Object.values($defs as JsonObject)].flatMap(schemasWithin)) {
          if (keywords)
            expect(Object.keys(part).filter((key) => !keywords.includes(key))).toEqual([])
          expectShape(part, dialect)
        }
      }),
      { numRuns },
    )
  },
)

const plain = [openSchema, anthropicSchema]
const withoutItems = [ollamaSchema, anthropicSchema]
const besideAnyOf = new Map([
  [kimiSchema, ['anyOf', 'description', 'default', 'title']],
  [geminiOpenApi, ['anyOf']],
])

/** The rules that are more than a list of keywords. */
function expectShape(part: JsonObject, dialect: SchemaDialect): void {
  const keys = Object.keys(part)
  if ('$ref' in part && !plain.includes(dialect)) expect(keys).toEqual(['$ref'])
  if (listIn(part, 'type').includes('array') && !withoutItems.includes(dialect))
    expect(part).toHaveProperty('items')
  const beside = besideAnyOf.get(dialect)
  if ('anyOf' in part && beside) expect(beside).toEqual(expect.arrayContaining(keys))
  if (dialect.name.startsWith('Gemini')) expectForGemini(part, dialect)
}

function expectForGemini(part: JsonObject, dialect: SchemaDialect): void {
  const kinds = dialect === geminiOpenApi ? ['string'] : ['string', 'number']
  for (const value of listIn(part, 'enum')) expect(kinds).toContain(typeof value)
  const named = Object.keys(part['properties'] ?? {})
  for (const name of listIn(part, 'required')) expect(named).toContain(name)
  if (dialect === geminiOpenApi) expect(Array.isArray(part['type'])).toBe(false)
}

function listIn(schema: JsonObject, keyword: string): readonly Json[] {
  const value = schema[keyword] ?? []
  return Array.isArray(value) ? value : [value]
}

/** A schema and all schemas in it. */
function schemasWithin(schema: Json): readonly JsonObject[] {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return []
  const own = schema as JsonObject
  const one = ['items', 'additionalProperties', 'contains', 'not', 'if', 'then', 'else']
  const many = ['anyOf', 'oneOf', 'allOf', 'prefixItems']
  const named = ['properties', 'patternProperties', 'dependentSchemas']
  return [
    own,
    ...one.flatMap((key) => schemasWithin(own[key] ?? true)),
    ...many.flatMap((key) => ((own[key] ?? []) as readonly Json[]).flatMap(schemasWithin)),
    ...named.flatMap((key) =>
      Object.values((own[key] ?? {}) as JsonObject).flatMap((part) => schemasWithin(part)),
    ),
  ]
}

test('the same schema is lowered in the same way each time, and is not changed', () => {
  fc.assert(
    fc.property(toolSchema, fc.constantFrom(...allDialects), (schema, dialect) => {
      const text = JSON.stringify(schema)
      const first = lowerSchema(frozen(schema), dialect)
      const second = lowerSchema(JSON.parse(text), dialect)
      expect(JSON.stringify(first)).toBe(JSON.stringify(second))
    }),
    { numRuns },
  )
})

test('whatever JSON a stranger sends as a schema, it is lowered or left out with a reason', () => {
  const keyword = fc.constantFrom(
    'type',
    'properties',
    'items',
    'anyOf',
    'allOf',
    'oneOf',
    'not',
    '$ref',
    '$id',
    'enum',
    'required',
    '__proto__',
    '$defs',
    'const',
    'pattern',
    '$schema',
  )
  const text = fc.constantFrom('object', '#', '#/$defs/a', '#/%', 'http://[', '__proto__', '(a+)+$')
  const { value } = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'medium' },
      text,
      fc.constantFrom<Json>(null, true, false, 0, -1, 1e300),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.array(fc.tuple(keyword, tie('value')), { maxLength: 4 }).map(Object.fromEntries),
    ),
  }))
  fc.assert(
    fc.property(value, fc.constantFrom(...allDialects), (schema, dialect) => {
      const { schema: lowered, leftOut } = lowerSchema(schema, dialect)
      expect(leftOut ?? lowered['type']).toMatch(/./)
      expect(Object.getPrototypeOf(lowered)).toBe(Object.prototype)
    }),
    { numRuns: 1000 },
  )
})

test('OpenAI strict: what is optional is null on the wire and absent in the tool, and nothing else changes', () => {
  let checked = 0
  fc.assert(
    fc.property(strictableSchema, (schema) => {
      const { schema: lowered, losses } = lowerSchema(schema, openaiStrict)
      const strict = losses.length > 0 ? undefined : strictSchema(lowered, 'nullable')
      if (!strict) return
      checked++
      const onWire = judge(strict.schema)
      const inTool = judge(schema)
      const isNamed = judge(closed(schema))
      for (const value of someObjects) {
        // What the model may write, the tool takes.
        if (onWire(value)) expect(inTool(strict.restore(value))).toBe(true)
        // What the tool takes, the model can write.
        if (!isNamed(value)) continue
        const written = withNulls(value, strict.schema) as JsonObject
        expect(onWire(written)).toBe(true)
        expect(strict.restore(written)).toEqual(value)
      }
      for (const part of schemasWithin(strict.schema).filter(({ type }) => isObjectType(type))) {
        expect(part['additionalProperties']).toBe(false)
        expect(part['required']).toEqual(Object.keys(part['properties'] as JsonObject))
      }
    }),
    { numRuns: 600 },
  )
  expect(checked).toBeGreaterThan(60)
})

test('Anthropic strict: every object is closed, and nothing that is named is refused or taken otherwise', () => {
  let checked = 0
  fc.assert(
    fc.property(strictableSchema, (schema) => {
      const { schema: lowered, losses, leftOut } = lowerSchema(schema, anthropicStrict)
      const isSame = losses.length === 0 && leftOut === undefined
      const strict = isSame ? strictSchema(lowered, 'optional') : undefined
      if (!strict) return
      checked++
      const onWire = judge(strict.schema)
      const isNamed = judge(closed(schema))
      expect(someObjects.filter((value) => onWire(value) !== isNamed(value))).toEqual([])
      for (const value of someObjects) expect(strict.restore(value)).toEqual(value)
      for (const part of schemasWithin(strict.schema).filter(({ type }) => isObjectType(type)))
        expect(part['additionalProperties']).toBe(false)
    }),
    { numRuns: 600 },
  )
  expect(checked).toBeGreaterThan(60)
})

function isObjectType(type: Json | undefined): boolean {
  return type === 'object' || (Array.isArray(type) && type.includes('object'))
}
