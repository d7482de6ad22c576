import { describe, expect, test } from 'vitest'
import type { Guard } from '../../src/server/index.ts'
import { ToolError } from '../../src/tools/index.ts'
import { desk, sides } from './desk.ts'

describe.each(sides)('a guard of the host around a tool on the %s', (side) => {
  test('sees the call, and whose it is, before it runs', async () => {
    const seen: object[] = []
    const guard: Guard = ({ toolName, input, executor, conversationId, principal }, next) => {
      seen.push({ toolName, input, executor, conversationId, principal })
      return next()
    }
    const it = desk({ side, server: { guards: [guard] }, input: () => ({ a: 1 }) })
    expect(await it.call()).toMatchObject([{ output: 'done' }])
    expect(seen).toEqual([
      {
        toolName: 'work',
        input: { a: 1 },
        executor: side,
        conversationId: it.client.conversationId,
        principal: { id: 'me' },
      },
    ])
    await it.end()
  })

  test('refuses with an outcome, or with a ToolError', async () => {
    const refusal = {
      state: 'output-error',
      errorCode: 'closed',
      errorText: 'Open from 9.',
    } as const
    const guards: readonly Guard[] = [
      () => refusal,
      () => {
        throw new ToolError('Open from 9.', { code: 'closed', forUser: 'We are closed.' })
      },
    ]
    for (const guard of guards) {
      const it = desk({ side, server: { guards: [guard] } })
      expect(await it.call()).toMatchObject([refusal])
      expect(it.runs).toEqual([])
      expect(it.errors).toEqual([])
      await it.end()
    }
  })

  test('may change the outcome, and the first of the list has the last word', async () => {
    const append =
      (letter: string): Guard =>
      async (_, next) => {
        const outcome = await next()
        return { ...outcome, output: `${String(outcome.output)} ${letter}` }
      }
    const it = desk({ side, server: { guards: [append('a'), append('b')] } })
    expect(await it.call()).toMatchObject([{ output: 'done b a' }])
    await it.end()
  })

  test('refuses before anything is counted', async () => {
    let isOpen = false
    const guard: Guard = (_, next) => {
      if (!isOpen) throw new ToolError('Not yet.')
      return next()
    }
    const tool = { rateLimit: { limit: 1, windowMs: 60_000, by: 'user' } }
    const it = desk({ side, tool, server: { guards: [guard] } })
    for (let n = 0; n < 6; n++) await it.call()
    isOpen = true
    expect(await it.call()).toMatchObject([{ output: 'done' }])
    await it.end()
  })

  test('that fails before the call refuses it, masked; the operator gets the error', async () => {
    const it = desk({ side, server: { guards: [() => Promise.reject(new Error('key k-123'))] } })
    const [call] = await it.call()
    const [report] = it.errors
    expect(call).toMatchObject({ state: 'output-error', errorCode: 'guard-failed' })
    expect(call?.errorText).toBe(
      `Not run: a check before the tool failed (error ${report?.errorId}).`,
    )
    expect(report).toMatchObject({ error: { message: 'key k-123' }, toolName: 'work' })
    expect(it.runs).toEqual([])
    await it.end()
  })

  test('that fails after the call keeps its output back, and says that it may have had its effect', async () => {
    const guard: Guard = async (_, next) => {
      await next()
      throw new Error('the scanner is down')
    }
    const it = desk({ side, server: { guards: [guard] } })
    const [call] = await it.call()
    expect(call).toMatchObject({ state: 'output-error', errorCode: 'guard-failed' })
    expect(call?.errorText).toMatch(/^A check after the tool failed .* may have had its effect/)
    expect(call).not.toHaveProperty('output')
    await it.end()
  })

  test('that forgets to hand on the outcome is told so', async () => {
    const guard: Guard = async (_, next) => void (await next()) as never
    const it = desk({ side, server: { guards: [guard] } })
    expect(await it.call()).toMatchObject([{ errorCode: 'guard-failed' }])
    expect(it.errors).toMatchObject([
      { error: { code: 'INVALID_OPTIONS', message: 'A guard returned no outcome of a call.' } },
    ])
    await it.end()
  })

  test('runs the call once, however often it goes on', async () => {
    const guard: Guard = async (_, next) => {
      await next()
      return next()
    }
    const it = desk({ side, server: { guards: [guard] } })
    expect(await it.call()).toMatchObject([{ output: 'done' }])
    expect(it.runs).toHaveLength(1)
    await it.end()
  })

  test('that never answers holds no call for ever: its time passes, and other calls run', async () => {
    let isStuck = true
    const guard: Guard = (_, next) => (isStuck ? new Promise(() => {}) : next())
    const limits = { leaseMs: 5_000, orphanTimeoutMs: 5_000, maxConcurrent: 1 }
    const it = desk({ side, tool: { timeoutMs: 1_000 }, server: { guards: [guard], limits } })
    const [call] = await it.call(30_000)
    expect(['timed-out', 'outcome-unknown']).toContain(call?.state)
    isStuck = false
    expect(await it.call(1_000)).toMatchObject([{ output: 'done' }])
    expect(it.runs).toHaveLength(1)
    await it.end()
    expect(it.world.pendingTimers).toBe(0)
  })
})

test('a client has guards of its own around what it runs', async () => {
  const guard: Guard = ({ principal }) => {
    throw new ToolError(`Not in this tab, ${JSON.stringify(principal)}.`, { code: 'tab' })
  }
  const it = desk({ side: 'client', client: { guards: [guard] } })
  expect(await it.call()).toMatchObject([{ errorCode: 'tab', errorText: 'Not in this tab, null.' }])
  expect(it.runs).toEqual([])
  await it.end()
})

test('the guards of a client are not asked about what the server runs', async () => {
  const guard: Guard = () => {
    throw new ToolError('Never.')
  }
  const it = desk({ side: 'server', client: { guards: [guard] } })
  expect(await it.call()).toMatchObject([{ output: 'done' }])
  await it.end()
})
