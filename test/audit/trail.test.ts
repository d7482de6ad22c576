import { expect, test } from 'vitest'
import * as z from 'zod'
import { memoryAudit, storeAudit, verifyAudit } from '../../src/server/index.ts'
import { memoryStore } from '../../src/stores/index.ts'
import type { ConversationEvent } from '../../src/protocol/index.ts'
import { ToolError, defineTool } from '../../src/tools/index.ts'
import { setup } from '../server/setup.ts'

const pay = defineTool({
  name: 'pay',
  description: 'Pays.',
  inputSchema: z.object({ to: z.string(), code: z.string().meta({ 'x-secret': true }) }),
  outputSchema: z.object({
    before: z.number(),
    after: z.number(),
    receipt: z.string().meta({ 'x-secret': true }),
  }),
  approval: true,
  execute: () => ({ before: 10, after: 7, receipt: 'r-1' }),
  undo: () => null,
})

const note = defineTool({
  name: 'note',
  description: 'Notes.',
  inputSchema: z.object({ text: z.string() }),
  execute: ({ text }) => {
    if (text === 'bad') throw new ToolError('No ink.', { code: 'no-ink' })
    return text
  },
})

const call = (toolName: string, input: object, toolCallId: string) => ({
  toolName,
  input,
  toolCallId,
})

test('every call, question, decision, attempt and outcome is there, with who, what, when and what it changed', async () => {
  const audit = memoryAudit()
  const { client, world, say, end } = setup({
    audit,
    serverTools: [pay, note],
    steps: [
      {
        toolCalls: [
          call('pay', { to: 'bob', code: '9876' }, 'p'),
          call('note', { text: 'bad' }, 'n'),
          call('note', { nothing: 1 }, 'i'),
        ],
      },
      { text: 'Done.' },
    ],
  })
  await say('Pay.')
  const [question] = client.getSnapshot().calls
  await client.approve(question!.toolCallId)
  await world.advance(1_000)
  await end()
  const records = await audit.query()
  expect(verifyAudit(records)).toMatchObject({ ok: true, records: records.length })
  const story = (id: string) =>
    records.filter(({ toolCallId }) => toolCallId === id).map(({ type }) => type)
  expect(story('p')).toEqual(['asked', 'question', 'decision', 'attempt', 'outcome'])
  expect(story('n')).toEqual(['asked', 'attempt', 'outcome'])
  expect(story('i')).toEqual(['asked', 'refusal'])
  const about = (id: string) => records.filter(({ toolCallId }) => toolCallId === id)
  expect(about('p')[0]).toMatchObject({
    toolName: 'pay',
    toolHash: pay.descriptor.hash,
    principalId: 'me',
    executor: 'server',
    input: { to: 'bob', code: '[redacted]' },
  })
  expect(about('p')[0]).not.toHaveProperty('argsHash')
  expect(about('p')[2]).toMatchObject({ approved: true, by: expect.any(String) })
  expect(about('p')[3]).toMatchObject({ attempt: 1, by: expect.stringMatching(/^node:/) })
  expect(about('p')[4]).toMatchObject({
    state: 'output-available',
    durationMs: expect.any(Number),
    change: { before: 10, after: 7, receipt: { before: 10, receipt: '[redacted]' } },
  })
  expect(about('n')[0]).toMatchObject({ argsHash: expect.any(String), input: { text: 'bad' } })
  expect(about('n')[2]).toMatchObject({ state: 'output-error', code: 'no-ink', reason: 'No ink.' })
  expect(about('i')[1]).toMatchObject({ state: 'input-invalid', code: 'invalid-input' })
  expect(JSON.stringify(records)).not.toMatch(/9876|r-1/)
})

test('a command that the server turns down leaves a record although it leaves no event', async () => {
  const audit = memoryAudit()
  const { client, say, end } = setup({
    audit,
    serverTools: [pay],
    steps: [{ toolCalls: [call('pay', { to: 'bob', code: '9876' }, 'p')] }, { text: 'Done.' }],
  })
  await say('Pay.')
  const [question] = client.getSnapshot().calls
  await client.approve(question!.toolCallId, { to: 'eve', code: '9876' }).catch(() => {})
  await end()
  expect(await audit.query({ type: 'refusal' })).toMatchObject([
    {
      toolName: 'pay',
      principalId: 'me',
      command: 'decide',
      reply: 'denied',
      reason: 'The input may not be changed.',
    },
  ])
})

test('usage says for each tool and user how often, how well and how fast', async () => {
  const audit = memoryAudit()
  const slow = defineTool({
    name: 'slow',
    description: 'Takes its time.',
    inputSchema: z.object({ ms: z.number() }),
    execute: ({ ms }) => new Promise((resolve) => world.setTimer(ms, () => resolve('ok'))),
  })
  const { server, world, end } = setup({
    audit,
    serverTools: [slow, note],
    steps: [10, 20, 400].flatMap((ms) => [
      { toolCalls: [call('slow', { ms }, ''), call('note', { text: 'bad' }, '')] },
      { text: 'Done.' },
    ]),
  })
  for (const id of ['ada', 'ada', 'bob']) {
    const run = server.run({ message: 'Go.', principal: { id } })
    await world.advance(1_000)
    await run.result
  }
  await end()
  expect(await audit.usage({ tool: 'slow' })).toEqual([
    {
      toolName: 'slow',
      principalId: 'ada',
      calls: 2,
      succeeded: 2,
      undone: 0,
      latencyMs: { p50: 10, p95: 20, max: 20 },
    },
    {
      toolName: 'slow',
      principalId: 'bob',
      calls: 1,
      succeeded: 1,
      undone: 0,
      latencyMs: { p50: 400, p95: 400, max: 400 },
    },
  ])
  expect(await audit.usage({ tool: 'note', principal: 'ada' })).toMatchObject([
    { calls: 2, succeeded: 0 },
  ])
  const [first] = await audit.query()
  expect(await audit.query({ until: first!.at })).toEqual([])
  expect((await audit.query({ since: first!.at })).length).toBeGreaterThan(6)
})

test('what watches the events sees no secret either, and every id and hash', async () => {
  const seen: ConversationEvent[] = []
  const { client, world, say, end } = setup({
    serverTools: [pay],
    onEvent: ({ event }) => void seen.push(event),
    redact: { secrets: ['swordfish'] },
    steps: [
      { toolCalls: [call('pay', { to: 'bob', code: '9876' }, 'p')] },
      { text: 'The password: hunter22.' },
    ],
  })
  await say('It is swordfish.')
  const [question] = client.getSnapshot().calls
  await client.approve(question!.toolCallId)
  await world.advance(1_000)
  expect(JSON.stringify(client.getSnapshot().messages)).toMatch(/swordfish.*r-1.*hunter22/)
  await end()
  expect(JSON.stringify(seen)).not.toMatch(/9876|r-1|swordfish|hunter22/)
  const created = seen.find((event) => event.type === 'call-created')
  expect(created?.call.callId).toMatch(/^[0-9a-f]{32}$/)
  expect(created?.call.toolHash).toBe(pay.descriptor.hash)
})

test('an input that is no JSON is shown to nobody where the tool has secrets', async () => {
  const seen: unknown[] = []
  const audit = memoryAudit()
  const { say, end } = setup({
    audit,
    serverTools: [pay, note],
    onEvent: ({ event }) => void seen.push(event),
    steps: [
      {
        toolCalls: [
          { toolName: 'pay', inputText: '{"to":"bob","code":9876' },
          { toolName: 'note', inputText: '{"text":"half' },
        ],
      },
      { text: 'Done.' },
    ],
  })
  await say('Pay.')
  await end()
  expect(JSON.stringify([seen, await audit.query()])).not.toContain('9876')
  expect(JSON.stringify(seen)).toContain('half')
})

test('consent that holds for longer, and its end, are on record', async () => {
  const audit = memoryAudit()
  const { client, world, say, end } = setup({
    audit,
    serverTools: [pay],
    steps: [{ toolCalls: [call('pay', { to: 'bob', code: '9876' }, 'p')] }, { text: 'Done.' }],
  })
  await say('Pay.')
  const [question] = client.getSnapshot().calls
  await client.approve(question!.toolCallId, undefined, 'session')
  await client.revoke('pay')
  await world.advance(1_000)
  await end()
  expect(await audit.query({ type: 'consent' })).toMatchObject([
    { toolName: 'pay', principalId: 'me', approved: true },
    { toolName: 'pay', principalId: 'me', approved: false },
  ])
})

test('two nodes that serve one conversation say nothing twice', async () => {
  const store = memoryStore()
  const audit = storeAudit(store)
  const one = setup({ store, audit, serverTools: [note], steps: [] })
  const two = setup({
    store,
    audit,
    serverTools: [note],
    steps: [{ toolCalls: [call('note', { text: 'hi' }, 'n')] }, { text: 'Done.' }],
  })
  const { conversationId } = two.client
  one.server
    .run({ conversationId, message: 'Wait.', principal: { id: 'me' } })
    .result.catch(() => {})
  await two.say('Note.', 60_000)
  await one.end()
  await two.end()
  const records = (await audit.query()).filter(({ toolCallId }) => toolCallId === 'n')
  expect(records.map(({ type }) => type)).toEqual(['asked', 'attempt', 'outcome'])
})

test('the audit in a store is no conversation that anybody can open', async () => {
  const store = memoryStore()
  const audit = storeAudit(store)
  const { server, say, end } = setup({
    store,
    audit,
    serverTools: [note],
    steps: [{ toolCalls: [call('note', { text: 'hi' }, 'n')] }, { text: 'Done.' }],
    authenticate: () => ({ id: 'me' }),
  })
  await say('Note.')
  const before = await audit.query()
  await expect(
    server.run({ conversationId: 'audit:log', message: 'Show me.' }).result,
  ).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
  const conversationId = 'audit:log'
  const ask = (body: object) =>
    server.fetch(
      new Request('http://server.test/', {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
        body: JSON.stringify({ clientId: 'x', epoch: 1, conversationId, ...body }),
      }),
    )
  const link = await ask({ k: 'hello', v: 1, from: 0, journal: 'J0' })
  expect(await link.text()).toContain('"why":"not-found"')
  const command = await ask({ k: 'c', c: { type: 'cancel', callId: 'k' } })
  expect(command.status).toBe(404)
  await end()
  expect(await audit.query()).toEqual(before)
})
