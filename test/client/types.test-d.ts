import { expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import {
  createToolClient,
  type MessageOf,
  type Snapshot,
  type ToolClient,
  type ToolPartOf,
} from '../../src/client/index.ts'
import type { ToolPart } from '../../src/protocol/index.ts'
import { type AnyTool, ToolRegistry, defineTool } from '../../src/tools/index.ts'
import type { Transport } from '../../src/ports/index.ts'

declare const transport: Transport

const search = defineTool({
  name: 'search',
  description: 'Searches.',
  inputSchema: z.object({ query: z.string(), scope: z.enum(['all', 'mine']) }),
  progressSchema: z.object({ done: z.number() }),
  execute: async ({ query }) => ({ hits: [query] }),
})
const paint = defineTool({
  name: 'paint',
  description: 'Paints.',
  inputSchema: z.object({ color: z.object({ red: z.number() }) }),
  outputSchema: z.object({ area: z.number() }),
})

const client = createToolClient({ transport, tools: [search, paint] })
type Call = ReturnType<typeof client.getSnapshot>['calls'][number]

test('a switch on the name of the tool narrows what its call holds', () => {
  function show(call: Call): unknown {
    switch (call.toolName) {
      case 'search':
        expectTypeOf(call.output).toEqualTypeOf<{ hits: string[] } | undefined>()
        expectTypeOf(call.progress).toEqualTypeOf<{ done: number } | undefined>()
        expectTypeOf(call.input?.query).toEqualTypeOf<string | undefined>()
        // @ts-expect-error it is an input of "paint" that has a color
        return call.input?.color
      case 'paint':
        expectTypeOf(call.output?.area).toEqualTypeOf<number | undefined>()
        // @ts-expect-error it is an input of "search" that has a query
        return call.input?.query
      // @ts-expect-error no tool has this name
      case 'paiint':
        return null
      default:
        expectTypeOf(call).toBeNever()
        return null
    }
  }
  expectTypeOf(show).toBeFunction()
  // @ts-expect-error which tool it is has to be asked first
  const unasked = (call: Call): unknown => call.input.query
  expectTypeOf(unasked).toBeFunction()
})

test('an input that is still written may lack anything', () => {
  function show(call: Call): unknown {
    if (call.toolName !== 'paint') return null
    if (call.state === 'input-streaming') {
      expectTypeOf(call.input?.color?.red).toEqualTypeOf<number | undefined>()
      // @ts-expect-error the color may not have come yet
      return call.input?.color.red
    }
    if (call.state === 'output-available') {
      expectTypeOf(call.input).toEqualTypeOf<{ color: { red: number } }>()
      expectTypeOf(call.output).toEqualTypeOf<{ area: number }>()
    }
    return null
  }
  expectTypeOf(show).toBeFunction()
  function scope(call: Call): string | undefined {
    if (call.toolName !== 'search') return undefined
    // @ts-expect-error what is written of it may be less than one of its names
    const known: 'all' | 'mine' | undefined = call.input?.scope
    return call.state === 'input-streaming' ? call.input?.scope : known
  }
  expectTypeOf(scope).toBeFunction()
})

test('parts of messages are narrowed by their type and then like calls', () => {
  function show(message: ReturnType<typeof client.getSnapshot>['messages'][number]): unknown {
    for (const part of message.parts) {
      if (part.type === 'text') expectTypeOf(part.text).toEqualTypeOf<string>()
      if (part.type === 'tool' && part.toolName === 'search') return part.output?.hits.length
      // @ts-expect-error a text has no name of a tool
      if (part.type === 'text') return part.toolName
    }
    return null
  }
  expectTypeOf(show).toBeFunction()
})

test('a registry and a union name the tools as well as a list does', () => {
  const registry = new ToolRegistry([search, paint])
  expectTypeOf(createToolClient({ transport, tools: registry })).toEqualTypeOf(client)
  expectTypeOf<ToolPartOf<typeof registry>>().toEqualTypeOf<Call>()
  expectTypeOf<ToolPartOf<typeof search | typeof paint>>().toEqualTypeOf<Call>()
  expectTypeOf(client.tools.get('paint')).toEqualTypeOf(paint)
  // Tools that run elsewhere are named by type alone.
  const partial = createToolClient<typeof search | typeof paint>({ transport, tools: [search] })
  expectTypeOf(partial).toEqualTypeOf(client)
})

test('without tools that are known, and for code that takes any client, a call is a plain one', () => {
  const any = createToolClient({ transport })
  expectTypeOf(any).toEqualTypeOf<ToolClient>()
  expectTypeOf(any.getSnapshot().calls).toEqualTypeOf<readonly ToolPart[]>()
  expectTypeOf(client).toExtend<ToolClient>()
  expectTypeOf(client.getSnapshot()).toExtend<Snapshot>()
  expectTypeOf<ToolPartOf<AnyTool>>().toEqualTypeOf<ToolPart>()
  expectTypeOf<MessageOf<AnyTool>['parts'][number]>().not.toBeAny()
})
