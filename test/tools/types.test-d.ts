import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { z as z3 } from 'zod/v3'
import {
  type AnyTool,
  type InferToolInput,
  type InferToolName,
  type InferToolOutput,
  type InferToolProgress,
  type Tool,
  type ToolCallOf,
  ToolRegistry,
  defineTool,
} from '../../src/tools/index.ts'
import { jsonSchema } from '../../src/tools/json-schema.ts'

const search = defineTool({
  name: 'search',
  description: 'Searches.',
  inputSchema: z.object({ query: z.string(), limit: z.coerce.number().default(10) }),
  progressSchema: z.object({ done: z.number() }),
  contextSchema: z.object({ tenant: z.string() }),
  executor: (input) => (input.limit > 5 ? 'server' : 'client'),
  approval: ({ query }, { toolCallId }) => query === toolCallId,
  concurrency: (input) => [input.query],
  async execute({ query, limit }, { progress, signal, attempt, key, context }) {
    expectTypeOf(context).toEqualTypeOf<{ tenant: string }>()
    expectTypeOf(query).toEqualTypeOf<string>()
    expectTypeOf(limit).toEqualTypeOf<number>()
    expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
    expectTypeOf({ attempt, key }).toEqualTypeOf<{ attempt: number; key: string }>()
    progress({ done: 0.5 })
    // @ts-expect-error progress has the type of its schema
    progress({ done: 'half' })
    return { hits: [{ title: query, rank: limit }] }
  },
  toModelOutput(output, { toolCallId }) {
    expectTypeOf(output).toEqualTypeOf<{ hits: { title: string; rank: number }[] }>()
    return [{ type: 'text', text: `${toolCallId}: ${output.hits.length} hits` }]
  },
})

const paint = defineTool({
  name: 'paint',
  description: 'Paints.',
  inputSchema: jsonSchema<{ color: 'red' | 'blue' }>({ type: 'object' }),
  outputSchema: z.object({ area: z.number().default(0), at: z.enum(['wall', 'roof']) }),
  toModelOutput: (output) => output.area,
  // What is returned goes in at the schema: `area` may be missing here.
  execute: ({ color }) => ({ at: color === 'red' ? 'roof' : 'wall' }),
})

const legacy = defineTool({
  name: 'legacy',
  description: 'Of zod 3.',
  inputSchema: z3.object({ id: z3.number(), at: z3.string().optional() }),
}).withoutExecute()

test('a tool knows its name, input, output and progress', () => {
  expectTypeOf<InferToolName<typeof search>>().toEqualTypeOf<'search'>()
  expectTypeOf<InferToolInput<typeof search>>().toEqualTypeOf<{ query: string; limit: number }>()
  expectTypeOf<InferToolOutput<typeof search>>().toEqualTypeOf<{
    hits: { title: string; rank: number }[]
  }>()
  expectTypeOf<InferToolProgress<typeof search>>().toEqualTypeOf<{ done: number }>()

  expectTypeOf<InferToolInput<typeof paint>>().toEqualTypeOf<{ color: 'red' | 'blue' }>()
  expectTypeOf<InferToolOutput<typeof paint>>().toEqualTypeOf<{
    area: number
    at: 'wall' | 'roof'
  }>()
  expectTypeOf<InferToolProgress<typeof paint>>().toEqualTypeOf<unknown>()

  expectTypeOf<InferToolInput<typeof legacy>>().toEqualTypeOf<{
    id: number
    at?: string | undefined
  }>()
  expectTypeOf<InferToolOutput<typeof legacy>>().toEqualTypeOf<unknown>()
})

test('validation gives the typed value or issues', async () => {
  const checked = await search.validateInput({})
  if (checked.issues) expectTypeOf(checked.issues[0]?.path).toEqualTypeOf<string | undefined>()
  else expectTypeOf(checked.value).toEqualTypeOf<{ query: string; limit: number }>()
})

test('the name of a call narrows its input, output and progress', () => {
  const registry = new ToolRegistry([search, paint, legacy])
  function show(call: ToolCallOf<typeof registry>): unknown {
    switch (call.toolName) {
      case 'search':
        expectTypeOf(call.input).toEqualTypeOf<{ query: string; limit: number }>()
        expectTypeOf(call.progress).toEqualTypeOf<{ done: number } | undefined>()
        return call.output?.hits[0]?.rank
      case 'paint':
        // @ts-expect-error another tool's input
        void call.input.query
        return call.input.color
      case 'legacy':
        return call.input.id
    }
  }
  expectTypeOf(show).returns.toEqualTypeOf<unknown>()

  const tools = [search, paint] as const
  type OfTuple = ToolCallOf<typeof tools>
  expectTypeOf<OfTuple['toolName']>().toEqualTypeOf<'search' | 'paint'>()
  type OfUnion = ToolCallOf<typeof search | typeof paint>
  expectTypeOf<OfUnion>().toEqualTypeOf<OfTuple>()
})

test('a registry gives the tool of a name that it knows, and some tool for any other', () => {
  const registry = new ToolRegistry([search, paint])
  expectTypeOf(registry.get('paint')).toEqualTypeOf(paint)
  expectTypeOf(registry.get('search' as string)).toEqualTypeOf<typeof search | typeof paint>()
  const open = new ToolRegistry()
  open.register([search, legacy])
  expectTypeOf(open.get('search')).toEqualTypeOf<AnyTool>()
})

test('any tool is a tool', () => {
  const tools: readonly AnyTool[] = [search, paint, legacy]
  expectTypeOf(tools[0]).toEqualTypeOf<AnyTool | undefined>()
  expectTypeOf(legacy).toExtend<Tool<{ id: number }>>()
})

const base = { name: 'x', description: 'X.', inputSchema: z.object({ a: z.string() }) } as const

// @ts-expect-error a name is needed
void (() => defineTool({ description: 'X.', inputSchema: base.inputSchema }))
// @ts-expect-error an option with a typing error
void (() => defineTool({ ...base, timeout: 5 }))
// @ts-expect-error a cache is for somebody
void (() => defineTool({ ...base, cache: { ttlMs: 5 } }))
// @ts-expect-error plain JSON Schema goes through jsonSchema()
void (() => defineTool({ ...base, inputSchema: { type: 'object' } }))
// @ts-expect-error there is no such side
void (() => defineTool({ ...base, executor: 'browser' }))
// @ts-expect-error the input has no such member
void (() => defineTool({ ...base, execute: ({ b }) => b }))
void (() =>
  defineTool({
    ...base,
    outputSchema: z.object({ n: z.number() }),
    // @ts-expect-error what is returned does not fit the output schema
    execute: () => ({ n: 'one' }),
  }))
// @ts-expect-error a tool is not changed
void (() => (search.timeoutMs = 5))
// @ts-expect-error a part of a result has a known type
void (() => defineTool({ ...base, toModelOutput: () => [{ type: 'video', url: 'x' }, undefined] }))

test('a handler that returns nothing has the output null', () => {
  const options = { description: 'Notes.', inputSchema: z.object({ text: z.string() }) }
  const note = defineTool({ ...options, name: 'note', execute: async ({ text }) => void text })
  expectTypeOf<InferToolOutput<typeof note>>().toEqualTypeOf<null>()
  const find = defineTool({
    ...options,
    name: 'find',
    execute: ({ text }) => (text ? { text } : undefined),
  })
  expectTypeOf<InferToolOutput<typeof find>>().toEqualTypeOf<{ text: string } | null>()
})
