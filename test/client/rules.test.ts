import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { createToolClient } from '../../src/client/index.ts'
import type { ConversationEvent } from '../../src/protocol/index.ts'
import { createToolServer } from '../../src/server/index.ts'
import { memoryStore } from '../../src/stores/index.ts'
import { scriptedModel, virtualClock } from '../../src/testing/index.ts'
import { defineTool } from '../../src/tools/index.ts'
import { memoryTransport } from '../../src/transports/index.ts'
import { FaultyWire } from './faulty-wire.ts'
import { RawLink } from './raw-link.ts'

const work = defineTool({
  name: 'work',
  description: 'works',
  inputSchema: z.object({}),
  outputSchema: z.object({ ok: z.boolean() }),
  execute: () => ({ ok: true }),
})

function setup(options: Partial<Parameters<typeof createToolServer>[0]> = {}) {
  const world = virtualClock()
  const wire = memoryTransport()
  const errors: unknown[] = []
  const store = memoryStore()
  const server = createToolServer({
    world,
    store,
    model: scriptedModel([{ toolCalls: [{ toolName: 'work', input: {} }] }, { text: 'Done.' }]),
    tools: [work.withoutExecute()],
    onError: ({ error }) => errors.push(error),
    ...options,
  })
  server.accept(wire, { id: 'me' })
  return { world, wire, errors, store, server }
}

const sync = {
  type: 'sync',
  hash: 'h',
  tools: [{ name: 'work', hash: work.descriptor.hash }],
} as const
const send = {
  type: 'send',
  turnId: 't',
  message: { id: 'm', parts: [{ type: 'text', text: 'Go.' }] },
} as const

/** Goes as far as the grant of the one call, whose creation it gives back. */
async function granted(
  options?: Parameters<typeof setup>[0],
): Promise<ReturnType<typeof setup> & { link: RawLink; callId: string; argsHash: string }> {
  const it = setup(options)
  const link = await RawLink.open(it.wire)
  await link.ask(sync)
  await link.ask(send)
  await it.world.advance(1_000)
  const call = link.frames.flatMap((frame) =>
    frame.k === 'e' && frame.e.type === 'call-created' ? [frame.e.call] : [],
  )[0]
  const { callId = '', argsHash = '' } = call ?? {}
  await link.ask({ type: 'claim', callId, attempt: 1, n: 1 })
  await it.world.settle()
  return { ...it, link, callId, argsHash }
}

describe('a link', () => {
  test('on which no hello came is closed [P16]', async () => {
    const { world, wire } = setup()
    const silent = await RawLink.open(wire, { k: 'nothing' } as never)
    await world.settle()
    expect(silent.ended).toBe(true)
  })

  test('on which a second hello comes is closed [P16]', async () => {
    const { world, wire } = setup()
    const link = await RawLink.open(wire)
    await link.send({ k: 'hello' })
    await world.settle()
    expect(link.ended).toBe(true)
  })

  test('of another version is told so, and its client stays away [P17]', async () => {
    const { world, wire } = setup()
    const link = await RawLink.open(wire, { v: 2 })
    await world.settle()
    expect(link.frames).toEqual([{ k: 'bye', why: 'version' }])
  })

  test('whose client promised to beat and is silent is closed [P18]', async () => {
    const { world, wire } = setup()
    const link = await RawLink.open(wire, { beatMs: 2_000 })
    const quiet = await RawLink.open(wire, { clientId: 'quiet' })
    await world.advance(4_000)
    await link.send({ k: 'ping' })
    await world.advance(4_000)
    expect(link.ended).toBe(false)
    await world.advance(1_000)
    expect([link.ended, quiet.ended]).toEqual([true, false])
  })

  test('is kept by the beats of its client [P18]', async () => {
    const { world, wire } = setup()
    const client = createToolClient({ world, transport: { ...wire, beatMs: 20_000 } })
    const seen: string[] = []
    client.subscribe(() => seen.push(client.getSnapshot().connection))
    await world.advance(300_000)
    expect([...new Set(seen)]).toEqual(['open'])
    client.close()
  })
})

describe('a client whose server is away', () => {
  test('tries again later each time, up to half a minute, and at once when it wakes up [P28]', async () => {
    const clock = virtualClock()
    const wakers = new Set<() => void>()
    const world = {
      ...clock,
      onWake(listener: () => void) {
        wakers.add(listener)
        return () => wakers.delete(listener)
      },
    }
    const tries: number[] = []
    const client = createToolClient({
      world,
      transport: {
        name: 'none',
        connect() {
          tries.push(clock.now())
          return Promise.reject(new Error('down'))
        },
      },
    })
    await clock.advance(300_000)
    const pauses = tries.slice(1).map((at, index) => at - (tries[index] ?? 0))
    expect(pauses.slice(0, 7).every((ms, n) => ms >= 125 * 2 ** n && ms <= 250 * 2 ** n)).toBe(true)
    expect(pauses.slice(8).every((ms) => ms >= 15_000 && ms <= 30_000)).toBe(true)
    const before = tries.length
    for (const wake of wakers) wake()
    await clock.settle()
    expect(tries.length).toBe(before + 1)
    client.close()
    expect([clock.pendingTimers, wakers.size]).toEqual([0, 0])
  })
})

describe('a command', () => {
  test('that is not well formed is refused under its key [P22]', async () => {
    const { world, wire } = setup()
    const link = await RawLink.open(wire)
    await link.send({ k: 'c', c: { type: 'cancel', callId: 7 } })
    await world.settle()
    expect(link.replies).toEqual([['cancel', 'denied']])
  })

  test('is acknowledged when it is stored, and not before [P21]', async () => {
    const store = memoryStore()
    let isDown = false
    const { world, wire } = setup({
      store: {
        ...store,
        commit: (...args) => (isDown ? Promise.reject(new Error('down')) : store.commit(...args)),
      },
    })
    const link = await RawLink.open(wire)
    await world.settle()
    isDown = true
    await link.ask(send)
    await world.settle()
    expect(link.replies).toEqual([])
    isDown = false
    await link.ask(send)
    await world.settle()
    expect(link.replies).toEqual([['send', 'accepted']])
  })

  test('is answered in its turn [P23]', async () => {
    const { world, wire } = setup()
    const link = await RawLink.open(wire)
    await Promise.all([link.ask(sync), link.ask(send), link.ask({ type: 'stop', turnId: 't' })])
    await world.settle()
    expect(link.replies.map(([type]) => type)).toEqual(['sync', 'send', 'stop'])
  })
})

test('a call is stored together with the message that holds it [P36]', async () => {
  const store = memoryStore()
  const batches: ConversationEvent[][] = []
  const { world, wire } = setup({
    store: {
      ...store,
      commit(id, version, events) {
        batches.push([...events])
        return store.commit(id, version, events)
      },
    },
  })
  const link = await RawLink.open(wire)
  await link.ask(sync)
  await link.ask(send)
  await world.advance(1_000)
  const created = batches.filter((batch) => batch.some(({ type }) => type === 'call-created'))
  expect(created.map((batch) => batch[0]?.type)).toEqual(['step-finished'])
})

describe('of several clients', () => {
  test.each([
    ['initiator', ['first', 'second'], 'first'],
    ['initiator', ['second', 'first'], 'first'],
    ['focused', ['first', 'second'], 'second'],
    [{ client: 'second' }, ['first', 'second'], 'second'],
    ['any', ['first', 'second'], 'first'],
  ] as const)('with %j the right one runs a call [P45]', async (assign, order, runner) => {
    const { world, wire } = setup({ assign })
    const ran: string[] = []
    const open = (name: string) =>
      createToolClient({
        world,
        transport: wire,
        conversationId: 'talk',
        name,
        isFocused: () => name === 'second',
        tools: [
          defineTool({
            name: 'work',
            description: 'works',
            inputSchema: z.object({}),
            outputSchema: z.object({ ok: z.boolean() }),
            execute: () => {
              ran.push(name)
              return { ok: true }
            },
          }),
        ],
      })
    const clients = new Map<string, ReturnType<typeof open>>()
    for (const name of order) {
      clients.set(name, open(name))
      await world.advance(10)
    }
    const sent = clients.get('first')?.send('Go.')
    await world.advance(5_000)
    await sent
    expect(ran).toEqual([runner])
  })

  test('none but the named one is granted, whoever asks [P45]', async () => {
    const { link } = await granted({ assign: { client: 'panel' } })
    expect(link.replies.at(-1)).toEqual(['claim', 'denied'])
  })
})

test('a grant that is no longer wanted is given back, and the call is cancelled at once [P51]', async () => {
  const world = virtualClock()
  const wire = new FaultyWire()
  const begun: string[] = []
  const server = createToolServer({
    world,
    model: scriptedModel([{ toolCalls: [{ toolName: 'slow', input: {} }] }, { text: 'Done.' }]),
    tools: [defineTool({ name: 'slow', description: 'slow', inputSchema: z.object({}) })],
  })
  server.accept(wire, { id: 'me' })
  const tool = defineTool({
    name: 'slow',
    description: 'slow',
    inputSchema: z.object({}),
    execute: (_, { key }) => void begun.push(key),
  })
  const client = createToolClient({ world, transport: wire, tools: [tool] })
  // The grant is on its way while the user cancels.
  wire.dropDown = (frame) => frame.k === 'r' && frame.c?.startsWith('claim:') === true
  const sent = client.send('Go.')
  await world.advance(1_000)
  await sent
  const [call] = client.getSnapshot().calls
  const cancelled = client.cancel(call?.toolCallId ?? '')
  await world.settle()
  wire.dropDown = () => false
  await world.advance(11_000)
  await cancelled
  expect(client.getSnapshot().calls.map(({ state }) => state)).toEqual(['cancelled'])
  expect(begun).toEqual([])
})

describe('a result', () => {
  test('that does not fit the output schema of the server fails the call [P53]', async () => {
    const { link, world, callId, argsHash } = await granted()
    const result = { type: 'result', callId, attempt: 1, argsHash } as const
    await link.ask({ ...result, state: 'output-available', output: { ok: 'yes' } })
    await world.settle()
    const settled = link.frames.flatMap((frame) =>
      frame.k === 'e' && frame.e.type === 'call-settled' ? [frame.e] : [],
    )
    expect(settled).toMatchObject([{ state: 'output-error', errorCode: 'invalid-output' }])
  })
})

test('what is overdue is closed once, by whichever node looks [P65]', async () => {
  const { world, store, link } = await granted()
  const other = createToolServer({
    world,
    store,
    model: scriptedModel([{ text: 'Done.' }]),
    tools: [work.withoutExecute()],
  })
  const wire = memoryTransport()
  other.accept(wire, { id: 'me' })
  await RawLink.open(wire, { clientId: 'elsewhere' })
  link.close()
  await world.advance(200_000)
  const events = await store.read('talk', 0)
  expect(events.filter(({ type }) => type === 'call-suspected')).toHaveLength(1)
  expect(events.filter(({ type }) => type === 'call-settled')).toMatchObject([
    { state: 'outcome-unknown' },
  ])
})

test('a store says how long it keeps what it acknowledged [P7]', () => {
  expect(memoryStore().durability).toBe('process')
})
