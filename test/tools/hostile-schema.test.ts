import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { z as z3 } from 'zod/v3'
import { type AnyTool, defineTool } from '../../src/tools/index.ts'
import { jsonSchema } from '../../src/tools/json-schema.ts'
import { thrownBy } from './thrown.ts'

const register = (inputSchema: unknown): AnyTool =>
  defineTool({ name: 'hostile_one', description: 'Harms.', inputSchema: inputSchema as z.ZodType })

const object = (properties: unknown, more: object = {}): object => ({
  type: 'object',
  properties,
  ...more,
})

function nested(
  levels: number,
  wrap: (inner: unknown) => unknown,
  innermost: unknown = { type: 'string' },
): unknown {
  let schema = innermost
  for (let level = 0; level < levels; level++) schema = wrap(schema)
  return schema
}

const cyclic: { type: string; properties: Record<string, unknown> } = {
  type: 'object',
  properties: {},
}
cyclic.properties['again'] = cyclic

const chain = (last: object): object =>
  Object.fromEntries(
    Array.from({ length: 300 }, (_, index) => [
      `d${index}`,
      index === 299 ? last : { $ref: `#/$defs/d${index + 1}` },
    ]),
  )

/** 2^40 visits, if one goes to all of them. */
const doubling = Object.fromEntries(
  Array.from({ length: 40 }, (_, index) => {
    const next = { $ref: `#/$defs/d${index + 1}` }
    return [`d${index}`, index === 39 ? { type: 'string' } : { allOf: [next, next] }]
  }),
)

/** 2^levels ways to the end, on each of which other resources were first to have an anchor. */
function scopes(levels: number): object {
  const names = Array.from({ length: levels }, (_, index) => index)
  const steps = names.map((n) => ({
    [`s${n}`]: { $id: `s${n}`, properties: { a: { $ref: `x${n}` }, b: { $ref: `s${n + 1}` } } },
    [`x${n}`]: { $id: `x${n}`, $ref: `s${n + 1}`, $defs: { n: { $dynamicAnchor: `n${n}` } } },
  }))
  const ends = names.map((n) => [`n${n}`, { $dynamicAnchor: `n${n}` }])
  const looks = names.map((n) => [`p${n}`, { $dynamicRef: `#n${n}` }])
  const end = { properties: Object.fromEntries(looks), $defs: Object.fromEntries(ends) }
  return Object.assign({ end: { $id: `s${levels}`, ...end } }, ...steps) as object
}

describe('a hostile JSON Schema is refused at once, naming tool and path', () => {
  const cases: readonly (readonly [what: string, schema: unknown, path: string])[] = [
    ['deep', object({ a: nested(100, (items) => ({ items })) }), '/properties/a/items'],
    ['very deep', object({ a: nested(100_000, (not) => ({ not })) }), '/properties/a/not'],
    ['large', object({ a: { description: 'x'.repeat(70_000) } }), '/properties/a/description'],
    [
      'wide',
      object({ a: { enum: Array.from({ length: 1_000_000 }, (_, n) => n) } }),
      '/properties/a/enum',
    ],
    ['a cycle of objects', cyclic, '/properties/again'],
    [
      '"__proto__"',
      JSON.parse('{"type":"object","properties":{"__proto__":{}}}'),
      '/properties/__proto__',
    ],
    ['"__proto__" in data', JSON.parse('{"type":"object","x":{"__proto__":1}}'), '/x/__proto__'],
    ['NaN', object({ a: { minimum: Number.NaN } }), '/properties/a/minimum'],
    ['a function', object({ a: { default() {} } }), '/properties/a/default'],
    ['a class', object({ a: { const: new Map() } }), '/properties/a/const'],
    ['a catastrophic pattern', object({ a: { pattern: '^(a+)+$' } }), '/properties/a/pattern'],
    [
      'a catastrophic name',
      object({}, { patternProperties: { '(a|aa)+$': true } }),
      '/patternProperties',
    ],
    [
      'one in propertyNames',
      object({}, { propertyNames: { pattern: '(.*a){99}' } }),
      '/propertyNames/pattern',
    ],
    ['look-behind', object({ a: { not: { pattern: '(?<=a)b' } } }), '/properties/a/not/pattern'],
    ['a back reference', object({ a: { pattern: '(a)\\1' } }), '/properties/a/pattern'],
    ['a pattern that is none', object({ a: { pattern: '(' } }), '/properties/a/pattern'],
    ['a huge pattern', object({ a: { pattern: '(?:a{99}b{99}){99}' } }), '/properties/a/pattern'],
    [
      'a dynamic reference to nowhere',
      object({ a: { $dynamicRef: '#x' } }),
      '/properties/a/$dynamicRef',
    ],
    [
      'a dynamic reference of another draft',
      object({ a: { $recursiveRef: '#' } }),
      '/properties/a/$recursiveRef',
    ],
    [
      'a dynamic anchor of another draft',
      object(
        { a: { $dynamicAnchor: 'x' } },
        { $schema: 'http://json-schema.org/draft-07/schema#' },
      ),
      '/properties/a/$dynamicAnchor',
    ],
    [
      'a recursive reference to elsewhere',
      object(
        { a: { $recursiveRef: '#/properties' } },
        { $schema: 'https://json-schema.org/draft/2019-09/schema' },
      ),
      '/properties/a/$recursiveRef',
    ],
    [
      'a dynamic anchor that is none',
      object({ a: { $dynamicAnchor: '/x' } }),
      '/properties/a/$dynamicAnchor',
    ],
    ['an anchor that is none', object({ a: { $anchor: '/x' } }), '/properties/a/$anchor'],
    ['scopes without number', object({ a: { $ref: 's0' } }, { $defs: scopes(30) }), '/$defs/'],
    [
      'itself, where another resource sent it',
      object(
        { a: { $ref: 'b' } },
        {
          $defs: {
            a: { $dynamicAnchor: 'x', anyOf: [{ $ref: 'b' }] },
            b: { $id: 'b', $dynamicRef: '#x', $defs: { x: { $dynamicAnchor: 'x' } } },
          },
        },
      ),
      '/$defs/b',
    ],
    ['two schemas of one name', object({ a: { $id: 'x' }, b: { $id: 'x' } }), '/properties/b'],
    [
      'two anchors of one name',
      object({ a: { $anchor: 'x' }, b: { $dynamicAnchor: 'x' } }),
      '/properties/b',
    ],
    ['a name that is no URI', object({ a: { $id: 'http://[' } }), '/properties/a/$id'],
    ['a name without end', object({ a: { $id: 'x'.repeat(9_000) } }), '/properties/a/$id'],
    ['a fragment that is none', object({ a: { $ref: '#/%zz' } }), '/properties/a/$ref'],
    ['a reference to nowhere', object({ a: { $ref: '#/$defs/none' } }), '/properties/a/$ref'],
    ['a remote reference', object({ a: { $ref: 'http://127.0.0.1/x' } }), '/properties/a/$ref'],
    ['a reference that is no URL', object({ a: { $ref: 'http://[' } }), '/'],
    [
      'a reference into data',
      object({ a: { $ref: '#/$defs/b/const' } }, { $defs: { b: { const: {} } } }),
      '/properties/a/$ref',
    ],
    ['itself', object({}, { allOf: [{ $ref: '#' }] }), '/'],
    [
      'itself among others',
      object(
        { a: { $ref: '#/$defs/a' } },
        { $defs: { a: { anyOf: [{ type: 'string' }, { $ref: '#/$defs/a' }] } } },
      ),
      '/$defs/a',
    ],
    ['itself through a third', object({}, { dependencies: { type: { $ref: '#' } } }), '/'],
    ['what requires itself', object({ next: { $ref: '#' } }, { required: ['next'] }), '/'],
    [
      'what requires itself in a list',
      object(
        { next: { type: 'array', minItems: 1, items: { $ref: '#' } } },
        { required: ['next'] },
      ),
      '/',
    ],
    [
      'a long chain of references',
      object({ a: { $ref: '#/$defs/d0' } }, { $defs: chain({}) }),
      '/$defs/d',
    ],
    ['an unknown type', object({ a: { type: 'strng' } }), '/properties/a/type'],
    ['a keyword of the wrong kind', object({ a: { required: 'b' } }), '/properties/a/required'],
    ['a map that is a list', object([{ type: 'string' }]), '/properties'],
    ['a bound that is text', object({ a: { minLength: '3' } }), '/properties/a/minLength'],
    [
      'a bound of draft 4',
      object({ a: { exclusiveMinimum: true } }),
      '/properties/a/exclusiveMinimum',
    ],
    [
      'a marker of the interpreter',
      object({ a: { $ref: '#', __absolute_ref__: 'x' } }),
      '/properties/a/__absolute_ref__',
    ],
    ['no object', [], '/'],
    ['null', null, '/'],
  ]
  test.each(cases)('%s', (_, schema, path) => {
    const start = performance.now()
    const error = thrownBy(() => register(jsonSchema(schema as object)))
    const took = performance.now() - start
    expect(error.code).toBe('INVALID_SCHEMA')
    expect(error.message).toMatch(/^Tool "hostile_one", inputSchema\. /)
    expect(error.message).toContain(`"${path}`)
    expect(error.hint).not.toBe('')
    // 50 ms is what is promised; here there is room for a busy machine, and a hang takes seconds.
    expect(took).toBeLessThan(500)
  })
})

describe('one of another library too', () => {
  const Endless = z.object({
    get next() {
      return Endless
    },
  })
  const deep = nested(50, (inner) => z.object({ a: inner as z.ZodType }), z.string())
  test.each([
    [
      'a catastrophic pattern',
      z.object({ a: z.array(z.string().regex(/^(\w+\s?)*$/)) }),
      '/properties/a/items/pattern',
    ],
    ['of zod 3', z3.object({ a: z3.string().regex(/(x+x+)+y/) }), '/properties/a/pattern'],
    ['depth', deep, '/properties/a/properties/a'],
    ['size', z.object({ a: z.string().describe('x'.repeat(70_000)) }), '/properties/a/description'],
    ['what requires itself', Endless, '/'],
    [
      'a default that is no JSON',
      z3.object({ a: z3.any().default(() => 1n) }),
      '/properties/a/default',
    ],
    ['"__proto__"', z3.object({ ['__proto__']: z3.string() }), '/properties/__proto__'],
  ])('%s', (_, schema, path) => {
    const error = thrownBy(() => register(schema))
    expect(error.code).toBe('INVALID_SCHEMA')
    expect(error.message).toContain('"hostile_one"')
    expect(error.message).toContain(`"${path}`)
  })
})

describe('what only looks hostile is a schema', () => {
  let id = 0
  test.each([
    [
      'data that look like keywords',
      object({ a: { default: { pattern: '(a+)+', $dynamicRef: 'x', type: 'x' } } }),
    ],
    [
      'members that are called like keywords',
      object({ pattern: {}, $ref: { type: 'string' }, required: {}, $dynamicAnchor: {} }),
    ],
    [
      'examples',
      object({ a: { type: 'string', example: { id: 1, $ref: 5 }, examples: [{ id: 1 }] } }),
    ],
    [
      'two examples with one id',
      object({ a: { example: { id: 'x' } }, b: { example: { id: 'x' } } }),
    ],
    [
      'recursion',
      object({ kids: { type: 'array', items: { $ref: '#' } } }, { required: ['kids'] }),
    ],
    [
      'recursion or null',
      object({ next: { anyOf: [{ $ref: '#' }, { type: 'null' }] } }, { required: ['next'] }),
    ],
    ['an unresolved name in data', object({ a: { const: { $ref: 'http://x' } } })],
    [
      'a reference to an unknown place',
      object({ a: { $ref: '#/components/b' } }, { components: { b: { type: 'string' } } }),
    ],
    ['thirty levels', nested(30, (inner) => object({ a: inner }))],
    [
      'sixty resources, each in the next',
      object({}, { not: nested(60, (not) => ({ $id: `${++id}`, not })) }),
    ],
    ['anchors that nothing looks for', object({ a: { $dynamicAnchor: 'x' }, b: { $anchor: 'y' } })],
  ])('%s', async (_, schema) => {
    const tool = register(jsonSchema(schema as object))
    expect(tool.descriptor.inputSchema).toEqual(schema)
    expect(await tool.validateInput(5)).toHaveProperty('issues')
  })
})

describe('a hostile value is an issue, not a crash', () => {
  const validate = (schema: object, value: unknown): unknown =>
    jsonSchema(schema)['~standard'].validate(value)
  const refused = (message: string): object => ({
    issues: [expect.objectContaining({ message: expect.stringContaining(message) as string })],
  })
  const cycle: { self?: unknown } = {}
  cycle.self = cycle
  const shared = (levels: number): unknown =>
    Array.from({ length: levels }).reduce<unknown>((inner) => [inner, inner, inner], 1)
  const numbers = (length: number): number[] => Array.from({ length }, (_, n) => n)

  test.each([
    ['deep', { items: { $ref: '#' } }, nested(100_000, (inner) => [inner]), 'nested deeper'],
    ['cyclic', {}, cycle, 'nested deeper'],
    ['shared a billion times', {}, shared(40), 'more than 100000 values'],
    ['wide', {}, numbers(1_000_000), 'more than 100000 values'],
    ['a list to compare with itself', { uniqueItems: true }, numbers(50_000), 'too long'],
    ['for a schema that doubles', { $ref: '#/$defs/d0', $defs: doubling }, 'x', 'too much work'],
    ['a text of 10 MB', { pattern: '^[a-z]+$' }, 'a'.repeat(10_000_000), 'too much work'],
    ['a text for a format', { format: 'uri' }, `http://${'a'.repeat(1_000_000)}`, 'too much work'],
    [
      'a name that is half a character',
      { properties: {}, additionalProperties: { type: 'string' } },
      { '\ud800': 1 },
      'the check failed',
    ],
  ])('%s', (_, schema, value, message) => {
    expect(validate(schema, value)).toEqual(refused(message))
  })

  test('names of the language are names', () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
    for (const name of names) {
      const value: unknown = JSON.parse(`{"${name}":1}`)
      expect(validate({ required: [name] }, value)).toHaveProperty('value')
      expect(validate({ required: [name] }, {})).toHaveProperty('issues')
      expect(validate({ additionalProperties: false }, value)).toHaveProperty('issues')
      expect(validate({ patternProperties: { o: false } }, value)).toHaveProperty('issues')
    }
  })

  test('one that failed does no harm to the next', () => {
    const { validate: one } = jsonSchema({ patternProperties: { a: { pattern: 'b' } } })[
      '~standard'
    ]
    expect(one({ a: 'x'.repeat(9_000_000) })).toHaveProperty('issues')
    expect(one({ a: 'b' })).toHaveProperty('value')
    expect(one({ c: 1 })).toHaveProperty('value')
    expect(one({ a: 'c' })).toHaveProperty('issues')
  })
})
