import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { type Snapshot, type ToolClient, createToolClient } from '../../src/client/index.ts'
import { isTerminal } from '../../src/protocol/index.ts'
import { createToolServer } from '../../src/server/index.ts'
import {
  type MemoryTransportOptions,
  type ScriptStep,
  type VirtualClock,
  memoryTransport,
  scriptedModel,
  virtualClock,
} from '../../src/testing/index.ts'
import { type AnyTool, defineTool } from '../../src/tools/index.ts'

const bad = {
  drop: 0.03,
  duplicate: 0.1,
  reorder: 0.04,
  cut: 0.02,
  delay: { minMs: 1, maxMs: 400 },
} as const

const steps: readonly ScriptStep[] = [
  {
    text: 'I look and wait.',
    toolCalls: [
      { toolName: 'look', input: { at: 1 } },
      { toolName: 'wait', input: {} },
      { toolName: 'add', input: { a: 1, b: 2 } },
    ],
  },
  { toolCalls: [{ toolName: 'look', input: { at: 2 } }] },
  { text: 'All done.' },
]

const add = defineTool({
  name: 'add',
  description: 'Adds.',
  inputSchema: z.object({ a: z.number(), b: z.number() }),
  execute: ({ a, b }) => a + b,
})

/** Tools of the page: one answers after a second, the other never unless it is cancelled. */
function pageTools(world: VirtualClock, begun: string[]): readonly AnyTool[] {
  return [
    defineTool({
      name: 'look',
      description: 'Looks.',
      inputSchema: z.object({ at: z.number() }),
      execute: ({ at }, { toolCallId }) => {
        begun.push(toolCallId)
        return new Promise((resolve) => {
          world.setTimer(1_000, () => resolve({ seen: at }))
        })
      },
    }),
    defineTool({
      name: 'wait',
      description: 'Waits.',
      inputSchema: z.object({}),
      execute: (_, { toolCallId, signal }) => {
        begun.push(toolCallId)
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('aborted')))
        })
      },
    }),
  ]
}

interface Outcome {
  readonly snapshot: Snapshot
  /** What a client shows that comes when all is over. */
  readonly truth: Snapshot
  readonly begun: readonly string[]
  readonly errors: readonly string[]
  readonly requests: readonly unknown[]
  /** What both ends were shown, in its order. */
  readonly trace: readonly string[]
  readonly wire: ReturnType<typeof memoryTransport>
}

/** One conversation over such a wire, in virtual time: calls in page and server, one of which is cancelled. */
async function converse(options: MemoryTransportOptions): Promise<Outcome> {
  const world = virtualClock({ seed: options.seed ?? 1 })
  const wire = memoryTransport({ ...options, world })
  const model = scriptedModel(steps)
  const errors: string[] = []
  const begun: string[] = []
  const onError = ({ error }: { readonly error: unknown }): void => void errors.push(String(error))
  const tools = pageTools(world, begun)
  const server = createToolServer({
    world,
    model,
    tools: [add, ...tools.map((tool) => tool.withoutExecute())],
    onError,
  })
  server.accept(wire, { id: 'me' })
  const client = createToolClient({ world, transport: wire, tools, onError })
  const trace: string[] = []
  client.subscribe(() => trace.push(JSON.stringify([world.monotonic(), client.getSnapshot()])))
  const sent = client.send('Go')
  const cancelled = cancelOnce(client)
  for (let minute = 0; minute < 30 && !isOver(client); minute++) await world.advance(60_000)
  // A last reply that was lost comes now.
  wire.heal()
  await world.advance(60_000)
  await Promise.all([sent, cancelled])
  const snapshot = client.getSnapshot()
  const other = createToolClient({
    world,
    transport: wire,
    conversationId: client.conversationId,
    onError,
  })
  await world.advance(1_000)
  const truth = other.getSnapshot()
  other.close()
  client.close()
  await server.close()
  await world.settle()
  return { snapshot, truth, begun, errors, requests: model.requests, trace, wire }
}

/** Cancels the call that would wait for ever, as soon as it is seen. */
function cancelOnce(client: ToolClient): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = client.subscribe(() => {
      const call = client.getSnapshot().calls.find(({ toolName }) => toolName === 'wait')
      if (call?.state !== 'executing') return
      stop()
      client.cancel(call.toolCallId).then(resolve, reject)
    })
  })
}

function isOver(client: ToolClient): boolean {
  const { status, messages } = client.getSnapshot()
  return status === 'ready' && messages.at(-1)?.role === 'assistant'
}

const seeds = Array.from({ length: 40 }, (_, index) => index + 1)

describe('an application over a wire with all faults', () => {
  test.each(seeds)('gets one result for each call, seed %i', async (seed) => {
    const { snapshot, truth, begun, errors, requests } = await converse({ ...bad, seed })
    expect(truth.status).toBe('ready')
    expect(truth.messages.at(-1)?.parts).toEqual([{ type: 'text', text: 'All done.' }])
    expect(truth.calls.map(({ toolName, state }) => [toolName, isTerminal(state)])).toEqual([
      ['look', true],
      ['wait', true],
      ['add', true],
      ['look', true],
    ])
    expect(snapshot.calls).toEqual(truth.calls)
    // Each began once at most, and the model was asked once for each step.
    expect(new Set(begun).size).toBe(begun.length)
    expect(requests).toHaveLength(steps.length)
    expect(errors).toEqual([])
  })

  test('sees the same when the seed is the same, and else something else', async () => {
    const [first, again, other] = [
      await converse({ ...bad, seed: 7 }),
      await converse({ ...bad, seed: 7 }),
      await converse({ ...bad, seed: 8 }),
    ]
    expect(again.trace).toEqual(first.trace)
    expect(again.wire.faults).toEqual(first.wire.faults)
    expect(other.trace).not.toEqual(first.trace)
  })

  test('gets its results, however often frames come twice and links break', async () => {
    const { snapshot, wire } = await converse({ delay: 300, duplicate: 0.3, cut: 0.05, seed: 3 })
    expect(snapshot.calls.map(({ state }) => state)).toEqual([
      'output-available',
      'cancelled',
      'output-available',
      'output-available',
    ])
    const { links, delayed, duplicated, cut } = wire.faults
    expect(Math.min(links - 1, delayed, duplicated, cut)).toBeGreaterThan(0)
  })

  test('is bothered by nothing where no fault is asked for', async () => {
    const { snapshot, wire } = await converse({})
    expect(snapshot.status).toBe('ready')
    const { links, frames, ...faults } = wire.faults
    // One for each client.
    expect([links, frames > 0]).toEqual([2, true])
    expect(Object.values(faults).filter(Boolean)).toEqual([])
  })
})

const hello = {
  k: 'hello',
  v: 1,
  conversationId: 'c',
  clientId: 'a',
  epoch: 1,
  from: 0,
  journal: 'J0',
} as const

/** What arrives of a hello and the frames 1 to 100, in its order, and how the link ended. */
async function arrived(options: MemoryTransportOptions): Promise<(number | string)[]> {
  const world = virtualClock()
  const wire = memoryTransport({ ...options, world })
  const came: (number | string)[] = []
  const read = async (frames: AsyncIterable<unknown>): Promise<void> => {
    for await (const frame of frames) came.push(Number(Object(frame).n ?? 0))
    came.push('end')
  }
  wire.listen(({ frames }) => void read(frames).catch((error: unknown) => came.push(String(error))))
  const client = await wire.connect(hello, new AbortController().signal)
  for (let n = 1; n <= 100; n++) await client.send({ k: 'ping', n }).catch(() => {})
  await world.advance(60_000)
  client.close()
  await world.advance(60_000)
  expect(world.pendingTimers).toBe(0)
  return came
}

const inOrder = Array.from({ length: 101 }, (_, n) => n)

describe('each fault alone', () => {
  test('drop loses single frames, and keeps the order of the others', async () => {
    const came = await arrived({ drop: 0.2 })
    expect(came.length).toBeGreaterThan(60)
    expect(came.length).toBeLessThan(95)
    expect(came).toEqual([...inOrder.filter((n) => came.includes(n)), 'end'])
  })

  test('delay keeps everything, in its order', async () => {
    expect(await arrived({ delay: { minMs: 10, maxMs: 5_000 } })).toEqual([...inOrder, 'end'])
    expect(await arrived({ delay: 1_000 })).toEqual([...inOrder, 'end'])
  })

  test('duplicate brings some twice, and none too few', async () => {
    const came = await arrived({ duplicate: 0.2 })
    expect(came.length).toBeGreaterThan(110)
    expect(new Set(came)).toEqual(new Set([...inOrder, 'end']))
  })

  test('reorder keeps everything, in another order, behind the hello', async () => {
    const came = await arrived({ reorder: 0.2 })
    expect(came).not.toEqual([...inOrder, 'end'])
    expect(came[0]).toBe(0)
    expect(came.slice(0, -1).toSorted((a, b) => Number(a) - Number(b))).toEqual(inOrder)
  })

  test('cut breaks the link at some frame, and both ends hear of it', async () => {
    const came = await arrived({ cut: 0.1 })
    expect(came.length).toBeLessThan(100)
    expect(came.at(-1)).toContain('The link broke.')
    expect(came.slice(0, -1)).toEqual(inOrder.slice(0, came.length - 1))
  })

  test('what is no chance is refused', () => {
    for (const options of [{ drop: 2 }, { cut: -1 }, { delay: { minMs: 2, maxMs: 1 } }])
      expect(() => memoryTransport(options)).toThrow(
        expect.objectContaining({ code: 'INVALID_OPTIONS' }),
      )
  })
})
