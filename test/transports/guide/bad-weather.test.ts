import { expect, test } from 'vitest'
import * as z from 'zod'
import { defineTool } from '../../../src/index.ts'
import { createToolClient } from '../../../src/client/index.ts'
import { createToolServer } from '../../../src/server/index.ts'
import { memoryTransport, scriptedModel, virtualClock } from '../../../src/testing/index.ts'

test.each([1, 2, 3])('the call is answered in bad weather, seed %i', async (seed) => {
  const world = virtualClock({ seed })
  const wire = memoryTransport({ seed, world, delay: 300, duplicate: 0.2, cut: 0.05 })
  const look = defineTool({
    name: 'look',
    description: 'Looks.',
    inputSchema: z.object({}),
    execute: () => 'seen',
  })
  const server = createToolServer({
    world,
    model: scriptedModel([{ toolCalls: [{ toolName: 'look', input: {} }] }, { text: 'Seen.' }]),
    tools: [look.withoutExecute()],
  })
  server.accept(wire, { id: 'me' })
  const client = createToolClient({ world, transport: wire, tools: [look] })
  void client.send('Look!')
  await world.advance(120_000)
  expect(client.getSnapshot().calls).toMatchObject([{ output: 'seen' }])
  expect(wire.faults.delayed).toBeGreaterThan(0)
  client.close()
  await server.close()
})
