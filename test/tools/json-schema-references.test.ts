import { describe, expect, test } from 'vitest'
import { defineTool } from '../../src/tools/index.ts'
import { type JsonSchemaOptions, jsonSchema } from '../../src/tools/json-schema.ts'
import { thrownBy } from './thrown.ts'

interface Checked {
  readonly issues?: readonly { path?: readonly unknown[]; message: string }[]
}

const check = (schema: object, value: unknown, options?: JsonSchemaOptions): Checked =>
  jsonSchema(schema, options)['~standard'].validate(value) as Checked

const accepts = (schema: object, value: unknown, options?: JsonSchemaOptions): boolean =>
  !check(schema, value, options).issues

describe('a name belongs to the resource in which it stands', () => {
  test('of two anchors with one name, the own one is meant', () => {
    const schema = {
      $id: 'https://example.com/a/',
      properties: { own: { $ref: '#size' }, other: { $ref: 'b#size' } },
      $defs: {
        own: { $anchor: 'size', maximum: 10 },
        other: { $id: 'b', $anchor: 'size', maximum: 2 },
      },
    }
    expect([5, 11].map((own) => accepts(schema, { own }))).toEqual([true, false])
    expect([2, 5].map((other) => accepts(schema, { other }))).toEqual([true, false])
  })

  test('another resource’s anchor is not found without its URI', () => {
    const schema = { $ref: '#size', $defs: { b: { $id: 'b', $anchor: 'size' } } }
    expect(thrownBy(() => check(schema, 1)).message).toBe('At "/$ref": "#size" leads nowhere.')
  })

  test('a relative reference starts from the resource around it', () => {
    const schema = {
      $id: 'https://example.com/root.json',
      $ref: 'nested/a.json',
      $defs: {
        a: { $id: 'nested/a.json', $ref: './b.json' },
        b: { $id: 'nested/b.json', type: 'number' },
      },
    }
    expect([accepts(schema, 1), accepts(schema, 'x')]).toEqual([true, false])
  })

  test('a pointer goes through any place but data, however its keys are written', () => {
    const schema = {
      properties: { a: { $ref: '#/my%20parts/50%25~1~0' } },
      'my parts': { '50%/~': { $ref: '#/my%20parts/b' }, b: { type: 'string' } },
    }
    expect([accepts(schema, { a: 'x' }), accepts(schema, { a: 1 })]).toEqual([true, false])
    for (const $ref of ['#/const', '#/properties/a/enum/0', '#/required/0', '#/allOf/1'])
      expect(
        thrownBy(() =>
          check(
            { $ref, const: {}, required: [], allOf: [{}], properties: { a: { enum: [{}] } } },
            1,
          ),
        ).message,
      ).toContain('leads nowhere')
  })

  test('a dynamic reference is no member of a list that a pointer counts', () => {
    const schema = {
      $dynamicRef: '#text',
      properties: { a: { $ref: '#/allOf/1' } },
      allOf: [true],
      $defs: { text: { $dynamicAnchor: 'text' } },
    }
    expect(thrownBy(() => check(schema, {})).message).toContain('"#/allOf/1" leads nowhere')
  })

  test('a pointer that crosses into another resource ends there', () => {
    const schema = {
      $ref: '#/$defs/b/parts/size',
      $defs: {
        own: { $anchor: 'limit', maximum: 10 },
        b: {
          $id: 'b',
          parts: { size: { $ref: '#limit' } },
          $defs: { limit: { $anchor: 'limit', maximum: 2 } },
        },
      },
    }
    expect([accepts(schema, 2), accepts(schema, 5)]).toEqual([true, false])
  })

  test('up to draft 7, a $ref makes the $id beside it mean nothing', () => {
    const schema = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      $id: 'https://example.com/root/',
      $ref: '#/definitions/a',
      definitions: {
        a: { $id: 'https://example.com/else/', $ref: 'b.json' },
        b: { $id: 'https://example.com/root/b.json', type: 'string' },
      },
    }
    // The $ref of the root makes its own $id mean nothing too.
    expect(thrownBy(() => check(schema, 1)).message).toContain('"b.json" leads nowhere')
    const { $ref: _, ...rest } = schema
    const held = { ...rest, allOf: [{ $ref: '#/definitions/a' }] }
    expect([accepts(held, 'x'), accepts(held, 1)]).toEqual([true, false])
  })

  test('a schema that has a number, a URN or no name at all for its own', () => {
    const urn = 'urn:uuid:deadbeef-1234-00ff-ff00-4321feebdaed'
    const schema = { $id: urn, $ref: `${urn}#b`, $defs: { b: { $anchor: 'b', type: 'string' } } }
    expect([accepts(schema, 'x'), accepts(schema, 1)]).toEqual([true, false])
    const nameless = { $ref: 'b.json', $defs: { b: { $id: 'b.json', type: 'string' } } }
    expect([accepts(nameless, 'x'), accepts(nameless, 1)]).toEqual([true, false])
  })
})

/** A list of anything, for others to say of what. */
const list = {
  $id: 'https://example.com/list',
  type: 'array',
  items: { $dynamicRef: '#item' },
  $defs: { item: { $dynamicAnchor: 'item' } },
}

describe('a dynamic reference leads to the outermost anchor of its name', () => {
  const schemas = { 'https://example.com/list': list }
  const listOf = (type: string): object => ({
    $id: `https://example.com/${type}s`,
    $ref: 'list',
    $defs: { item: { $dynamicAnchor: 'item', type } },
  })

  test('so that one list is of texts here and of numbers there', () => {
    const schema = {
      properties: {
        texts: listOf('string'),
        numbers: listOf('number'),
        all: { $ref: 'https://example.com/list' },
      },
    }
    const of = (value: object): boolean => accepts(schema, value, { schemas })
    expect([of({ texts: ['x'] }), of({ texts: [1] })]).toEqual([true, false])
    expect([of({ numbers: ['x'] }), of({ numbers: [1] })]).toEqual([false, true])
    expect([of({ all: ['x', 1] }), of({ all: 1 })]).toEqual([true, false])
  })

  test('and to the root, where that has it, however deep the value', () => {
    const schema = {
      $id: 'https://example.com/strict',
      $dynamicAnchor: 'node',
      $ref: 'tree',
      unevaluatedProperties: false,
      $defs: {
        tree: {
          $id: 'tree',
          $dynamicAnchor: 'node',
          properties: { data: true, children: { type: 'array', items: { $dynamicRef: '#node' } } },
        },
      },
    }
    expect(accepts(schema, { children: [{ children: [{ data: 1 }] }] })).toBe(true)
    expect(check(schema, { children: [{ children: [{ daat: 1 }] }] }).issues).toEqual([
      { path: ['children', '0', 'children', '0', 'daat'], message: 'Must not be there.' },
    ])
  })

  test('and is a plain one where it names no dynamic anchor', () => {
    const schema = (reference: string): object => ({
      ...list,
      items: { $dynamicRef: reference },
      $defs: { item: { $dynamicAnchor: 'item', $anchor: 'plain', type: 'number' } },
    })
    for (const reference of ['#/$defs/item', '#plain', 'https://example.com/list#/$defs/item']) {
      const root = {
        $ref: 'https://example.com/list',
        $defs: { item: { $dynamicAnchor: 'item', type: 'string' }, list: schema(reference) },
      }
      expect([accepts(root, [1]), accepts(root, ['x'])]).toEqual([true, false])
    }
  })

  test('and holds beside a plain one', () => {
    const schema = {
      $ref: '#/$defs/short',
      $dynamicRef: '#text',
      $defs: { short: { maxLength: 2 }, text: { $dynamicAnchor: 'text', type: 'string' } },
    }
    expect(['ab', 'abc', 1].map((value) => accepts(schema, value))).toEqual([true, false, false])
  })

  test('in 2019-09 by its other name', () => {
    const schema = (isOpen: boolean): object => ({
      $schema: 'https://json-schema.org/draft/2019-09/schema',
      $id: 'https://example.com/number-or-tree',
      $recursiveAnchor: isOpen,
      anyOf: [{ type: 'integer' }, { $ref: '#/$defs/tree' }],
      $defs: {
        tree: {
          $id: 'tree',
          $recursiveAnchor: isOpen,
          anyOf: [
            { type: 'string' },
            { type: 'object', additionalProperties: { $recursiveRef: '#' } },
          ],
        },
      },
    })
    const value = { a: { b: 1 } }
    expect([accepts(schema(true), value), accepts(schema(false), value)]).toEqual([true, false])
    expect(accepts(schema(true), { a: { b: null } })).toBe(false)
    expect(accepts(schema(false), { a: { b: 'x' } })).toBe(true)
  })

  test('in 2019-09 only of a resource that says so at its root', () => {
    const schema = {
      $schema: 'https://json-schema.org/draft/2019-09/schema',
      $id: 'https://example.com/closed',
      $ref: 'tree',
      properties: { unrelated: { $recursiveAnchor: true, type: 'null' } },
      $defs: {
        tree: {
          $id: 'tree',
          $recursiveAnchor: true,
          additionalProperties: { $recursiveRef: '#' },
          type: 'object',
        },
      },
    }
    expect([accepts(schema, { a: { b: {} } }), accepts(schema, { a: null })]).toEqual([true, false])
  })

  test('and a tool that has one says so to others as its author wrote it', async () => {
    const inputSchema = Object.freeze({
      type: 'object',
      properties: Object.freeze({ a: Object.freeze({ $dynamicRef: '#text' }) }),
      $defs: Object.freeze({ text: Object.freeze({ $dynamicAnchor: 'text', type: 'string' }) }),
    })
    const tool = defineTool({
      name: 'say',
      description: 'Says.',
      inputSchema: jsonSchema(inputSchema),
    })
    expect(tool.descriptor.inputSchema).toEqual(inputSchema)
    expect(await tool.validateInput({ a: 'x' })).toHaveProperty('value')
    expect(await tool.validateInput({ a: 1 })).toEqual({
      issues: [{ path: '/a', message: 'Instance type "number" is invalid. Expected "string".' }],
    })
  })
})

test('only what can be reached in several scopes counts for their limit', () => {
  const many = { properties: { a: { allOf: Array.from({ length: 12_000 }, () => ({})) } } }
  const one = { ...many, $dynamicRef: '#x', $defs: { x: { $dynamicAnchor: 'x', type: 'string' } } }
  expect([accepts(one, 'x'), accepts(one, 1)]).toEqual([true, false])
  const two = {
    $ref: 'https://example.com/list',
    $defs: { list, item: { $dynamicAnchor: 'item', type: 'string' }, many },
  }
  expect([accepts(two, ['x']), accepts(two, [1])]).toEqual([true, false])
  const all = { ...two, ...many }
  expect(thrownBy(() => check(all, [])).message).toContain(
    'dynamic references lead to too many places',
  )
})

test('what nothing leads to is checked like the rest', () => {
  const schema = {
    $ref: 'https://example.com/list',
    $defs: {
      list,
      item: { $dynamicAnchor: 'item', type: 'string' },
      unused: { pattern: '(a|aa)+$' },
    },
  }
  expect(thrownBy(() => check(schema, [])).message).toContain('At "/$defs/unused/pattern"')
})

describe('what is unevaluated is what no schema within looked at, and never what one beside it did', () => {
  const looked = { properties: { x: true, y: true } }
  const closed = { unevaluatedProperties: false }
  const within = { $defs: { looked, closed } }
  // Not written as an object: what has a `then` looks like a promise.
  const given = (condition: unknown, keyword: string, schema: object): object =>
    Object.fromEntries([
      ['if', condition],
      [keyword, schema],
    ])
  test.each([
    ['a reference and a list', { $ref: '#/$defs/looked', allOf: [closed] }],
    ['two references', { $ref: '#/$defs/looked', anyOf: [{ $ref: '#/$defs/closed' }] }],
    ['a reference and a consequence', { $ref: '#/$defs/looked', ...given(true, 'then', closed) }],
    ['a list and a consequence', { allOf: [looked], ...given(true, 'then', closed) }],
    ['a list and an alternative', { allOf: [looked], ...given(false, 'else', closed) }],
    ['a condition and its consequence', given(looked, 'then', closed)],
    ['a list and a dependent', { allOf: [looked], dependentSchemas: { x: closed } }],
    ['two dependents', { dependentSchemas: { x: looked, y: closed } }],
  ])('%s', (_, schema) => {
    expect(accepts({ ...within, ...schema }, { x: 1, y: 1 })).toBe(false)
    // What is around it sees both.
    const open = JSON.parse(
      JSON.stringify({ ...within, ...schema }).replaceAll('false}', 'true}'),
    ) as object
    expect(accepts({ ...open, unevaluatedProperties: false }, { x: 1, y: 1 })).toBe(true)
  })

  test('in draft 7, where it means nothing, a $ref hides all the same what is beside it', () => {
    const schema = {
      $schema: 'http://json-schema.org/draft-07/schema#',
      $ref: '#/definitions/any',
      allOf: [false],
      definitions: { any: {}, other: { unevaluatedProperties: false } },
    }
    expect(accepts(schema, 1)).toBe(true)
  })

  test('items too', () => {
    const schema = {
      $ref: '#/$defs/first',
      allOf: [{ unevaluatedItems: false }],
      $defs: { first: { prefixItems: [true] } },
    }
    expect([accepts(schema, []), accepts(schema, [1])]).toEqual([true, false])
  })
})
