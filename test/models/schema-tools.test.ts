import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import type { Json, JsonObject } from '../../src/base/index.ts'
import { anthropic } from '../../src/models/anthropic.ts'
import { cohere } from '../../src/models/cohere.ts'
import { gemini } from '../../src/models/gemini.ts'
import { ollama } from '../../src/models/ollama.ts'
import { openaiChat } from '../../src/models/openai-chat.ts'
import { openaiResponses } from '../../src/models/openai-responses.ts'
import type { Model, ModelRequest } from '../../src/ports/index.ts'
import type { ToolDescriptor } from '../../src/protocol/index.ts'
import { createToolServer } from '../../src/server/index.ts'
import { scriptedModel } from '../../src/testing/index.ts'
import { defineTool } from '../../src/tools/index.ts'
import { ask, chunk, sse } from './answer.ts'
import { type Sent, descriptor, sentBy, user } from './wire-history.ts'

type Adapter = (fetch: typeof globalThis.fetch) => Model

interface Wire {
  readonly adapter: Adapter
  /** The schemas of the tools in a request, by the name on the wire. */
  readonly schemas: (body: Sent) => readonly (readonly [string, Json | undefined])[]
}

const functions = (body: Sent) =>
  ((body['tools'] ?? []) as { function: { name: string; parameters: Json } }[]).map(
    (tool) => [tool.function.name, tool.function.parameters] as const,
  )

const wires: Readonly<Record<string, Wire>> = {
  openaiChat: { adapter: (fetch) => openaiChat({ model: 'm', fetch }), schemas: functions },
  openaiResponses: {
    adapter: (fetch) => openaiResponses({ model: 'm', fetch }),
    schemas: (body) =>
      ((body['tools'] ?? []) as { name: string; parameters: Json }[]).map(
        (tool) => [tool.name, tool.parameters] as const,
      ),
  },
  anthropic: {
    adapter: (fetch) => anthropic({ model: 'm', fetch }),
    schemas: (body) =>
      ((body['tools'] ?? []) as { name: string; input_schema: Json }[]).map(
        (tool) => [tool.name, tool.input_schema] as const,
      ),
  },
  gemini: {
    adapter: (fetch) => gemini({ model: 'm', fetch }),
    schemas: (body) =>
      (
        (body['tools'] ?? []) as {
          functionDeclarations: { name: string; parametersJsonSchema: Json }[]
        }[]
      )
        .flatMap(({ functionDeclarations }) => functionDeclarations)
        .map((tool) => [tool.name, tool.parametersJsonSchema] as const),
  },
  ollama: { adapter: (fetch) => ollama({ model: 'm', fetch }), schemas: functions },
  cohere: { adapter: (fetch) => cohere({ model: 'm', fetch }), schemas: functions },
}

const text = { type: 'string' }
const either = {
  type: 'object',
  properties: { id: text, name: text },
  anyOf: [{ required: ['id'] }, { required: ['name'] }],
}

describe.each(Object.entries(wires))('%s', (_, { adapter, schemas }) => {
  const model = adapter(fetch)
  const good = descriptor('good', { type: 'object', properties: { a: text } })
  const odd = [
    descriptor('text', { type: 'string' }),
    descriptor('impossible', { allOf: [{ type: 'object' }, { type: 'array' }] }),
    // What a program without types may pass.
    descriptor('none', null as unknown as JsonObject),
    descriptor('good', { type: 'object' }),
  ]

  test('offers the tools that it can, and says of the others why not', async () => {
    const { body } = await sentBy(adapter, { tools: [...odd.slice(0, 3), good, odd[3]!] })
    expect(schemas(body)).toEqual([['good', good.inputSchema]])
    expect(model.checkTools?.([...odd.slice(0, 3), good, odd[3]!])).toEqual([
      { toolName: 'text', losses: [], leftOut: expect.stringContaining('not of type object') },
      { toolName: 'impossible', losses: [], leftOut: 'no object satisfies its schema' },
      { toolName: 'none', losses: [], leftOut: 'its schema is no object' },
      { toolName: 'good', losses: [], leftOut: 'another tool has its name' },
    ])
  })

  test('has no tools in a request that can offer none', async () => {
    const { body } = await sentBy(adapter, { tools: odd.slice(0, 3), toolChoice: 'required' })
    expect(schemas(body)).toEqual([])
    for (const field of ['tools', 'tool_choice', 'toolConfig'])
      expect(body).not.toHaveProperty(field)
  })

  test('writes a schema that its server takes, and reports what that loses', async () => {
    const { body } = await sentBy(adapter, { tools: [good, descriptor('find', either)] })
    expect(schemas(body)[1]).toEqual([
      'find',
      {
        type: 'object',
        properties: either.properties,
        description: `anyOf: ${JSON.stringify(either.anyOf)}`,
      },
    ])
    expect(model.checkTools?.([good, descriptor('find', either)])).toEqual([
      { toolName: 'find', losses: [{ path: '', keyword: 'anyOf', how: 'described' }] },
    ])
    expect(model.checkTools?.([good])).toEqual([])
  })

  test('refuses to demand a tool that is not offered', () => {
    const demand = (toolName: string, tools: readonly ToolDescriptor[]) => () =>
      model.stream({ messages: [], tools, toolChoice: { toolName } })
    expect(demand('text', [good, ...odd])).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTIONS',
        message: expect.stringMatching(/"text", which is not offered: its schema is not of type/),
        hint: expect.stringContaining('checkTools'),
      }),
    )
    expect(demand('text', [odd[0]!])).toThrow(/its schema is not of type object/)
    expect(demand('other', [good])).toThrow(/"other", which is not offered: the request has no/)
    expect(demand('good', [good])).not.toThrow()
  })

  test('sends the same bytes for the same tools, and changes none', async () => {
    const tools = [Object.freeze(good), descriptor('find', either)]
    const before = JSON.stringify(tools)
    const requests: string[] = []
    const same = adapter(async (_input, init) => {
      requests.push(await new Request('https://host.test', init).text())
      return new Response('')
    })
    for (const request of [{ tools }, { tools: JSON.parse(before) }, { tools }])
      for await (const event of same.stream({ messages: [], ...request }))
        expect(event).toBeDefined()
    expect(new Set(requests).size).toBe(1)
    expect(JSON.stringify(tools)).toBe(before)
  })
})

test('a schema is read once for all requests of a model', async () => {
  let reads = 0
  const inputSchema = {
    type: 'object',
    get properties() {
      reads++
      return {}
    },
  }
  const model = openaiChat({ model: 'm', fetch: async () => new Response('') })
  const tools = [descriptor('look', inputSchema)]
  model.checkTools?.(tools)
  const first = reads
  for (let n = 0; n < 3; n++) for await (const _ of model.stream({ messages: [], tools }));
  expect(reads).toBe(first)
})

describe('what one server wants otherwise', () => {
  const schema = {
    type: 'object',
    properties: {
      x: { type: ['string', 'null'], minLength: 1 },
      y: { oneOf: [text, { const: 1 }] },
    },
  }
  const tools = [descriptor('look', schema)]

  test.each([
    [{}, schema.properties],
    [
      { flavor: 'gemini' },
      {
        x: { type: ['string', 'null'], description: 'minLength: 1' },
        y: { anyOf: [text, { enum: [1], type: 'number' }] },
      },
    ],
    [
      { flavor: 'kimi' },
      { x: schema.properties.x, y: { anyOf: [text, { const: 1, type: 'number' }] } },
    ],
    [{ flavor: { toolSchema: 'ollama' } }, { y: { anyOf: [text, { enum: [1], type: 'number' }] } }],
    [
      { baseURL: 'https://generativelanguage.googleapis.com/v1beta/openai' },
      { y: { anyOf: [text, { enum: [1], type: 'number' }] } },
    ],
  ] as const)('openaiChat with %j', async (options, properties) => {
    const { body } = await sentBy((fetch) => openaiChat({ model: 'm', fetch, ...options }), {
      tools,
    })
    expect(functions(body)[0]?.[1]).toMatchObject({ type: 'object', properties })
  })

  test('gemini with toolSchema openapi writes `parameters`, and none where there are no properties', async () => {
    const { body } = await sentBy((fetch) => gemini({ model: 'm', fetch, toolSchema: 'openapi' }), {
      tools: [...tools, descriptor('rest', { type: 'object', properties: {} })],
    })
    expect(body['tools']).toEqual([
      {
        functionDeclarations: [
          {
            name: 'look',
            description: 'About look',
            parameters: {
              type: 'object',
              properties: {
                x: { type: 'string', nullable: true, minLength: 1 },
                y: { anyOf: [text, { type: 'number', description: 'enum: [1]' }] },
              },
            },
          },
          { name: 'rest', description: 'About rest' },
        ],
      },
    ])
  })
})

const strictly: Adapter = (fetch) => openaiChat({ model: 'm', fetch, strictTools: true })

describe('strictTools', () => {
  const closed = {
    type: 'object',
    properties: { q: text, limit: { type: 'integer' }, kind: { enum: ['a', 'b'] } },
    required: ['q'],
    additionalProperties: false,
  }
  const lossy = {
    type: 'object',
    properties: { q: { type: 'string', minLength: 2 } },
    required: ['q'],
  }
  const tools = [descriptor('find', closed), descriptor('lossy', lossy)]
  const strictClosed = {
    type: 'object',
    properties: {
      q: text,
      limit: { type: ['integer', 'null'] },
      kind: { anyOf: [{ enum: ['a', 'b'], type: 'string' }, { type: 'null' }] },
    },
    required: ['q', 'limit', 'kind'],
    additionalProperties: false,
  }

  test('is off by default', async () => {
    for (const { adapter } of Object.values(wires))
      expect((await sentBy(adapter, { tools })).text).not.toContain('"strict":true')
    const { body } = await sentBy(wires['openaiResponses']!.adapter, { tools })
    expect(body['tools']).toMatchObject([{ strict: false }, { strict: false }])
  })

  test('openaiChat: tools without loss are strict, with all properties required', async () => {
    const { body } = await sentBy(strictly, { tools })
    expect(body['tools']).toEqual([
      {
        type: 'function',
        function: {
          name: 'find',
          description: 'About find',
          parameters: strictClosed,
          strict: true,
        },
      },
      {
        type: 'function',
        function: { name: 'lossy', description: 'About lossy', parameters: lossy },
      },
    ])
  })

  test('openaiResponses: the same, and what is not strict says so', async () => {
    const { body } = await sentBy(
      (fetch) => openaiResponses({ model: 'm', fetch, strictTools: true }),
      { tools },
    )
    expect(body['tools']).toEqual([
      {
        type: 'function',
        name: 'find',
        description: 'About find',
        parameters: strictClosed,
        strict: true,
      },
      {
        type: 'function',
        name: 'lossy',
        description: 'About lossy',
        parameters: lossy,
        strict: false,
      },
    ])
  })

  test('anthropic: what is optional stays optional', async () => {
    const { body } = await sentBy((fetch) => anthropic({ model: 'm', fetch, strictTools: true }), {
      tools,
    })
    const { kind } = closed.properties
    expect(body['tools']).toEqual([
      {
        name: 'find',
        description: 'About find',
        input_schema: {
          ...closed,
          properties: { ...closed.properties, kind: { ...kind, type: 'string' } },
        },
        strict: true,
      },
      { name: 'lossy', description: 'About lossy', input_schema: lossy },
    ])
  })

  test.each<readonly [string, JsonObject]>([
    ['says nothing of what it holds', { type: 'object' }],
    ['holds what it does not name', { type: 'object', properties: {}, additionalProperties: text }],
    ['says that it is open', { type: 'object', properties: {}, additionalProperties: true }],
    ['holds something of any type', { type: 'object', properties: { a: {} }, required: ['a'] }],
    ['holds a map', { type: 'object', properties: { a: { type: 'object' } }, required: ['a'] }],
    [
      'has null as a value of what is optional',
      { type: 'object', properties: { a: { type: ['string', 'null'] } } },
    ],
    [
      'has null among the values of what is optional',
      {
        type: 'object',
        properties: { a: { anyOf: [text, { $ref: '#/$defs/n' }] } },
        $defs: { n: { enum: [null] } },
      },
    ],
    [
      'does not tell apart what has optional properties',
      {
        type: 'object',
        properties: {
          a: {
            anyOf: [
              { type: 'object', properties: { b: text } },
              { type: 'object', properties: { b: { type: ['string', 'null'] } }, required: ['b'] },
            ],
          },
        },
        required: ['a'],
      },
    ],
    ['has alternatives at the root', either],
    [
      'has a format that is not known',
      { type: 'object', properties: { a: { ...text, format: 'uri' } } },
    ],
  ])('a schema that %s is not strict at OpenAI', async (_, schema) => {
    const { text: sent } = await sentBy(strictly, { tools: [descriptor('odd', schema)] })
    expect(sent).not.toContain('"strict"')
    expect(sent).not.toContain('"additionalProperties":false')
  })

  test('is not asked for beyond what OpenAI compiles', async () => {
    const isStrict = async (schema: JsonObject): Promise<boolean> =>
      (await sentBy(strictly, { tools: [descriptor('big', schema)] })).text.includes(
        '"strict":true',
      )
    const values = (count: number): JsonObject => ({
      type: 'object',
      properties: { a: { enum: Array.from({ length: count }, (_, n) => `v${n}`) } },
    })
    expect(await isStrict(values(1000))).toBe(true)
    expect(await isStrict(values(1001))).toBe(false)
    const nested = (levels: number): JsonObject =>
      levels === 1 ? text : { type: 'object', properties: { a: nested(levels - 1) } }
    expect(await isStrict(nested(10))).toBe(true)
    expect(await isStrict(nested(11))).toBe(false)
    const long = {
      type: 'object',
      properties: { a: { ...text, description: 'x'.repeat(120_000) } },
    }
    expect(await isStrict(long)).toBe(false)
  })

  test('asks Anthropic for no more than it compiles, in the order of the tools', async () => {
    const strictOf = async (schemas: readonly JsonObject[]): Promise<readonly boolean[]> => {
      const { body } = await sentBy(
        (fetch) => anthropic({ model: 'm', fetch, strictTools: true }),
        {
          tools: schemas.map((schema, at) => descriptor(`t${at}`, schema)),
        },
      )
      return (body['tools'] as { strict?: boolean }[]).map(({ strict }) => strict === true)
    }
    const small = { type: 'object', properties: {} }
    const isFirst = (count: number, of: number) => Array.from({ length: of }, (_, at) => at < count)
    expect(await strictOf(Array.from({ length: 22 }, () => ({ ...small })))).toEqual(
      isFirst(20, 22),
    )
    const optional = (count: number): JsonObject => ({
      type: 'object',
      properties: Object.fromEntries(Array.from({ length: count }, (_, n) => [`p${n}`, text])),
    })
    expect(await strictOf([optional(24)])).toEqual([true])
    expect(await strictOf([optional(25)])).toEqual([false])
    expect(await strictOf([optional(20), optional(5), optional(4)])).toEqual([true, false, true])
    const unions = (count: number): JsonObject => {
      const names = Array.from({ length: count }, (_, n) => `p${n}`)
      const union = (at: number): Json =>
        at % 2 === 0 ? { type: ['string', 'null'] } : { anyOf: [text, { type: 'integer' }] }
      const properties = Object.fromEntries(names.map((name, at) => [name, union(at)]))
      return { type: 'object', properties, required: names }
    }
    expect(await strictOf([unions(16)])).toEqual([true])
    expect(await strictOf([unions(17)])).toEqual([false])
    expect(await strictOf([unions(10), unions(7), unions(6)])).toEqual([true, false, true])
  })

  test('checkTools reports what is really sent', () => {
    const model = anthropic({ model: 'm', strictTools: true })
    expect(model.checkTools?.(tools)).toEqual([])
    expect(model.checkTools?.([descriptor('find', either)])).toMatchObject([{ toolName: 'find' }])
  })
})

describe('null that stands for what is left out', () => {
  const answer = (name: string, input: Json): Response => {
    const call = { index: 0, id: 'c', function: { name, arguments: JSON.stringify(input) } }
    return new Response(sse(chunk({ tool_calls: [call] }, 'tool_calls')))
  }
  const inputOf = async (schema: JsonObject, input: Json, request: Partial<ModelRequest> = {}) => {
    const model = strictly(async () => answer('look', input))
    const { calls } = await ask(model, { tools: [descriptor('look', schema)], ...request })
    return calls[0]
  }
  const item = {
    type: 'object',
    properties: { n: { type: 'integer' }, note: text },
    required: ['n'],
  }
  const kinds = {
    oneOf: [
      { type: 'object', properties: { kind: { const: 'a' }, x: text }, required: ['kind'] },
      {
        type: 'object',
        properties: { kind: { const: 'b' }, x: { type: ['string', 'null'] } },
        required: ['kind', 'x'],
      },
    ],
  }
  const schema = {
    type: 'object',
    properties: {
      q: text,
      limit: { type: 'integer' },
      items: { type: 'array', items: item },
      none: { type: ['string', 'null'] },
      kinds: { type: 'array', items: kinds },
      tree: { $ref: '#/$defs/tree' },
    },
    required: ['q', 'none'],
    $defs: {
      tree: { type: 'object', properties: { left: { $ref: '#/$defs/tree' }, label: text } },
    },
  }

  test('is not in the input of the tool, at any depth; every other null is', async () => {
    const written = {
      q: 'x',
      limit: null,
      none: null,
      items: [
        { n: 1, note: null },
        { n: 2, note: 'y' },
      ],
      kinds: [
        { kind: 'a', x: null },
        { kind: 'b', x: null },
      ],
      tree: { left: { left: null, label: 'l' }, label: null },
    }
    const call = await inputOf(schema, written)
    expect(call?.input).toEqual({
      q: 'x',
      none: null,
      items: [{ n: 1 }, { n: 2, note: 'y' }],
      kinds: [{ kind: 'a' }, { kind: 'b', x: null }],
      tree: { left: { label: 'l' } },
    })
    expect(call?.inputText).toBe(JSON.stringify(written))
  })

  test('stays where the tool is not strict', async () => {
    const lossy = { ...schema, properties: { ...schema.properties, q: { ...text, minLength: 1 } } }
    expect((await inputOf(lossy, { q: null, limit: null }))?.input).toEqual({
      q: null,
      limit: null,
    })
  })

  test('stays where it stands for nothing, for the tool to refuse', async () => {
    const odd = { q: null, other: null, items: [null, { n: null, m: null }], tree: null }
    expect((await inputOf(schema, odd))?.input).toEqual({
      q: null,
      other: null,
      items: [null, { n: null, m: null }],
    })
  })

  test('is found in inputs that are deep and foreign', async () => {
    const deep = (levels: number): Json =>
      levels === 0 ? 1 : { left: deep(levels - 1), __proto__x: 1 }
    const call = await inputOf(schema, { q: 'x', tree: deep(250), ['constructor']: null })
    expect(call?.input).toMatchObject({ q: 'x', constructor: null })
  })
})

test('an input that only the lowered schema takes is refused by the tool, and is not run', async () => {
  const inputs: unknown[] = []
  const find = defineTool({
    name: 'find',
    description: 'Finds by id or by name.',
    inputSchema: z
      .object({ id: z.string().min(3).optional(), name: z.string().optional() })
      .refine(({ id, name }) => id !== undefined || name !== undefined, 'Give an id or a name.'),
    execute: (input) => {
      inputs.push(input)
      return 'found'
    },
  })
  const script = scriptedModel([
    { toolCalls: [{ toolName: 'find', input: { id: 'x' } }] },
    { toolCalls: [{ toolName: 'find', input: {} }] },
    { toolCalls: [{ toolName: 'find', input: { id: 'abc' } }] },
    { text: 'Done.' },
  ])
  const server = createToolServer({
    model: openaiChat({ model: 'm', fetch: script.fetch, flavor: 'ollama' }),
    tools: [find],
  })
  const { calls } = await server.run({ message: 'Go' }).result
  expect(calls.map(({ state }) => state)).toEqual([
    'input-invalid',
    'input-invalid',
    'output-available',
  ])
  expect(inputs).toEqual([{ id: 'abc' }])
  await server.close()
})

test('names that become the same on the wire belong to the first tool', async () => {
  const { body } = await sentBy(wires['openaiChat']!.adapter, { tools: [descriptor('page/edit')] })
  const alias = functions(body)[0]![0]
  const model = openaiChat({
    model: 'm',
    fetch: async () =>
      new Response(
        sse(
          chunk(
            { tool_calls: [{ index: 0, id: 'c', function: { name: alias, arguments: '{}' } }] },
            'tool_calls',
          ),
        ),
      ),
  })
  const tools = [descriptor('page/edit'), descriptor(alias)]
  const { calls } = await ask(model, { tools, messages: [user('Hi')] })
  expect(calls.map(({ toolName }) => toolName)).toEqual(['page/edit'])
  expect(model.checkTools?.(tools)).toEqual([
    { toolName: alias, losses: [], leftOut: 'another tool has its name' },
  ])
})
