import { describe, expect, test } from 'vitest'
import { Slots } from '../../src/guards/slots.ts'
import type { RoomLimits } from '../../src/server/index.ts'
import { type VirtualClock, virtualClock } from '../../src/testing/index.ts'
import type { AnyTool } from '../../src/tools/index.ts'
import { desk, sides } from './desk.ts'

/** A handler that takes a second, and how many of its kind run at the same time. */
function slow(world: VirtualClock): {
  execute: NonNullable<AnyTool['execute']>
  most: () => number
} {
  let running = 0
  let most = 0
  const execute = (_: unknown, { signal }: { signal: AbortSignal }): Promise<string> => {
    most = Math.max(most, ++running)
    return new Promise((resolve, reject) => {
      const end = (): void => void running--
      world.setTimer(1_000, () => {
        end()
        resolve('done')
      })
      signal.addEventListener('abort', () => reject(new Error('aborted')))
    })
  }
  return { execute, most: () => most }
}

const both = (limits: RoomLimits): object => ({ server: { limits }, client: { limits } })

describe.each(sides)('calls on the %s', (side) => {
  test('that are independent run at the same time, as many as there is room for, the others after them', async () => {
    for (const [limits, most, ms] of [
      [{}, 6, 1_000],
      [{ maxConcurrentPerTool: 2 }, 2, 3_000],
      [{ maxConcurrent: 3 }, 3, 2_000],
    ] as const) {
      const world = virtualClock()
      const work = slow(world)
      const it = desk({
        side,
        world,
        calls: 6,
        input: (n) => ({ n }),
        execute: work.execute,
        ...both(limits),
      })
      const calls = await it.call(4_000)
      expect(calls.map(({ state }) => state)).toEqual(Array(6).fill('output-available'))
      expect(work.most()).toBe(most)
      const ended = calls.map(({ timings }) => timings.finishedAt ?? 0)
      expect(Math.max(...ended) - Math.min(...ended)).toBe(ms - 1_000)
      await it.end()
      expect(world.pendingTimers).toBe(0)
    }
  })

  test('that share a conflict key run one after the other, in the order in which the model asked', async () => {
    const world = virtualClock()
    const { execute } = slow(world)
    const it = desk({
      side,
      world,
      calls: 4,
      execute,
      input: (n) => ({ n, file: n % 2 === 0 ? 'even' : 'odd' }),
      tool: { concurrency: ({ file }: { file: string }) => file },
    })
    const calls = await it.call(1_200)
    expect(it.runs.map((input) => (input as { n: number }).n)).toEqual([1, 2, 3, 4])
    expect(calls.map(({ state }) => state)).toEqual([
      'output-available',
      'output-available',
      'executing',
      'executing',
    ])
    await it.world.advance(5_000)
    await it.end()
  })

  test('that wait for room spend no time of their own: what waits too long never begins', async () => {
    const world = virtualClock()
    const { execute } = slow(world)
    const limits = { maxConcurrent: 1, offerTimeoutMs: 2_500 }
    const it = desk({
      side,
      world,
      calls: 4,
      execute,
      tool: { timeoutMs: 1_500 },
      ...both(limits),
    })
    const calls = await it.call(10_000)
    expect(calls.map(({ state, errorCode }) => errorCode ?? state)).toEqual([
      'output-available',
      'output-available',
      'output-available',
      'not-started',
    ])
    expect(it.runs).toHaveLength(3)
    expect(await it.call(4_000)).toHaveLength(4)
    await it.end()
    expect(world.pendingTimers).toBe(0)
  })

  test('that are cancelled while they wait never begin, and leave their place', async () => {
    const world = virtualClock()
    const { execute } = slow(world)
    const it = desk({ side, world, calls: 3, execute, ...both({ maxConcurrent: 1 }) })
    await it.call(200)
    const waiting = it.client.getSnapshot().calls.filter(({ state }) => state === 'queued')
    expect(waiting).toHaveLength(2)
    const cancelled = it.client.cancel(waiting[0]!.toolCallId)
    await world.advance(3_000)
    await cancelled
    expect(it.client.getSnapshot().calls.map(({ state }) => state)).toEqual([
      'output-available',
      'cancelled',
      'output-available',
    ])
    expect(it.runs).toHaveLength(2)
    await it.end()
  })
})

test('calls to a tool that is full keep no calls to others waiting', async () => {
  const slots = new Slots({ maxConcurrent: 2, maxConcurrentPerTool: 1 })
  const { signal } = new AbortController()
  const entered: string[] = []
  const enter = (name: string): Promise<(() => void) | null> => {
    const leave = slots.enter(name, signal)
    void leave.then(() => entered.push(name))
    return leave
  }
  const leave = await enter('full')
  void enter('full')
  await enter('other')
  expect(entered).toEqual(['full', 'other'])
  leave?.()
  // Leaving twice makes room once.
  leave?.()
  void enter('third')
  await new Promise<void>((resolve) => queueMicrotask(resolve))
  expect(entered).toEqual(['full', 'other', 'full'])
})
