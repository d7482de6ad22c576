import { describe, expect, test } from 'vitest'
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
import { allDialects } from './schema-judge.ts'

/** What becomes of the schema of a property, and what is lost, as "path keyword how". */
function property(schema: Json, dialect: SchemaDialect, more: JsonObject = {}) {
  const whole = { type: 'object', properties: { x: schema }, ...more }
  const { schema: lowered, losses, leftOut } = lowerSchema(whole, dialect)
  const { x } = (lowered['properties'] ?? {}) as JsonObject
  return { x, losses: losses.map(({ path, keyword, how }) => `${path} ${keyword} ${how}`), leftOut }
}

function lower(schema: JsonObject, dialect: SchemaDialect = openSchema) {
  const { schema: lowered, losses, leftOut } = lowerSchema(schema, dialect)
  return {
    lowered,
    losses: losses.map(({ path, keyword, how }) => `${path} ${keyword} ${how}`),
    leftOut,
  }
}

const text = { type: 'string' }
const number = { type: 'number' }

describe('what a dialect knows goes out as it is', () => {
  const everything = {
    type: 'object',
    title: 'All',
    description: 'Of everything.',
    properties: {
      n: { type: 'integer', minimum: 0, exclusiveMaximum: 9, multipleOf: 3 },
      s: { type: ['string', 'null'], minLength: 1, pattern: '^a', format: 'email', default: 'ab' },
      e: { enum: ['a', 1, null, { b: 1 }] },
      c: { const: 'c' },
      l: { type: 'array', prefixItems: [text], items: false, uniqueItems: true, contains: text },
      o: { type: 'object', patternProperties: { '^x': number }, additionalProperties: number },
      u: { oneOf: [text, number], not: { const: 'no' } },
      i: { if: text, else: { allOf: [number, { minimum: 1 }] } },
      r: { $ref: '#/$defs/Node', description: 'A node.' },
      'x-y.z': { 'x-hint': [1], examples: ['a'], anyOf: [text, true] },
    },
    required: ['n'],
    dependentRequired: { n: ['s'] },
    additionalProperties: false,
    $defs: { Node: { type: 'object', properties: { next: { $ref: '#/$defs/Node' } } } },
  }

  test.each([openSchema, anthropicSchema])('$name takes nearly all of JSON Schema', (dialect) => {
    const { lowered, losses } = lower(everything, dialect)
    const { properties } = everything
    expect(losses).toEqual([])
    expect(lowered).toEqual({
      ...everything,
      properties: {
        ...properties,
        'x-y.z': { ...properties['x-y.z'], anyOf: [text, {}] },
      },
    })
  })

  test('the order of properties and keywords stays, since models read something into it', () => {
    const { lowered } = lower(everything)
    expect(Object.keys(lowered)).toEqual(Object.keys(everything))
    expect(Object.keys(lowered['properties'] as JsonObject)).toEqual(
      Object.keys(everything.properties),
    )
  })

  test.each([
    ['a type', { type: ['string', 'null'] }, geminiSchema],
    ['a list of texts', { type: 'string', enum: ['a', 'b'] }, geminiOpenApi],
    ['bounds', { type: 'number', minimum: 1, maximum: 2 }, geminiOpenApi],
    [
      'a closed object',
      { type: 'object', properties: {}, additionalProperties: false },
      geminiSchema,
    ],
    ['a pattern', { type: 'string', pattern: '^[a-z]+(?:-[a-z]+)?$' }, openaiStrict],
    ['exclusive bounds', { type: 'number', exclusiveMinimum: 0, multipleOf: 2 }, openaiStrict],
    ['one item at least', { type: 'array', items: text, minItems: 1 }, anthropicStrict],
    ['a list of types', { type: ['string', 'null'] }, ollamaSchema],
  ] as const)('%s', (_, schema, dialect) => {
    expect(property(schema, dialect)).toEqual({ x: schema, losses: [], leftOut: undefined })
  })
})

describe('what a dialect says otherwise', () => {
  test.each<readonly [string, Json, SchemaDialect, Json]>([
    ['a constant is a list of one', { const: 'a' }, geminiSchema, { enum: ['a'], type: 'string' }],
    [
      'values have a type',
      { enum: [1, 'a'] },
      openaiStrict,
      { enum: [1, 'a'], type: ['number', 'string'] },
    ],
    ['null alone is a type', { const: null }, geminiSchema, { type: 'null' }],
    [
      'null among values stands apart',
      { type: ['string', 'null'], enum: ['a', null], description: 'D' },
      geminiSchema,
      { anyOf: [{ type: 'string', enum: ['a'] }, { type: 'null' }], description: 'D' },
    ],
    [
      'null that the type excludes is no value',
      { type: 'string', enum: ['a', null] },
      geminiSchema,
      { type: 'string', enum: ['a'] },
    ],
    [
      'OpenAPI says null with nullable',
      { type: ['string', 'null'], description: 'D' },
      geminiOpenApi,
      { type: 'string', nullable: true, description: 'D' },
    ],
    [
      'OpenAPI has one type',
      { type: ['string', 'number'], description: 'D', minLength: 1 },
      geminiOpenApi,
      {
        anyOf: [
          { type: 'string', minLength: 1, description: 'D' },
          { type: 'number', minLength: 1 },
        ],
      },
    ],
    [
      'OpenAPI has nothing beside alternatives',
      { anyOf: [text, number, { type: 'null' }], description: 'D', maxLength: 3 },
      geminiOpenApi,
      {
        anyOf: [
          { type: 'string', maxLength: 3, nullable: true, description: 'D' },
          { type: 'number', maxLength: 3 },
        ],
      },
    ],
    [
      'Kimi has the type within the alternatives',
      { type: 'string', anyOf: [{ minLength: 3 }, { const: 'a' }], description: 'D' },
      kimiSchema,
      {
        anyOf: [
          { minLength: 3, type: 'string' },
          { const: 'a', type: 'string' },
        ],
        description: 'D',
      },
    ],
    [
      'alternatives of different types exclude each other',
      { oneOf: [text, { type: 'array', items: text }] },
      geminiSchema,
      { anyOf: [text, { type: 'array', items: text }] },
    ],
    [
      'so do objects with a mark',
      {
        oneOf: ['a', 'b'].map((kind) => ({
          type: 'object',
          properties: { kind: { const: kind } },
          required: ['kind'],
        })),
      },
      openaiStrict,
      {
        anyOf: ['a', 'b'].map((kind) => ({
          type: 'object',
          properties: { kind: { const: kind, type: 'string' } },
          required: ['kind'],
        })),
      },
    ],
    [
      'what has to satisfy all is one schema',
      {
        allOf: [
          { type: ['object', 'null'], properties: { a: text, b: { minLength: 1 } } },
          { type: 'object', properties: { b: text }, required: ['a'], maxProperties: 3 },
        ],
        description: 'D',
        maxProperties: 4,
      },
      geminiOpenApi,
      {
        description: 'D',
        type: 'object',
        properties: { a: text, b: { minLength: 1, type: 'string' } },
        required: ['a'],
        maxProperties: 3,
      },
    ],
    [
      'a whole number is a number, and a step is a step of a smaller one',
      {
        type: ['number', 'string'],
        allOf: [{ type: ['integer', 'null'], multipleOf: 2 }, { multipleOf: 4 }],
      },
      openaiStrict,
      { type: ['integer'], multipleOf: 4 },
    ],
    [
      'what one part closes, the other cannot add to',
      {
        type: 'object',
        properties: { a: text, c: text },
        additionalProperties: false,
        allOf: [{ properties: { a: { minLength: 1 }, b: text }, additionalProperties: true }],
      },
      kimiSchema,
      {
        type: 'object',
        properties: {
          a: { type: 'string', minLength: 1 },
          c: text,
        },
        additionalProperties: false,
      },
    ],
    [
      'a tuple without more items has a last one',
      { type: 'array', prefixItems: [text, number], items: false },
      geminiSchema,
      { type: 'array', prefixItems: [text, number], maxItems: 2, items: {} },
    ],
    [
      'an array that has fewer items than its tuple',
      { type: 'array', prefixItems: [text, number], items: false, maxItems: 1 },
      geminiSchema,
      { type: 'array', prefixItems: [text, number], maxItems: 1, items: {} },
    ],
    ['an array says what is in it', { type: 'array' }, openSchema, { type: 'array', items: {} }],
    [
      'what is required is a property',
      { type: 'object', required: ['a'], additionalProperties: text },
      geminiSchema,
      { type: 'object', required: ['a'], additionalProperties: text, properties: { a: text } },
    ],
    [
      'a default is told',
      { type: 'string', default: 'a' },
      openaiStrict,
      { type: 'string', description: 'default: "a"' },
    ],
    [
      'what refuses nothing goes',
      { type: 'array', items: text, minItems: 0, uniqueItems: false },
      ollamaSchema,
      { type: 'array', items: text },
    ],
  ])('without loss: %s', (_, schema, dialect, expected) => {
    const { x, losses } = property(schema, dialect)
    expect(x).toEqual(expected)
    expect(losses).toEqual([])
  })

  test.each<readonly [string, Json, SchemaDialect, Json, readonly string[]]>([
    [
      'limits are told',
      { type: 'string', description: 'Name.', minLength: 2, pattern: '^a' },
      geminiSchema,
      { type: 'string', description: 'Name. (minLength: 2; pattern: "^a")' },
      ['/properties/x minLength described', '/properties/x pattern described'],
    ],
    [
      'a format that is not read is told',
      { type: 'string', format: 'uri' },
      openaiStrict,
      { type: 'string', description: 'format: "uri"' },
      ['/properties/x format described'],
    ],
    [
      'a pattern that does not compile is told',
      { type: 'string', pattern: '^(?!a)b' },
      openaiStrict,
      { type: 'string', description: 'pattern: "^(?!a)b"' },
      ['/properties/x pattern described'],
    ],
    [
      'values that are not taken leave their type',
      { enum: [true, 'a'] },
      geminiSchema,
      { type: ['boolean', 'string'], description: 'enum: [true,"a"]' },
      ['/properties/x enum described'],
    ],
    [
      'one of several becomes some',
      { oneOf: [number, { type: 'integer' }] },
      geminiSchema,
      { anyOf: [number, { type: 'integer' }] },
      ['/properties/x oneOf widened'],
    ],
    [
      'a tuple becomes items of all its kinds',
      { type: 'array', prefixItems: [text, number], items: text },
      ollamaSchema,
      {
        type: 'array',
        items: { anyOf: [text, number] },
        description: 'prefixItems: [{"type":"string"},{"type":"number"}]',
      },
      ['/properties/x prefixItems described'],
    ],
    [
      'patterns of names take what is additional with them',
      { type: 'object', patternProperties: { '^a': text }, additionalProperties: false },
      geminiSchema,
      { type: 'object', description: 'patternProperties: {"^a":{"type":"string"}}' },
      ['/properties/x additionalProperties dropped', '/properties/x patternProperties described'],
    ],
    [
      'what cannot be one schema is told',
      { allOf: [{ type: 'string', pattern: 'a' }, { pattern: 'b' }] },
      geminiOpenApi,
      { type: 'string', pattern: 'a', description: 'pattern: "b"' },
      ['/properties/x pattern described'],
    ],
    ['what nothing satisfies is anything', false, geminiSchema, {}, ['/properties/x not dropped']],
    [
      'items that differ are told',
      { type: 'array', items: text, uniqueItems: true, minItems: 1 },
      ollamaSchema,
      { type: 'array', items: text, description: 'uniqueItems: true; minItems: 1' },
      ['/properties/x uniqueItems described', '/properties/x minItems described'],
    ],
    [
      'a tuple that goes on with anything says nothing of its items',
      { type: 'array', prefixItems: [text] },
      ollamaSchema,
      { type: 'array', items: {}, description: 'prefixItems: [{"type":"string"}]' },
      ['/properties/x prefixItems described'],
    ],
    [
      'null alone among values of more types is told',
      { type: ['string', 'null'], enum: [null] },
      geminiSchema,
      { type: ['string', 'null'], description: 'enum: [null]' },
      ['/properties/x enum described'],
    ],
    [
      'steps without a common one are told',
      { type: 'integer', allOf: [{ multipleOf: 4 }, { multipleOf: 6 }] },
      openaiStrict,
      { type: 'integer', multipleOf: 4, description: 'multipleOf: 6' },
      ['/properties/x multipleOf described'],
    ],
    [
      'what a part of it did not evaluate is told',
      {
        type: 'object',
        properties: { a: text },
        allOf: [{ properties: { b: text }, unevaluatedProperties: { minLength: 1 } }],
      },
      geminiSchema,
      {
        type: 'object',
        properties: { a: text, b: text },
        description: 'unevaluatedProperties: {"minLength":1}',
      },
      ['/properties/x unevaluatedProperties described'],
    ],
    [
      'what is long is not told',
      { type: 'string', pattern: 'a'.repeat(600) },
      geminiSchema,
      { type: 'string' },
      ['/properties/x pattern dropped'],
    ],
    [
      'what is no keyword is taken out',
      { type: 'any', required: true, enum: 'a', properties: [], minLength: -1, allOf: [] },
      openSchema,
      {},
      ['type', 'required', 'enum', 'properties', 'minLength', 'allOf'].map(
        (keyword) => `/properties/x ${keyword} dropped`,
      ),
    ],
  ])('with a loss: %s', (_, schema, dialect, expected, losses) => {
    expect(property(schema, dialect)).toEqual({ x: expected, losses, leftOut: undefined })
  })

  test('where something means nothing, what would refuse more for it is not said', () => {
    const { x, losses } = property({ type: 'object', not: { required: true } }, openSchema)
    expect(x).toEqual({ type: 'object', description: 'not: {}' })
    expect(losses).toEqual(['/properties/x/not required dropped', '/properties/x not described'])
  })
})

describe('the root is an object without alternatives', () => {
  const either = {
    type: 'object',
    properties: { id: text, name: text, page: number },
    anyOf: [{ required: ['id', 'page'] }, { required: ['name', 'page'] }],
  }

  test.each(allDialects)(
    '$name: alternatives of names are told, and what all want is required',
    (dialect) => {
      const { lowered, losses } = lower(either, dialect)
      expect(lowered).toEqual({
        type: 'object',
        properties: either.properties,
        required: ['page'],
        description: `anyOf: ${JSON.stringify(either.anyOf)}`,
      })
      expect(losses).toEqual([' anyOf described'])
    },
  )

  test('alternatives with properties become one object with all of them', () => {
    const { lowered, losses } = lower({
      type: 'object',
      description: 'A file.',
      oneOf: [
        {
          properties: { kind: { const: 'text' }, body: text },
          required: ['kind', 'body'],
          additionalProperties: false,
        },
        {
          properties: { kind: { const: 'link' }, url: text },
          required: ['kind', 'url'],
          additionalProperties: false,
        },
      ],
    })
    expect(lowered).toMatchObject({
      type: 'object',
      properties: {
        kind: { anyOf: [{ const: 'text' }, { const: 'link' }] },
        body: text,
        url: text,
      },
      required: ['kind'],
      additionalProperties: false,
      description: expect.stringMatching(/^A file\. \(oneOf: \[/),
    })
    expect(losses).toEqual([' oneOf described'])
  })

  test('a property that another alternative leaves open may be anything, and its kind is told', () => {
    const open = {
      type: 'object',
      anyOf: [{ properties: { a: text } }, { properties: { b: number } }],
    }
    expect(lower(open).lowered['properties']).toEqual({
      a: { anyOf: [text, {}] },
      b: { anyOf: [{}, number] },
    })
    expect(lower(open, geminiSchema).lowered['properties']).toEqual({
      a: { description: 'may be: {"type":"string"}' },
      b: { description: 'may be: {"type":"number"}' },
    })
  })

  test('what has to satisfy all becomes one object, without loss', () => {
    const { lowered, losses } = lower({
      type: 'object',
      properties: { a: text },
      required: ['a'],
      allOf: [
        { $ref: '#/$defs/paged' },
        { properties: { a: { minLength: 1 } }, minProperties: 1 },
        { anyOf: [{ required: ['b'] }] },
      ],
      $defs: { paged: { type: 'object', properties: { page: number }, required: ['page'] } },
    })
    expect(lowered).toEqual({
      type: 'object',
      properties: { a: { allOf: [text, { minLength: 1 }] }, page: number },
      required: ['a', 'page', 'b'],
      minProperties: 1,
    })
    expect(losses).toEqual([])
  })

  test('what else it may not hold is told', () => {
    const { lowered, losses } = lower({
      properties: { a: text },
      not: { required: ['b'] },
      enum: [{ a: 'x' }, { a: 'y' }],
    })
    expect(lowered).toEqual({
      type: 'object',
      properties: { a: text },
      description: 'not: {"required":["b"]}; enum: [{"a":"x"},{"a":"y"}]',
    })
    expect(losses).toEqual([' not described', ' enum described'])
  })

  test('a reference at the root is what it leads to, also to itself', () => {
    const tree = {
      $ref: '#/$defs/Tree',
      $defs: { Tree: { type: 'object', properties: { left: { $ref: '#' } } } },
    }
    const lowered = {
      type: 'object',
      properties: { left: { $ref: '#/$defs/root' } },
    }
    expect(lower(tree)).toEqual({
      lowered: { ...lowered, $defs: { root: { $ref: '#/$defs/Tree' }, Tree: lowered } },
      losses: [],
      leftOut: undefined,
    })
  })

  test.each<readonly [string, Json, RegExp]>([
    ['text', { type: 'string' }, /^its schema is not of type object, but \["string"\]$/],
    ['a choice without an object', { anyOf: [text, number] }, /^no object satisfies its schema$/],
    ['nothing', { allOf: [{ type: 'object' }, false] }, /^no object satisfies its schema$/],
    ['a contradiction', { type: 'object', allOf: [text] }, /^no object satisfies its schema$/],
    ['no schema', 'object', /^its schema is no object$/],
    ['a list', [], /^its schema is no object$/],
    ['null', null, /^its schema is no object$/],
  ])('a root that is %s is left out', (_, schema, reason) => {
    for (const dialect of allDialects) expect(lowerSchema(schema, dialect).leftOut).toMatch(reason)
  })

  test('more alternatives than anybody reads say nothing of properties', () => {
    const alternatives = Array.from({ length: 300 }, (_, n) => ({
      properties: { [`p${n}`]: { const: n } },
      additionalProperties: false,
    }))
    const { lowered, losses } = lower({ type: 'object', oneOf: alternatives })
    expect(lowered).toEqual({ type: 'object' })
    expect(losses).toEqual([' oneOf dropped'])
  })

  test('alternatives that lead back to themselves come to an end', () => {
    const { leftOut, losses } = lower({
      type: 'object',
      properties: { a: text },
      anyOf: [{ $ref: '#' }, { required: ['a'] }],
    })
    expect(leftOut).toBeUndefined()
    expect(losses).toEqual([' anyOf described'])
  })

  test('a root that may be an object is one', () => {
    const { lowered, losses } = lower({ type: ['null', 'object'], properties: { a: text } })
    expect(lowered).toEqual({ type: 'object', properties: { a: text } })
    expect(losses).toEqual([])
  })

  test.each([anthropicSchema, anthropicStrict])(
    '$name refuses names of properties at the root, and only there',
    (dialect) => {
      const named = (name: string) => ({ type: 'object', properties: { [name]: text } })
      expect(lower(named('filter[id]'), dialect).leftOut).toBe(
        `${dialect.name} takes no property with the name "filter[id]"`,
      )
      expect(lower(named('a'.repeat(65)), dialect).leftOut).toMatch(/takes no property/)
      expect(property(named('filter[id]'), dialect).leftOut).toBeUndefined()
      expect(lower(named('filter[id]'), openSchema).leftOut).toBeUndefined()
    },
  )
})

describe('references', () => {
  const definitions = { City: { type: 'object', properties: { zip: text } } }
  const tree = {
    type: 'object',
    properties: { root: { $ref: '#/$defs/Node', description: 'D' } },
    required: ['root'],
    $defs: {
      Node: {
        type: 'object',
        properties: { label: text, nodes: { type: 'array', items: { $ref: '#/$defs/Node' } } },
        required: ['label', 'nodes'],
      },
    },
  }
  const { Node } = tree.$defs

  test.each([openSchema, anthropicSchema])(
    '$name: they are kept, with what they lead to',
    (dialect) => {
      const unused = { Other: text }
      const { lowered } = lower(
        {
          type: 'object',
          properties: { x: { $ref: '#/$defs/City' } },
          $defs: { ...definitions, ...unused },
        },
        dialect,
      )
      expect(lowered).toEqual({
        type: 'object',
        properties: { x: { $ref: '#/$defs/City' } },
        $defs: definitions,
      })
    },
  )

  test.each([geminiSchema, geminiOpenApi, kimiSchema, ollamaSchema, openaiStrict, anthropicStrict])(
    '$name: what does not contain itself is written out',
    (dialect) => {
      const { x, losses } = property({ $ref: '#/$defs/City', description: 'D' }, dialect, {
        $defs: definitions,
      })
      expect(x).toEqual({ ...definitions.City, description: 'D' })
      expect(losses).toEqual([])
    },
  )

  test('what contains itself stays where references are taken, with nothing beside', () => {
    for (const dialect of [kimiSchema, openaiStrict])
      expect(lower(tree, dialect)).toEqual({
        lowered: { ...tree, properties: { root: { $ref: '#/$defs/Node' } } },
        losses: [],
        leftOut: undefined,
      })
    expect(lower(tree, openSchema).lowered).toEqual(tree)
  })

  test('Gemini: a cycle is within what may be left out', () => {
    expect(lower(tree, geminiSchema)).toEqual({
      lowered: {
        ...tree,
        properties: { root: { $ref: '#/$defs/Node' } },
        $defs: { Node: { ...Node, required: ['label'], description: 'required: ["nodes"]' } },
      },
      losses: ['/$defs/Node required described'],
      leftOut: undefined,
    })
  })

  test('Ollama: what contains itself ends in its type', () => {
    const { nodes } = Node.properties
    expect(lower(tree, ollamaSchema)).toEqual({
      lowered: {
        type: 'object',
        properties: {
          root: {
            ...Node,
            properties: { label: text, nodes: { ...nodes, items: { type: 'object' } } },
            description: 'D',
          },
        },
        required: ['root'],
      },
      losses: [expect.stringMatching(/ \$ref widened$/)],
      leftOut: undefined,
    })
  })

  test.each([geminiOpenApi, anthropicStrict])(
    '$name: what contains itself is left out',
    (dialect) => {
      expect(lower(tree, dialect).leftOut).toBe(
        `${dialect.name} takes no schema that contains itself, as "/$defs/Node" does`,
      )
    },
  )

  test('limits beside a reference that would stay are joined with what it leads to', () => {
    const { x, losses } = property({ $ref: '#/$defs/Node', minProperties: 2 }, openaiStrict, {
      $defs: tree.$defs,
    })
    expect(x).toEqual({ ...Node, description: 'minProperties: 2' })
    expect(losses).toEqual(['/properties/x minProperties described'])
  })

  test('a pointer, an anchor and an $id lead into the document, and nothing leads out of it', () => {
    const $defs = {
      a: { $anchor: 'here', type: 'string' },
      b: {
        $id: 'https://host.test/b.json',
        type: 'object',
        properties: { n: { $ref: '#/$defs/n' } },
        $defs: { n: number },
      },
      'c/d e': { type: 'boolean' },
      value: { const: { $id: 'urn:value', type: 'string' } },
    }
    const leadsTo = ($ref: string) => property({ $ref }, geminiSchema, { $defs })
    expect(leadsTo('#here').x).toEqual(text)
    expect(leadsTo('https://host.test/b.json').x).toEqual({
      type: 'object',
      properties: { n: number },
    })
    expect(leadsTo('https://host.test/b.json#/$defs/n').x).toEqual(number)
    expect(leadsTo('#/$defs/c~1d%20e').x).toEqual({ type: 'boolean' })
    expect(leadsTo('#/properties/y').losses).toEqual(['/properties/x $ref dropped'])
    for (const out of [
      'https://host.test/other.json',
      '#/$defs/zz',
      '#/$defs/toString',
      '#/$defs/__proto__',
      'urn:value',
      '#/%zz',
      'http://[',
    ])
      expect(leadsTo(out)).toEqual({
        x: {},
        losses: ['/properties/x $ref dropped'],
        leftOut: undefined,
      })
  })

  test('two definitions of one name have two names', () => {
    const { lowered } = lower({
      type: 'object',
      properties: {
        a: { $ref: '#/$defs/x/$defs/n' },
        b: { $ref: '#/$defs/n' },
        c: { $ref: '#/$defs/x/$defs/n' },
      },
      $defs: { n: number, x: { $defs: { n: text } } },
    })
    expect(lowered).toMatchObject({
      properties: {
        a: { $ref: '#/$defs/n' },
        b: { $ref: '#/$defs/n_2' },
        c: { $ref: '#/$defs/n' },
      },
      $defs: { n: text, n_2: number },
    })
  })
})

describe('older drafts are read as 2020-12', () => {
  const draft = (version: string): string => `http://json-schema.org/draft-${version}/schema#`

  test.each<readonly [string, Json, Json, string?]>([
    [
      'tuples',
      { type: 'array', items: [text, number], additionalItems: false },
      { type: 'array', prefixItems: [text, number], items: false },
    ],
    [
      'what is additional to no tuple',
      { type: 'array', items: text, additionalItems: false },
      { type: 'array', items: text },
    ],
    [
      'exclusive bounds',
      { type: 'number', minimum: 1, exclusiveMinimum: true, maximum: 5, exclusiveMaximum: false },
      { type: 'number', exclusiveMinimum: 1, maximum: 5 },
    ],
    ['definitions', { $ref: '#/definitions/n' }, { $ref: '#/$defs/n' }],
    [
      'what is beside a reference',
      { $ref: '#/definitions/n', minimum: 3, title: 'T' },
      { $ref: '#/$defs/n', title: 'T' },
    ],
    [
      'dependencies',
      { dependencies: { a: ['b'], c: { required: ['d'] } } },
      { dependentRequired: { a: ['b'] }, dependentSchemas: { c: { required: ['d'] } } },
    ],
    [
      'what was not a keyword yet',
      {
        type: 'array',
        items: text,
        prefixItems: [number],
        unevaluatedItems: false,
        minContains: 2,
      },
      { type: 'array', items: text },
    ],
    ['conditions before draft-07', { if: text, else: number, const: 1 }, { const: 1 }, draft('06')],
    [
      'constants before draft-06',
      { const: 1, id: 'x', type: 'number' },
      { type: 'number' },
      draft('04'),
    ],
  ])('%s', (_, schema, expected, version) => {
    const { x, losses } = property(schema as Json, anthropicSchema, {
      $schema: version ?? draft('07'),
      definitions: { n: number },
    })
    expect(x).toEqual(expected)
    expect(losses).toEqual([])
  })

  test('a property may be called like a keyword', () => {
    const { x } = property(
      { type: 'object', properties: { default: { type: 'array', items: [text] } } },
      anthropicSchema,
      { $schema: draft('07') },
    )
    expect(x).toEqual({
      type: 'object',
      properties: { default: { type: 'array', prefixItems: [text] } },
    })
  })

  test('2020-12 counts what is beside a reference', () => {
    const { x } = property({ $ref: '#/$defs/n', minimum: 3 }, geminiSchema, {
      $defs: { n: { ...number, minimum: 1 } },
    })
    expect(x).toEqual({ type: 'number', minimum: 3 })
  })
})

describe('a stranger’s schema', () => {
  test('that is too deep, too long or no JSON is left out', () => {
    const deep = (levels: number): Json =>
      levels === 0 ? text : { type: 'array', items: deep(levels - 1) }
    const cyclic: Record<string, unknown> = { type: 'object' }
    cyclic['not'] = cyclic
    const refused = [
      { type: 'object', properties: { x: deep(100) } },
      { type: 'object', description: 'x'.repeat(200_000) },
      { type: 'object', default: new Date() },
      { type: 'object', default: Number.NaN },
      cyclic,
    ]
    for (const dialect of allDialects)
      for (const schema of refused) expect(lowerSchema(schema, dialect).leftOut).toMatch(/./)
  })

  test('that would be huge when it is written out is left out', () => {
    const $defs: Record<string, Json> = { d0: text }
    for (let n = 1; n < 40; n++) {
      const $ref = `#/$defs/d${n - 1}`
      $defs[`d${n}`] = { type: 'object', properties: { a: { $ref }, b: { $ref } } }
    }
    const schema = { type: 'object', properties: { x: { $ref: '#/$defs/d39' } }, $defs }
    for (const dialect of [
      geminiSchema,
      geminiOpenApi,
      kimiSchema,
      ollamaSchema,
      openaiStrict,
      anthropicStrict,
    ])
      expect(lowerSchema(schema, dialect).leftOut).toBe(
        `its schema is too large for ${dialect.name}, with its references written out`,
      )
    expect(lowerSchema(schema, openSchema).losses).toEqual([])
  })

  test('that refers to more than anybody names is left out', () => {
    const schema = (count: number): JsonObject => ({
      type: 'object',
      properties: Object.fromEntries(
        Array.from({ length: count }, (_, n) => [`p${n}`, { $ref: `#/$defs/d${n}` }]),
      ),
      $defs: Object.fromEntries(Array.from({ length: count }, (_, n) => [`d${n}`, { ...text }])),
    })
    expect(lower(schema(1000)).leftOut).toBeUndefined()
    expect(lower(schema(1001)).leftOut).toBe('its schema refers to more than 1000 others')
  })

  test('with long chains, wide unions and many definitions comes to an end', () => {
    const chain = Object.fromEntries(
      Array.from({ length: 900 }, (_, n) => [`d${n}`, { $ref: `#/$defs/d${n + 1}` }]),
    )
    const wide = Array.from({ length: 900 }, (_, n) => ({
      type: 'object',
      properties: { [`p${n}`]: { const: n } },
    }))
    const clique = Object.fromEntries(
      Array.from({ length: 40 }, (_, n) => [
        `d${n}`,
        {
          type: 'object',
          properties: Object.fromEntries(
            Array.from({ length: 40 }, (__, m) => [`p${m}`, { $ref: `#/$defs/d${m}` }]),
          ),
        },
      ]),
    )
    const schemas = [
      {
        type: 'object',
        properties: { x: { $ref: '#/$defs/d0' } },
        $defs: { ...chain, d900: text },
      },
      { type: 'object', anyOf: wide },
      { type: 'object', properties: { x: { oneOf: wide } } },
      { type: 'object', properties: { x: { $ref: '#/$defs/d0' } }, $defs: clique },
    ]
    // What is wrong here never ends, which the limit of the test tells.
    for (const schema of schemas) for (const dialect of allDialects) lowerSchema(schema, dialect)
  })

  test('with names of prototypes is no danger, and loses no property', () => {
    const schema = JSON.parse(
      '{"type":"object","properties":{"__proto__":{"type":"string"},"constructor":{"type":"number"}},"required":["__proto__"],"$defs":{"__proto__":{"type":"object"}},"__proto__":{"polluted":true}}',
    )
    for (const dialect of allDialects) {
      const { schema: lowered } = lowerSchema(schema, dialect)
      expect(Object.getOwnPropertyNames(lowered['properties'])).toEqual([
        '__proto__',
        'constructor',
      ])
      expect(JSON.stringify(lowered)).toContain('"properties":{"__proto__":{"type":"string"},')
      expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
      expect((lowered as { polluted?: boolean }).polluted).toBeUndefined()
    }
  })
})
