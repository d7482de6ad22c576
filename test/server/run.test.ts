import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { createToolServer } from '../../src/server/index.ts'
import { scriptedModel, virtualClock } from '../../src/testing/index.ts'
import { defineTool } from '../../src/tools/index.ts'

const double = defineTool({
  name: 'double',
  description: 'Doubles a number.',
  inputSchema: z.object({ n: z.number() }),
  execute: ({ n }) => n * 2,
})

const script = [
  { text: 'Let me see. ', toolCalls: [{ toolName: 'double', input: { n: 21 } }] },
  { text: 'It is 42.' },
]

describe('run', () => {
  test('gives the turn as it happens, and its result', async () => {
    const server = createToolServer({ model: scriptedModel(script), tools: [double] })
    const run = server.run({ message: 'Twice 21?' })
    const seen: string[] = []
    let text = ''
    for await (const event of run) {
      if (event.type === 'text-delta') text += event.text
      else if (event.type === 'call') seen.push(event.call.state)
      else seen.push(event.type)
    }
    expect(text).toBe('Let me see. It is 42.')
    expect(seen).toEqual([
      'message',
      'input-available',
      'queued',
      'executing',
      'output-available',
      'message',
      'finish',
    ])
    const result = await run.result
    expect(result).toMatchObject({ reason: 'stop', text: 'It is 42.', calls: [{ output: 42 }] })
    expect(result.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'assistant'])
    await server.close()
  })

  test('continues a conversation, and gives the messages of its own turn only', async () => {
    const model = scriptedModel([{ text: 'One.' }, { text: 'Two.' }])
    const server = createToolServer({ model, tools: [] })
    const first = server.run({ message: 'Hi' })
    await first.result
    const second = server.run({ message: 'And?', conversationId: first.conversationId })
    expect(await second.result).toMatchObject({ text: 'Two.', messages: [{}, {}] })
    expect(model.requests[1]?.messages).toHaveLength(3)
    await server.close()
  })

  test('of a failed turn resolves with the reason', async () => {
    const server = createToolServer({ model: scriptedModel([{ error: 'overloaded' }]), tools: [] })
    const { reason, error } = await server.run({ message: 'Hi' }).result
    expect(reason).toBe('error')
    expect(error?.errorId).toBeTypeOf('string')
    await server.close()
  })

  test('in the conversation of somebody else is refused', async () => {
    const server = createToolServer({ model: scriptedModel([{ text: '.' }]), tools: [] })
    const mine = server.run({ message: 'Hi', principal: { id: 'me' } })
    await mine.result
    const theirs = server.run({
      message: 'Hi',
      principal: { id: 'they' },
      conversationId: mine.conversationId,
    })
    await expect(theirs.result).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    await expect(theirs[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
    })
    await server.close()
  })

  test('ends with an error when the server closes meanwhile', async () => {
    const world = virtualClock()
    const stuck = defineTool({
      name: 'stuck',
      description: 'Never ends.',
      inputSchema: z.object({}),
      execute: () => new Promise<string>(() => {}),
    })
    const model = scriptedModel([{ toolCalls: [{ toolName: 'stuck', input: {} }] }])
    const errors: unknown[] = []
    const onError = (report: object): unknown => errors.push(report)
    const limits = { leaseMs: 3_000 }
    const server = createToolServer({ world, model, tools: [stuck], limits, onError })
    const run = server.run({ message: 'Hi' })
    await world.advance(100)
    await server.close()
    await expect(run.result).rejects.toMatchObject({ code: 'TRANSPORT_CLOSED' })
    await world.advance(60_000)
    expect(world.pendingTimers).toBe(0)
    expect(errors).toEqual([])
  })
})

describe('options that cannot work', () => {
  test('no model', () => {
    expect(() => createToolServer({ tools: [] })).toThrow(/model/)
  })

  test('fetch without authenticate', async () => {
    const errors: unknown[] = []
    const server = createToolServer({
      model: scriptedModel([]),
      tools: [],
      onError: ({ error }) => errors.push(error),
    })
    const response = await server.fetch(
      new Request('http://x/', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      }),
    )
    expect(response.status).toBe(500)
    expect(errors).toMatchObject([{ code: 'INVALID_OPTIONS' }])
  })
})

test('a closed server answers that it is closed', async () => {
  const server = createToolServer({
    model: scriptedModel([]),
    tools: [],
    authenticate: () => ({ id: 'me' }),
  })
  await server.close()
  const body = { k: 'c', c: { type: 'cancel', callId: 'c' }, conversationId: 'a', clientId: 'b' }
  const response = await server.fetch(
    new Request('http://x/', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  )
  expect(response.status).toBe(503)
  await expect(server.run({ message: 'Hi' }).result).rejects.toMatchObject({
    code: 'TRANSPORT_CLOSED',
  })
})
