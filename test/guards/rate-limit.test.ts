import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { memoryLimiter } from '../../src/guards/memory-limiter.ts'
import type { Limiter } from '../../src/ports/index.ts'
import { virtualClock } from '../../src/testing/index.ts'
import { desk, sides } from './desk.ts'

describe.each(sides)('a rate limit of a tool on the %s', (side) => {
  test('refuses the call beyond it, says to model and user when to try again, and is right about it', async () => {
    const it = desk({ side, tool: { rateLimit: { limit: 5, windowMs: 60_000, by: 'user' } } })
    for (let n = 0; n < 5; n++)
      expect(await it.call(1_000)).toMatchObject([{ state: 'output-available' }])
    const [sixth] = await it.call(1_000)
    expect(sixth).toMatchObject({
      state: 'output-error',
      errorCode: 'rate-limited',
      errorText:
        'Not run: "work" may run 5 times in 60 seconds. Try again in 55 seconds, or go on without it.',
      errorForUser: '"Work" was used too often. It can be used again in 55 seconds.',
      retryAfterMs: 55_000,
    })
    expect(it.runs).toHaveLength(5)
    const told = it.model.requests.at(-1)?.messages.flatMap(({ parts }) => parts)
    expect(told).toContainEqual(expect.objectContaining({ errorText: sixth?.errorText }))
    await it.world.advance(53_000)
    expect(await it.call(500)).toMatchObject([{ errorCode: 'rate-limited' }])
    await it.world.advance(500)
    expect(await it.call()).toMatchObject([{ state: 'output-available' }])
    expect(it.errors).toEqual([])
    await it.end()
    expect(it.world.pendingTimers).toBe(0)
  })

  test('of a session leaves other conversations alone, one of a user and one of the tool do not', async () => {
    for (const [by, isFree] of [
      ['session', true],
      ['user', false],
      ['tool', false],
    ] as const) {
      const first = desk({ side, tool: { rateLimit: { limit: 1, windowMs: 60_000, by } } })
      const { world, server: at } = first
      const second = desk({ side, world, at, tool: {} })
      await first.call()
      expect(await second.call()).toMatchObject([
        isFree ? { state: 'output-available' } : { errorCode: 'rate-limited' },
      ])
      await first.end()
    }
  })

  test('of a user leaves other users alone, one of the tool does not', async () => {
    for (const [by, isFree] of [
      ['user', true],
      ['tool', false],
    ] as const) {
      const mine = desk({ side, tool: { rateLimit: { limit: 1, windowMs: 60_000, by } } })
      const { world, server: at } = mine
      const yours = desk({ side, world, at, tool: {}, user: 'you' })
      await mine.call()
      expect(await yours.call()).toMatchObject([
        isFree ? { state: 'output-available' } : { errorCode: 'rate-limited' },
      ])
      await mine.end()
    }
  })

  test('counts where the host says, so that two servers can share one', async () => {
    const world = virtualClock()
    const limiter = memoryLimiter(world)
    const tool = { rateLimit: { limit: 1, windowMs: 60_000, by: 'user' } }
    const [one, two] = [1, 2].map(() => desk({ side, world, tool, server: { limiter } }))
    expect(await one!.call()).toMatchObject([{ state: 'output-available' }])
    expect(await two!.call()).toMatchObject([{ errorCode: 'rate-limited' }])
    await one!.end()
    await two!.end()
  })

  test('that cannot be counted refuses, and the operator hears why', async () => {
    const limiter: Limiter = { take: () => Promise.reject(new Error('redis at 10.0.0.7 is down')) }
    const tool = { rateLimit: { limit: 1, windowMs: 60_000, by: 'user' } }
    const it = desk({ side, tool, server: { limiter } })
    const [call] = await it.call()
    expect(call).toMatchObject({ state: 'output-error', errorCode: 'guard-failed' })
    const { errorId, error } = it.errors[0]!
    expect(call?.errorText).toBe(`Not run: a check before the tool failed (error ${errorId}).`)
    expect(error).toMatchObject({ message: 'redis at 10.0.0.7 is down' })
    expect(it.runs).toEqual([])
    await it.end()
  })
})

describe('the limiter in memory', () => {
  const asks = fc.array(
    fc.record({
      wait: fc.integer({ min: 0, max: 40 }),
      key: fc.constantFrom('a', 'b'),
      id: fc.integer({ min: 0, max: 30 }).map(String),
    }),
    { maxLength: 80 },
  )

  test('never lets more calls pass in any window, and refuses none that has room', () => {
    fc.assert(
      fc.property(asks, fc.integer({ min: 1, max: 4 }), (requests, limit) => {
        const windowMs = 100
        let now = 0
        const limiter = memoryLimiter({ monotonic: () => now })
        const passed: { key: string; id: string; at: number }[] = []
        for (const { wait, key, id } of requests) {
          now += wait
          const held = passed.filter((one) => one.key === key && one.at + windowMs > now)
          const answer = limiter.take({ key, id, limit, windowMs })
          if (held.some((one) => one.id === id)) expect(answer).toEqual({ ok: true })
          else if (held.length < limit) {
            expect(answer).toEqual({ ok: true })
            passed.push({ key, id, at: now })
          } else
            expect(answer).toEqual({
              ok: false,
              retryAfterMs: held.at(-limit)!.at + windowMs - now,
            })
        }
      }),
    )
  })

  test('forgets the key that was asked for longest ago rather than grow without end', () => {
    const limiter = memoryLimiter({ monotonic: () => 0 })
    const take = (key: string, id: string): unknown =>
      limiter.take({ key, id, limit: 1, windowMs: 1_000 })
    take('first', 'x')
    take('second', 'x')
    expect(take('first', 'y')).toMatchObject({ ok: false })
    for (let n = 0; n < 99_999; n++) take(`key ${n}`, 'x')
    expect(take('first', 'y')).toMatchObject({ ok: false })
    expect(take('second', 'y')).toEqual({ ok: true })
  })
})
