import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Verdict } from '../../src/guards/circuit.ts'
import { ToolError } from '../../src/tools/index.ts'
import { desk, sides } from './desk.ts'
import { WatchedCircuit } from './watched-circuit.ts'

const broken = (): never => {
  throw new Error('no disk at /srv')
}

describe.each(sides)('the circuit of a tool on the %s', (side) => {
  test('opens after five failures in a row, and says so to model, user and operator', async () => {
    const it = desk({ side, execute: broken })
    for (let n = 0; n < 5; n++)
      expect(await it.call(1_000)).toMatchObject([{ errorCode: 'handler-error' }])
    expect(await it.call(1_000)).toMatchObject([
      {
        state: 'output-error',
        errorCode: 'circuit-open',
        errorText:
          'Not run: "work" failed 5 times in a row and rests. Try again in 29 seconds, or go on without it.',
        errorForUser: '"Work" does not work at the moment. It can be tried again in 29 seconds.',
        retryAfterMs: 29_000,
      },
    ])
    expect(it.runs).toHaveLength(5)
    expect(it.server.health().circuits).toEqual({ work: { state: 'open', retryAfterMs: 28_000 } })
    await it.end()
    expect(it.world.pendingTimers).toBe(0)
  })

  test('lets one call try after a while: a failure opens it again, a success closes it', async () => {
    let isBroken = true
    const it = desk({
      side,
      calls: 2,
      execute: () => (isBroken ? broken() : 'fine'),
      server: { limits: { circuit: { failures: 2, coolDownMs: 10_000 } } },
    })
    await it.call(10_500)
    const codes = (calls: Awaited<ReturnType<typeof it.call>>): ReadonlySet<unknown> =>
      new Set(calls.map(({ errorCode }) => errorCode))
    expect(codes(await it.call(11_000))).toEqual(new Set(['circuit-open', 'handler-error']))
    isBroken = false
    const [first, second] = await it.call()
    expect([first, second]).toContainEqual(expect.objectContaining({ output: 'fine' }))
    expect(it.server.health().circuits).toEqual({})
    expect(codes(await it.call())).toEqual(new Set([undefined]))
    await it.end()
  })

  test('shows that one call tries', async () => {
    let isBroken = true
    const circuit = { failures: 1, coolDownMs: 10_000 }
    const it = desk({
      side,
      execute: () =>
        isBroken ? broken() : new Promise((resolve) => it.world.setTimer(5_000, () => resolve(1))),
      server: { limits: { circuit } },
    })
    await it.call(11_000)
    isBroken = false
    await it.call(1_000)
    expect(it.server.health().circuits).toEqual({
      work: { state: 'half-open', retryAfterMs: 9_000 },
    })
    await it.world.advance(5_000)
    expect(it.server.health().circuits).toEqual({})
    await it.end()
  })

  test('counts no answer of the tool with a code of its own, and no refused input', async () => {
    const it = desk({
      side,
      execute: () => {
        throw new ToolError('There is no such order.', { code: 'no-order' })
      },
    })
    for (let n = 0; n < 8; n++) await it.call()
    expect(it.runs).toHaveLength(8)
    await it.end()
  })

  test('counts a handler that does not end in time', async () => {
    const it = desk({ side, tool: { timeoutMs: 100 }, execute: () => new Promise(() => {}) })
    for (let n = 0; n < 5; n++) await it.call()
    expect(await it.call()).toMatchObject([{ errorCode: 'circuit-open' }])
    await it.end()
  })

  test('is never open where the host does not want it', async () => {
    const limits = { circuit: false } as const
    const it = desk({ side, execute: broken, server: { limits } })
    for (let n = 0; n < 8; n++) await it.call()
    expect(it.runs).toHaveLength(8)
    await it.end()
  })
})

test('whatever happens in whatever order, an open circuit admits nobody and a half-open one admits one', () => {
  const verdicts = fc.constantFrom<Verdict>('failed', 'failed', 'failed', 'alive', 'none')
  const ends = fc.option(fc.tuple(fc.nat(), verdicts), { nil: null })
  const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 60 }), ends), {
    minLength: 20,
    maxLength: 100,
  })
  fc.assert(
    fc.property(steps, (all) => {
      const watched = new WatchedCircuit()
      for (const [wait, end] of all) {
        watched.now += wait
        if (end) watched.end(...end)
        else watched.ask()
      }
      expect(watched.faults).toEqual([])
    }),
    { numRuns: 500 },
  )
})
