import { describe, expect, test } from 'vitest'
import { createToolServer } from '../../src/server/index.ts'
import { scriptedModel } from '../../src/testing/index.ts'
import { defineTool } from '../../src/tools/index.ts'
import * as z from 'zod'
import { type Side, desk, sides } from './desk.ts'

describe.each(sides)('the cache of a tool on the %s', (side) => {
  test('answers the same call again for as long as the tool says, and no other call', async () => {
    let count = 0
    let input = { n: 1 }
    const it = desk({
      side,
      tool: { cache: { ttlMs: 10_000, by: 'session' } },
      execute: () => ++count,
      input: () => input,
    })
    expect(await it.call()).toMatchObject([{ state: 'output-available', output: 1 }])
    expect(await it.call()).toMatchObject([{ state: 'output-available', output: 1 }])
    input = { n: 2 }
    expect(await it.call()).toMatchObject([{ output: 2 }])
    input = { n: 1 }
    await it.world.advance(10_000)
    expect(await it.call()).toMatchObject([{ output: 3 }])
    expect(it.runs).toEqual([{ n: 1 }, { n: 2 }, { n: 1 }])
    await it.end()
  })

  test('keeps no failure', async () => {
    let count = 0
    const it = desk({
      side,
      tool: { cache: { ttlMs: 10_000, by: 'session' } },
      execute: () => {
        if (++count === 1) throw new Error('once')
        return count
      },
    })
    expect(await it.call()).toMatchObject([{ errorCode: 'handler-error' }])
    expect(await it.call()).toMatchObject([{ output: 2 }])
    await it.end()
  })

  test('keeps nothing of a call that was cancelled, whatever it gave back', async () => {
    const it = desk({
      side,
      tool: { cache: { ttlMs: 60_000, by: 'user' } },
      execute: (_, { signal }) =>
        new Promise((resolve) => {
          it.world.setTimer(1_000, () => resolve('whole'))
          signal.addEventListener('abort', () => resolve('half'))
        }),
    })
    const [running] = await it.call(300)
    const cancelled = it.client.cancel(running!.toolCallId)
    await it.world.advance(500)
    await cancelled
    expect(it.client.getSnapshot().calls).toMatchObject([{ state: 'cancelled', output: 'half' }])
    expect(await it.call(2_000)).toMatchObject([{ output: 'whole' }])
    await it.end()
  })

  test('answers although the limit is reached and the circuit open, which a kept answer costs nothing of', async () => {
    const it = desk({
      side,
      tool: {
        cache: { ttlMs: 60_000, by: 'user' },
        rateLimit: { limit: 1, windowMs: 60_000, by: 'user' },
      },
    })
    await it.call()
    expect(await it.call()).toMatchObject([{ output: 'done' }])
    await it.end()
  })
})

test.each<[Side, string, boolean, boolean]>([
  ['server', 'session', false, false],
  ['server', 'user', true, false],
  ['server', 'all', true, true],
  ['client', 'session', false, false],
  ['client', 'user', true, false],
  // What one user's client says is not told to others.
  ['client', 'all', true, false],
])(
  'what a tool on the %s gave is kept by "%s": other conversations of the user %s, other users %s',
  async (side, by, ofUser, ofAll) => {
    let count = 0
    const execute = (): number => ++count
    const first = desk({ side, execute, tool: { cache: { ttlMs: 60_000, by } } })
    const { world, server: at } = first
    await first.call()
    const same = desk({ side, execute, world, at })
    expect(await same.call()).toMatchObject([{ output: ofUser ? 1 : 2 }])
    const before = count
    const other = desk({ side, execute, world, at, user: 'you' })
    expect(await other.call()).toMatchObject([{ output: ofAll ? 1 : before + 1 }])
    await first.end()
  },
)

test('what was asked for longest ago makes room for what is new', async () => {
  const runs: number[] = []
  const look = defineTool({
    name: 'look',
    description: 'looks',
    inputSchema: z.object({ n: z.number() }),
    cache: { ttlMs: 60_000, by: 'all' },
    execute: ({ n }) => {
      runs.push(n)
      return 'x'.repeat(1024 * 1024)
    },
  })
  let n = 0
  const server = createToolServer({
    model: scriptedModel((_, { step }) =>
      step === 0 ? { toolCalls: [{ toolName: 'look', input: { n } }] } : { text: 'Done.' },
    ),
    tools: [look],
  })
  for (n of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0, 15, 0, 1])
    await server.run({ message: 'Go.' }).result
  expect(runs).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 1])
  await server.close()
})
