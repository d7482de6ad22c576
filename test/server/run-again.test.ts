import { expect, test } from 'vitest'
import * as z from 'zod'
import { memoryTransport } from '../../src/index.ts'
import { createToolClient } from '../../src/client/index.ts'
import { type RunEvent, type ToolServer, createToolServer } from '../../src/server/index.ts'
import { memoryStore } from '../../src/stores/index.ts'
import { scriptedModel, virtualClock } from '../../src/testing/index.ts'
import { defineTool } from '../../src/tools/index.ts'

const turn = { conversationId: 'trip', turnId: 'turn-1', message: 'A trip!' }

test('a turn that is asked for twice is begun once, and both runs have its result', async () => {
  const model = scriptedModel([{ text: 'Booked.' }])
  const server = createToolServer({ model, tools: [] })
  const runs = [server.run(turn), server.run(turn)]
  for (const { result } of runs)
    expect(await result).toMatchObject({ reason: 'stop', text: 'Booked.' })
  expect(runs.map(({ turnId }) => turnId)).toEqual(['turn-1', 'turn-1'])
  expect(model.requests).toHaveLength(1)
  await server.close()
})

test('a turn that is over gives its result to who asks later, behind other turns and in another server', async () => {
  const store = memoryStore()
  const model = scriptedModel([{ error: 'overloaded' }, { text: 'Later.' }])
  const before = createToolServer({ model, store, tools: [], modelRetry: { attempts: 1 } })
  const first = await before.run(turn).result
  expect(first.reason).toBe('error')
  await before.run({ conversationId: 'trip', message: 'And now?' }).result
  await before.close()

  const after = createToolServer({ model: scriptedModel([]), store, tools: [] })
  const again = after.run(turn)
  expect(await again.result).toEqual(first)
  const events: RunEvent[] = []
  for await (const event of again) events.push(event)
  expect(events).toEqual([{ type: 'finish', reason: 'error', error: first.error }])
  await after.close()
})

test('a turn whose server died in a tool goes on where it is asked for again', async () => {
  const world = virtualClock()
  const store = memoryStore()
  const starts: number[] = []
  const book = defineTool({
    name: 'book',
    description: 'Books a seat.',
    inputSchema: z.object({}),
    idempotent: true,
    execute: (_, { attempt }) => {
      starts.push(attempt)
      return attempt === 1 ? new Promise<string>(() => {}) : 'seat 7'
    },
  })
  const model = scriptedModel([
    { toolCalls: [{ toolName: 'book', input: {} }] },
    { text: 'Seat 7.' },
  ])
  const options = { world, store, model, tools: [book] }
  const dead = createToolServer(options)
  dead.run(turn)
  await world.advance(100)
  await dead.close()

  const server = createToolServer(options)
  const { result } = server.run(turn)
  await world.advance(60_000)
  expect(await result).toMatchObject({ text: 'Seat 7.', calls: [{ output: 'seat 7' }] })
  expect(starts).toEqual([1, 2])
  expect(model.requests).toHaveLength(2)
  await server.close()
})

test('a turn that waits behind another is followed from there', async () => {
  const model = scriptedModel([{ text: 'One.' }, { text: 'Two.' }])
  const server = createToolServer({ model, tools: [] })
  server.run({ conversationId: 'trip', message: 'First' })
  server.run(turn)
  expect(await server.run(turn).result).toMatchObject({ text: 'Two.', messages: [{}, {}] })
  expect(model.requests).toHaveLength(2)
  await server.close()
})

test('a name alone names the conversation too', async () => {
  const model = scriptedModel([{ text: 'Booked.' }])
  const server = createToolServer({ model, tools: [] })
  const { turnId, message } = turn
  await server.run({ turnId, message }).result
  expect(await server.run({ turnId, message }).result).toMatchObject({ text: 'Booked.' })
  expect(model.requests).toHaveLength(1)
  await server.close()
})

/** A conversation in which a client said something, and the server something else after it. */
async function spoken(): Promise<{ server: ToolServer; turnId: string; messageId: string }> {
  const started: { turnId: string; messageId: string }[] = []
  const server = createToolServer({
    model: scriptedModel([{ text: 'Hi.' }, { text: 'Two.' }]),
    tools: [],
    onEvent: ({ event }) => {
      if (event.type === 'turn-started')
        started.push({ turnId: event.turnId, messageId: event.message.id })
    },
  })
  const wire = memoryTransport()
  server.accept(wire, { id: 'server' })
  const client = createToolClient({ transport: wire, tools: [], conversationId: 'trip' })
  await client.send('Hi')
  await server.run({ conversationId: 'trip', message: 'And?' }).result
  client.close()
  const [{ turnId, messageId } = { turnId: '', messageId: '' }] = started
  return { server, turnId, messageId }
}

test('a turn that a client began is followed under its id, with its own messages', async () => {
  const { server, turnId } = await spoken()
  const result = await server.run({ ...turn, turnId }).result
  expect(result).toMatchObject({ text: 'Hi.', messages: [{ role: 'user' }, {}] })
  await server.close()
})

test('a turn cannot be named as a message of another, and nothing hangs', async () => {
  const { server, messageId } = await spoken()
  const { result } = server.run({ ...turn, turnId: messageId })
  await expect(result).rejects.toMatchObject({ code: 'INVALID_OPTIONS' })
  await server.close()
})
