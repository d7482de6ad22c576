import type { Broker, LimitAnswer, LimitRequest, Limiter } from '../../ports/index.ts'
import { demand, demandEqual } from '../suite-case.ts'
import type { Stand, StandCase } from './stand.ts'

const ask: LimitRequest = { key: 'key', id: '1', limit: 2, windowMs: 60_000 }

function limiterOf({ limiter }: Broker): Limiter | null {
  return limiter ?? null
}

/** Runs where the broker counts. Marked, so that a bundler leaves out cases that nobody runs. */
/* @__NO_SIDE_EFFECTS__ */
function withLimiters(
  run: (stand: Stand, a: Limiter, b: Limiter) => Promise<void>,
): StandCase['run'] {
  return async (stand) => {
    await stand.listen(stand.nodes[0], 'up')
    await stand.listen(stand.nodes[1], 'up')
    const [a, b] = stand.nodes.map(limiterOf)
    if (a && b) await run(stand, a, b)
  }
}

export const limitCases: readonly StandCase[] = [
  {
    name: 'a limit lets through exactly as many as it says, of many who ask everywhere at once',
    run: withLimiters(async (_, a, b) => {
      const asked = Array.from({ length: 200 }, async (__, n) =>
        (n % 2 === 0 ? a : b).take({ ...ask, id: String(n), limit: 50 }),
      )
      const answers = await Promise.all(asked)
      demandEqual(answers.filter(({ ok }) => ok).length, 50, 'How many of 200 got a place of 50')
      for (const answer of answers) demandWait(answer, ask.windowMs)
    }),
  },
  {
    name: 'a call that asks again, at whichever node, takes no second place',
    run: withLimiters(async (_, a, b) => {
      for (const limiter of [a, b, a]) await limiter.take(ask)
      demandEqual((await b.take({ ...ask, id: '2' })).ok, true, 'The second call')
      demandEqual((await a.take({ ...ask, id: '3' })).ok, false, 'The third call')
      demandEqual((await b.take(ask)).ok, true, 'The first call, beyond the limit')
    }),
  },
  {
    name: 'limits of different keys do not mix',
    run: withLimiters(async (_, a, b) => {
      for (const key of ['a', 'A', 'a:b', '["a"]', ' a', ''])
        for (const [id, limiter] of [
          ['1', a],
          ['2', b],
        ] as const)
          demandEqual((await limiter.take({ ...ask, key, id })).ok, true, `"${key}", call ${id}`)
    }),
  },
  {
    name: 'each place is free when its own window has passed, and not before',
    run: withLimiters(async (stand, a, b) => {
      const sliding = { ...ask, windowMs: 600 }
      await a.take(sliding)
      await stand.pass(300)
      await b.take({ ...sliding, id: '2' })
      const refused = await a.take({ ...sliding, id: '3' })
      demandWait(refused, 300)
      demand(!refused.ok, 'Both places have to be taken.')
      await stand.pass(refused.retryAfterMs + 1)
      demandEqual((await b.take({ ...sliding, id: '3' })).ok, true, 'Who comes when it was told to')
      demandEqual((await a.take({ ...sliding, id: '4' })).ok, false, 'Who comes behind it')
    }),
  },
]

function demandWait(answer: LimitAnswer, windowMs: number): void {
  const { retryAfterMs } = answer.ok ? { retryAfterMs: 1 } : answer
  demand(
    retryAfterMs > 0 && retryAfterMs <= windowMs,
    `Who is refused is told to wait ${retryAfterMs} ms, in a window of ${windowMs} ms.`,
  )
}
