import { expect, test } from 'vitest'
import * as z from 'zod'
import { type ToolClient, createToolClient } from '../../src/client/index.ts'
import { type ToolServerOptions, createToolServer, memoryConsents } from '../../src/server/index.ts'
import { memoryStore } from '../../src/stores/index.ts'
import { type ScriptStep, scriptedModel, virtualClock } from '../../src/testing/index.ts'
import { defineTool } from '../../src/tools/index.ts'
import { memoryTransport } from '../../src/transports/index.ts'

interface BenchOptions extends Partial<ToolServerOptions> {
  readonly steps?: readonly ScriptStep[]
  readonly tool?: object
  readonly principal?: string
}

const pays = (amount: number): ScriptStep => ({
  toolCalls: [{ toolName: 'pay', input: { to: 'bob', amount } }],
})
const done = { text: 'Done.' }

/** A client that runs `pay`, which asks first. */
function bench({
  steps = [pays(100), done],
  tool = {},
  principal = 'me',
  ...options
}: BenchOptions = {}) {
  const world = virtualClock()
  const store = memoryStore()
  const ran: string[] = []
  const pay = defineTool({
    name: 'pay',
    description: 'Pays.',
    inputSchema: z.object({ to: z.string(), amount: z.number().max(1_000) }),
    approval: true,
    execute: ({ to, amount }) => {
      ran.push(`${amount} to ${to}`)
      return 'paid'
    },
    ...tool,
  })
  const model = scriptedModel((_, { step }) => steps[step] ?? done)
  const server = createToolServer({
    world,
    store,
    model,
    tools: [pay.withoutExecute()],
    ...options,
  })
  const wire = memoryTransport()
  server.accept(wire, { id: principal })
  const open = (conversationId = 'talk'): ToolClient =>
    createToolClient({ world, transport: wire, tools: [pay], conversationId })
  const say = async (client: ToolClient): Promise<void> => {
    void client.send('Go.')
    await world.advance(1_000)
  }
  /** Answers the open question of the newest call. */
  const answer = async (client: ToolClient, ...rest: readonly unknown[]): Promise<unknown> => {
    const asked = client.getSnapshot().calls.findLast(({ state }) => state === 'approval-requested')
    const [edits, keep] = rest
    const answered = client
      .approve(asked?.toolCallId ?? '', edits as never, keep as never)
      .catch((error: unknown) => error)
    await world.advance(1_000)
    return answered
  }
  const states = (client: ToolClient): readonly string[] =>
    client.getSnapshot().calls.map(({ state }) => state)
  return {
    world,
    store,
    server,
    model,
    ran,
    open,
    say,
    answer,
    states,
    client: open(),
  }
}

test('an input that a person changes runs as changed, is marked so, and the model is told of it [P76]', async () => {
  const asked: unknown[] = []
  const it = bench({
    approvals: {
      allowEdits(edit) {
        asked.push(edit)
        return true
      },
    },
  })
  await it.say(it.client)
  await it.answer(it.client, { amount: 5 })
  expect(it.ran).toEqual(['5 to bob'])
  expect(asked).toMatchObject([
    { principal: { id: 'me' }, toolName: 'pay', input: { amount: 100 }, edited: { amount: 5 } },
  ])
  expect(it.client.getSnapshot().calls).toMatchObject([
    { input: { to: 'bob', amount: 5 }, approval: { approved: true, isEdited: true } },
  ])
  expect(JSON.stringify(it.model.requests[1]?.messages)).toContain('"amount":5')
})

test.each([
  ['that the schema refuses', { allowEdits: true }, { amount: 5_000 }, /does not fit/],
  ['that the host does not allow', {}, { amount: 5 }, /may not be changed/],
  [
    'whose permission the host denies',
    { allowEdits: () => false },
    { amount: 5 },
    /may not be changed/,
  ],
])('an edit %s leaves the question open, and says why [P76]', async (_, approvals, edits, why) => {
  const it = bench({ approvals })
  await it.say(it.client)
  expect(String(await it.answer(it.client, edits))).toMatch(why)
  expect([it.states(it.client), it.ran]).toEqual([['approval-requested'], []])
  await it.answer(it.client)
  expect(it.ran).toEqual(['100 to bob'])
})

test('an edited call waits for an earlier one with which it shares a key now', async () => {
  const order: string[] = []
  const it = bench({
    steps: [
      {
        toolCalls: [
          { toolName: 'pay', input: { to: 'ann', amount: 1 } },
          { toolName: 'pay', input: { to: 'bob', amount: 2 } },
        ],
      },
      done,
    ],
    approvals: { allowEdits: true },
    tool: {
      concurrency: ({ to }: { to: string }) => to,
      execute: ({ amount }: { amount: number }) => order.push(`${amount}`),
    },
  })
  await it.say(it.client)
  await it.answer(it.client, { to: 'ann' })
  expect([order, it.states(it.client)]).toEqual([[], ['approval-requested', 'input-available']])
  await it.answer(it.client)
  expect(order).toEqual(['1', '2'])
})

test('a yes for the session holds for the conversation, and for no other [P77]', async () => {
  const it = bench()
  await it.say(it.client)
  await it.answer(it.client, undefined, 'session')
  await it.say(it.client)
  expect(it.ran).toHaveLength(2)
  expect(it.client.getSnapshot().calls[1]?.approval).toMatchObject({ approved: true })
  const elsewhere = it.open('elsewhere')
  await it.say(elsewhere)
  expect(it.states(elsewhere)).toEqual(['approval-requested'])
})

test('a yes for always holds in other conversations, for the same principal and definition, until it is taken back [P77]', async () => {
  const standing = memoryConsents()
  const it = bench({ approvals: { standing } })
  await it.say(it.client)
  await it.answer(it.client, undefined, 'always')
  const elsewhere = it.open('elsewhere')
  await it.say(elsewhere)
  expect(it.ran).toHaveLength(2)
  for (const other of [
    bench({ approvals: { standing }, principal: 'you' }),
    bench({ approvals: { standing }, tool: { description: 'Pays more.' } }),
  ]) {
    await other.say(other.client)
    expect(other.states(other.client)).toEqual(['approval-requested'])
  }
  void elsewhere.revoke('pay')
  await it.world.advance(100)
  await it.say(it.client)
  expect(it.states(it.client).at(-1)).toBe('approval-requested')
})

test('a yes that holds longer is bound to what the host calls its scope', async () => {
  const it = bench({
    steps: [pays(1), done],
    approvals: { scope: ({ input }) => (input as { to: string }).to },
  })
  await it.say(it.client)
  await it.answer(it.client, undefined, 'session')
  const other = bench({
    steps: [
      pays(1),
      pays(2),
      { toolCalls: [{ toolName: 'pay', input: { to: 'ann', amount: 1 } }] },
      done,
    ],
    approvals: { scope: ({ input }) => (input as { to: string }).to },
  })
  await other.say(other.client)
  await other.answer(other.client, undefined, 'session')
  expect([other.ran, other.states(other.client).at(-1)]).toEqual([
    ['1 to bob', '2 to bob'],
    'approval-requested',
  ])
})

test.each([
  ['a destructive tool', { tool: { destructive: true } }, 'session', /destructive/],
  ['what nobody keeps', {}, 'always', /always/],
])('no yes holds longer for %s', async (_, options, keep, why) => {
  const it = bench(options)
  await it.say(it.client)
  expect(String(await it.answer(it.client, undefined, keep))).toMatch(why)
  expect(it.states(it.client)).toEqual(['approval-requested'])
})

test('a no is final: neither a later yes nor an edit runs the call', async () => {
  const it = bench({ approvals: { allowEdits: true } })
  await it.say(it.client)
  const { toolCallId = '' } = it.client.getSnapshot().calls[0] ?? {}
  void it.client.deny(toolCallId, 'No.')
  await it.world.advance(1_000)
  for (const edits of [undefined, { amount: 1 }])
    await it.client.approve(toolCallId, edits).catch(() => {})
  await it.world.advance(60_000)
  expect([it.ran, it.states(it.client)]).toEqual([[], ['denied']])
})

test('a question that expires is a no, and a late yes runs nothing', async () => {
  const it = bench()
  await it.say(it.client)
  const { toolCallId = '' } = it.client.getSnapshot().calls[0] ?? {}
  await it.world.advance(600_000)
  await it.client.approve(toolCallId).catch(() => {})
  await it.world.advance(1_000)
  expect(it.client.getSnapshot().calls).toMatchObject([
    { state: 'denied', errorCode: 'approval-expired' },
  ])
  expect(it.ran).toEqual([])
})
