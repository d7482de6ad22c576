import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { ToolwireError } from '../../src/base/index.ts'
import { type ToolClient, createToolClient } from '../../src/client/index.ts'
import { createToolServer } from '../../src/server/index.ts'
import {
  type ScriptStep,
  type VirtualClock,
  scriptedModel,
  virtualClock,
} from '../../src/testing/index.ts'
import { type AnyTool, defineTool } from '../../src/tools/index.ts'
import { FaultyWire } from './faulty-wire.ts'

interface Setup {
  readonly world: VirtualClock
  readonly wire: FaultyWire
  readonly client: ToolClient
  readonly runs: string[]
  readonly errors: object[]
  readonly model: ReturnType<typeof scriptedModel>
  readonly join: () => ToolClient
  readonly say: (text: string, ms?: number) => Promise<void>
}

/** A client tool that takes `ms`, and counts its runs by key. */
function setup(steps: readonly ScriptStep[], ms = 1_000): Setup {
  const world = virtualClock()
  const wire = new FaultyWire()
  const runs: string[] = []
  const errors: object[] = []
  const work: AnyTool = defineTool({
    name: 'work',
    description: 'works',
    inputSchema: z.object({}),
    execute: (_, { key }) => {
      runs.push(key)
      return new Promise<string>((resolve) => world.setTimer(ms, () => resolve('done')))
    },
  })
  const model = scriptedModel(steps)
  const onError = (error: object): void => void errors.push(error)
  const server = createToolServer({ world, model, tools: [work.withoutExecute()], onError })
  server.accept(wire, { id: 'me' })
  const join = (conversationId?: string): ToolClient =>
    createToolClient({
      world,
      transport: wire,
      tools: [work],
      onError,
      ...(conversationId !== undefined && { conversationId }),
    })
  const client = join()
  return {
    world,
    wire,
    client,
    runs,
    errors,
    model,
    join: () => join(client.conversationId),
    async say(text, after = 5_000) {
      const sent = client.send(text)
      await world.advance(after)
      await sent
    },
  }
}

const oneCall: ScriptStep[] = [{ toolCalls: [{ toolName: 'work', input: {} }] }, { text: 'Done.' }]

function isDone(client: ToolClient): void {
  expect(client.getSnapshot().calls).toMatchObject([{ state: 'output-available', output: 'done' }])
  expect(client.getSnapshot().messages.at(-1)?.parts).toEqual([{ type: 'text', text: 'Done.' }])
}

describe('one call is run once and answered once [P20][P66]', () => {
  const scenarios: Record<string, (setup: Setup) => Promise<void>> = {
    'when the link is cut while it runs': async ({ world, wire, say }) => {
      await say('Hi', 500)
      wire.cut()
      await world.advance(10_000)
    },
    'when every reply to a claim is lost at first': async ({ world, wire, say }) => {
      let lost = 0
      wire.dropDown = (frame) =>
        frame.k === 'r' && frame.c?.startsWith('claim:') === true && lost++ < 2
      await say('Hi', 60_000)
      await world.advance(10_000)
    },
    'when the reply to its result is lost': async ({ world, wire, say }) => {
      let lost = 0
      wire.dropDown = (frame) =>
        frame.k === 'r' && frame.c?.startsWith('result:') === true && lost++ < 2
      await say('Hi')
      await world.advance(60_000)
    },
    'when its result is lost on the way up': async ({ world, wire, say }) => {
      let lost = 0
      wire.dropUp = (frame) => JSON.stringify(frame).includes('"result"') && lost++ < 2
      await say('Hi')
      await world.advance(60_000)
    },
    'when an event is lost in the middle of the stream': async ({ world, wire, say }) => {
      let lost = 0
      wire.dropDown = (frame) =>
        frame.k === 'e' && JSON.stringify(frame).includes('call-granted') && lost++ < 1
      await say('Hi')
      await world.advance(60_000)
    },
    'when the server cannot be reached for a while': async ({ world, wire, say }) => {
      await say('Hi', 500)
      wire.refuse = new ToolwireError('TRANSPORT_CLOSED', 'down')
      wire.cut()
      await world.advance(20_000)
      wire.refuse = null
      await world.advance(60_000)
    },
    'when the same message is cut off and sent again': async ({ world, wire, say }) => {
      let cut = false
      wire.dropUp = (frame) => {
        if (cut || !JSON.stringify(frame).includes('"send"')) return false
        cut = true
        wire.cut()
        return false
      }
      await say('Hi')
      await world.advance(60_000)
    },
  }
  test.each(Object.entries(scenarios))('%s', async (_, scenario) => {
    const bench = setup(oneCall)
    await scenario(bench)
    isDone(bench.client)
    expect(bench.runs).toHaveLength(1)
    expect(bench.model.requests).toHaveLength(2)
    expect(bench.errors).toEqual([])
    bench.client.close()
    await bench.world.advance(60_000)
    expect(bench.world.pendingTimers).toBe(0)
  })
})

test('a silent stream is noticed though replies to commands still come [P27]', async () => {
  const { world, wire, say, client, runs } = setup(oneCall, 90_000)
  await say('Hi', 500)
  wire.dropDown = (frame) => frame.k !== 'r'
  await world.advance(29_000)
  expect(wire.opened).toBe(1)
  await world.advance(1_000)
  expect(wire.opened).toBe(2)
  wire.dropDown = () => false
  await world.advance(120_000)
  isDone(client)
  expect(runs).toHaveLength(1)
})

test('a grant that comes too late to begin is claimed again [P44]', async () => {
  const { wire, world, say, client, runs } = setup(oneCall)
  const held: (() => void)[] = []
  wire.dropDown = (frame) =>
    frame.k === 'r' &&
    frame.c?.startsWith('claim:') === true &&
    held.length === 0 &&
    held.push(() => {}) > 0
  await say('Hi', 9_000)
  expect(runs).toHaveLength(0)
  // The claim is sent again after 10 s; its reply is 25 s late then, beyond 0.8 of the lease.
  wire.dropDown = (frame) => frame.k === 'r' && frame.c?.endsWith(':1:1') === true
  await world.advance(20_000)
  wire.dropDown = () => false
  await world.advance(20_000)
  isDone(client)
  expect(runs).toHaveLength(1)
  const claims = wire.up.filter((frame) => JSON.stringify(frame).includes('"claim"'))
  expect(new Set(claims.map((frame) => JSON.stringify(frame))).size).toBe(2)
})

test('of two clients of a conversation one runs the call, and both see it', async () => {
  const { world, join, say, client, runs } = setup(oneCall)
  const other = join()
  await world.advance(100)
  await say('Hi')
  isDone(client)
  isDone(other)
  expect(runs).toHaveLength(1)
})

test('a client that comes late sees everything, text under way included', async () => {
  const { world, join, say } = setup(
    [{ toolCalls: [{ toolName: 'work', input: {} }] }, { text: 'Done.' }],
    10_000,
  )
  await say('Hi', 2_000)
  const late = join()
  await world.advance(100)
  expect(late.getSnapshot().calls).toMatchObject([{ state: 'executing' }])
  await world.advance(20_000)
  isDone(late)
})

describe('a refusal', () => {
  test('of the credentials closes the client and fails what waits', async () => {
    const { world, wire, client } = setup(oneCall)
    await world.settle()
    wire.refuse = new ToolwireError('UNAUTHORIZED', 'Not signed in.')
    wire.cut()
    const sent = client.send('Hi')
    const failed = sent.catch((error: unknown) => error)
    await world.advance(10_000)
    expect(await failed).toMatchObject({ code: 'UNAUTHORIZED' })
    expect(client.getSnapshot()).toMatchObject({
      connection: 'closed',
      error: { code: 'UNAUTHORIZED' },
    })
    expect(client.getSnapshot().messages).toEqual([])
  })

  test('of a foreign conversation is told like that of one that is not there', async () => {
    const { world, join, client, wire } = setup(oneCall)
    await world.advance(100)
    client.close()
    const stranger = createToolClient({ world, transport: wire, conversationId: 'unheard-of' })
    await world.advance(100)
    expect(stranger.getSnapshot().connection).toBe('open')
    stranger.close()
    join().close()
  })
})

describe('leaving', () => {
  test('by detach lets the handler and the turn go on [P8]', async () => {
    const { world, client, join, say, runs } = setup(oneCall, 2_000)
    await say('Hi', 500)
    expect(runs).toHaveLength(1)
    client.detach()
    const other = join()
    await world.advance(1_000)
    expect(other.getSnapshot().calls).toMatchObject([{ state: 'executing' }])
    other.close()
  })

  test('rejects what is asked afterwards', async () => {
    const { world, client } = setup(oneCall)
    await world.advance(100)
    client.close()
    client.close()
    await expect(client.send('Hi')).rejects.toMatchObject({ code: 'TRANSPORT_CLOSED' })
    expect(client.getSnapshot().connection).toBe('closed')
  })
})

test('a listener that throws is reported and breaks nothing', async () => {
  const { say, client, errors } = setup([{ text: 'Done.' }])
  client.subscribe(() => {
    throw new Error('render')
  })
  await say('Hi')
  expect(client.getSnapshot().messages).toHaveLength(2)
  expect(errors.length).toBeGreaterThan(0)
})

test('the snapshot is the same object until something changes', async () => {
  const { say, client } = setup([{ text: 'Done.' }])
  await say('Hi')
  const before = client.getSnapshot()
  expect(client.getSnapshot()).toBe(before)
})

test('a conversation that takes minutes to come is shown, over one link [P88]', async () => {
  const it = setup([{ text: 'x'.repeat(500_000) }])
  await it.say('Hi')
  it.client.close()
  const { world, wire } = it
  // A network that carries 5,000 characters in a second.
  let free = 0
  wire.dropDown = (frame) => {
    const now = world.monotonic()
    free = Math.max(now, free) + JSON.stringify(frame).length / 5
    world.setTimer(free - now, () => wire.bring(frame))
    return true
  }
  const { opened } = wire
  const late = it.join()
  await world.advance(60_000)
  expect(late.getSnapshot().messages).toEqual([])
  await world.advance(60_000)
  expect(late.getSnapshot().messages.map(({ parts }) => parts.length)).toEqual([1, 1])
  expect(wire.opened - opened).toBe(1)
  late.close()
})
