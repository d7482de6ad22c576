import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { toStandardJsonSchema } from '@valibot/to-json-schema'
import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import type { Json, JsonObject } from '../../src/base/index.ts'
import { lowerSchema } from '../../src/models/_schema-lowering.ts'
import { defineTool } from '../../src/tools/index.ts'
import { type Draft, allDialects, judge, withoutNullable } from './schema-judge.ts'

/** Cases of the JSON Schema Test Suite, which are not part of this repository. */
const folder = resolve(import.meta.dirname, '../../../shared/material/json-schema-test-suite/tests')

interface Case {
  readonly description: string
  readonly schema: Json
  readonly tests: readonly { readonly data: Json; readonly valid: boolean }[]
}

const drafts: readonly (readonly [string, Draft, string])[] = [
  ['draft7', '7', 'http://json-schema.org/draft-07/schema#'],
  ['draft2020-12', '2020-12', 'https://json-schema.org/draft/2020-12/schema'],
]

function casesOf(draft: string): readonly Case[] {
  return readdirSync(resolve(folder, draft), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.json'))
    .toSorted()
    .flatMap((file): readonly Case[] =>
      JSON.parse(readFileSync(resolve(folder, draft, file), 'utf8')),
    )
}

/** The schema of a tool with one property that `schema` is about. */
function toolSchema(schema: Json, $schema: string): JsonObject {
  if (typeof schema !== 'object' || schema === null)
    return { $schema, type: 'object', properties: { x: schema } }
  const own = schema as JsonObject
  const $id = typeof own['$id'] === 'string' ? own['$id'] : 'urn:case'
  return {
    $schema,
    type: 'object',
    properties: { x: { $ref: $id } },
    definitions: { case: { ...own, $id } },
  }
}

describe.each(drafts)('the schemas of the suite for %s', (name, draft, uri) => {
  test.skipIf(!existsSync(folder))(
    'are lowered for every dialect, and take what they took (skipped without ../shared/material)',
    () => {
      let checked = 0
      for (const { schema, tests } of casesOf(name)) {
        const whole = toolSchema(schema, uri)
        const inputs = tests.filter(({ valid }) => valid).map(({ data }) => ({ x: data }))
        // Not every validator agrees with the suite.
        const accepted = inputs.filter((input) => isAccepted(whole, draft, input))
        for (const dialect of allDialects) {
          const { schema: lowered, leftOut } = lowerSchema(whole, dialect)
          if (leftOut !== undefined) {
            expect(leftOut).toContain('contains itself')
            continue
          }
          const check = judge(withoutNullable(lowered))
          for (const input of accepted)
            expect([schema, input, check(input)]).toEqual([schema, input, true])
          checked += accepted.length
        }
      }
      expect(checked).toBeGreaterThan(1000)
    },
  )
})

function isAccepted(schema: Json, draft: Draft, input: Json): boolean {
  try {
    return judge(schema, draft)(input)
  } catch {
    return false
  }
}

describe('tools of schema libraries', () => {
  const address = z.object({
    street: z.string(),
    zip: z
      .string()
      .regex(/^\d{5}$/)
      .optional(),
  })
  const zodInput = z.object({
    id: z.uuid(),
    count: z.int().positive().default(1),
    email: z.email().nullable().optional(),
    kind: z.enum(['a', 'b']),
    tags: z.array(z.string()).min(1),
    pair: z.tuple([z.number(), z.number()]),
    extra: z.record(z.string(), z.number()).optional(),
    home: address,
    work: address.optional(),
    shape: z.discriminatedUnion('type', [
      z.object({ type: z.literal('circle'), radius: z.number() }),
      z.object({ type: z.literal('box'), width: z.number(), height: z.number() }),
    ]),
  })
  const valibotInput = v.object({
    id: v.pipe(v.string(), v.minLength(3)),
    count: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
    kind: v.picklist(['a', 'b']),
    size: v.union([v.literal(1), v.literal('big')]),
  })
  const tools = [
    defineTool({ name: 'zod', description: 'zod', inputSchema: zodInput }),
    defineTool({
      name: 'valibot',
      description: 'valibot',
      inputSchema: toStandardJsonSchema(valibotInput),
    }),
    defineTool({
      name: 'arktype',
      description: 'arktype',
      inputSchema: type({ id: 'string', 'count?': 'number>=1', kind: "'a'|'b'" }),
    }),
  ]
  const inputs: readonly JsonObject[] = [
    {
      id: 'b3c9d6f0-6d7e-4a40-9a0f-3f1f3f0f4a11',
      email: null,
      kind: 'a',
      tags: ['x'],
      pair: [1, 2],
      home: { street: 'S', zip: '12345' },
      shape: { type: 'box', width: 1, height: 2 },
    },
    { id: 'abc', kind: 'b', size: 'big', count: 2 },
    { id: 'abc', kind: 'b' },
  ]

  test.each(allDialects)('$name: are offered, and take what their schema takes', (dialect) => {
    tools.forEach(({ descriptor }, at) => {
      const { schema, leftOut } = lowerSchema(descriptor.inputSchema, dialect)
      expect(leftOut).toBeUndefined()
      expect(judge(descriptor.inputSchema)(inputs[at])).toBe(true)
      expect(judge(withoutNullable(schema))(inputs[at])).toBe(true)
    })
  })
})
