import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { createToolClient } from '../../src/client/index.ts'
import type { Model, ModelEvent } from '../../src/ports/index.ts'
import { createToolServer } from '../../src/server/index.ts'
import { virtualClock } from '../../src/testing/virtual-clock.ts'
import { defineTool } from '../../src/tools/index.ts'
import { memoryTransport } from '../../src/transports/index.ts'

function model(steps: readonly (readonly ModelEvent[])[]): Model {
  let n = 0
  return {
    id: 'm',
    format: 'f',
    async *stream() {
      yield* steps[n++] ?? []
    },
  }
}
const call = (id: string, name: string, input: object): ModelEvent[] => [
  { type: 'tool-input-start', toolCallId: id, toolName: name },
  { type: 'tool-input-delta', toolCallId: id, delta: JSON.stringify(input) },
  {
    type: 'tool-input-end',
    toolCallId: id,
    toolName: name,
    inputText: JSON.stringify(input),
    input: input as never,
  },
]
const finish = (reason: 'stop' | 'tool-calls'): ModelEvent => ({
  type: 'finish',
  reason,
  rawReason: null,
  usage: {},
})

test('smoke', async () => {
  const world = virtualClock()
  const add = defineTool({
    name: 'add',
    description: 'adds',
    inputSchema: z.object({ a: z.number(), b: z.number() }),
    execute: ({ a, b }) => a + b,
  })
  const paint = defineTool({
    name: 'paint',
    description: 'paints',
    inputSchema: z.object({ color: z.string() }),
    execute: ({ color }) => `painted ${color}`,
  })
  const server = createToolServer({
    world,
    model: model([
      [
        ...call('1', 'add', { a: 1, b: 2 }),
        ...call('2', 'paint', { color: 'red' }),
        finish('tool-calls'),
      ],
      [{ type: 'text-delta', text: 'Done.' }, finish('stop')],
    ]),
    tools: [add, paint.withoutExecute()],
    onError: (e) => console.log('server', e),
  })
  const wire = memoryTransport()
  server.accept(wire, { id: 'me' })
  const client = createToolClient({
    world,
    transport: wire,
    tools: [paint],
    onError: (e) => console.log('client', e),
  })
  const sent = client.send('Hi')
  await world.advance(1000)
  await sent
  console.log(JSON.stringify(client.getSnapshot(), null, 1))
  client.close()
  await server.close()
  await world.settle()
  expect(world.pendingTimers).toBe(0)
})
