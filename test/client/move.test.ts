import { expect, test } from 'vitest'
import * as z from 'zod'
import { createToolClient } from '../../src/client/index.ts'
import { createToolServer } from '../../src/server/index.ts'
import { scriptedModel, virtualClock } from '../../src/testing/index.ts'
import { defineTool } from '../../src/tools/index.ts'
import { FaultyWire } from './faulty-wire.ts'

function setup() {
  const world = virtualClock()
  const [first, second] = [new FaultyWire(), new FaultyWire()]
  const begun: string[] = []
  const work = defineTool({
    name: 'work',
    description: 'works',
    inputSchema: z.object({}),
    execute: (_, { key }) => {
      begun.push(key)
      return new Promise<string>((resolve) => world.setTimer(5_000, () => resolve('done')))
    },
  })
  const server = createToolServer({
    world,
    model: scriptedModel([{ toolCalls: [{ toolName: 'work', input: {} }] }, { text: 'Done.' }]),
    tools: [work.withoutExecute()],
  })
  for (const wire of [first, second]) server.accept(wire, { id: 'me' })
  const client = createToolClient({ world, transport: first, tools: [work] })
  return { world, first, second, begun, client, server }
}

test('a live session goes on over another transport: the call that runs is handed in there, once', async () => {
  const { world, first, second, begun, client, server } = setup()
  await Promise.all([client.send('Go.'), world.advance(1_000)])
  expect(begun).toHaveLength(1)
  const { length: before } = first.up
  client.moveTo(second)
  await world.advance(10_000)
  expect(client.getSnapshot()).toMatchObject({
    connection: 'open',
    calls: [{ state: 'output-available', output: 'done' }],
  })
  expect([begun.length, first.up.length, server.health().links]).toEqual([1, before, 1])
  expect(JSON.stringify(second.up)).toContain('"type":"result"')
})

test('a transport that cannot connect is left for another at once, whatever the pause', async () => {
  const { world, first, second, client } = setup()
  first.cut()
  first.refuse = new Error('nobody there') as never
  await world.advance(60_000)
  expect(client.getSnapshot().connection).toBe('reconnecting')
  client.moveTo(second)
  await world.advance(1_000)
  expect(client.getSnapshot().connection).toBe('open')
})
