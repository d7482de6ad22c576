import { expect, test } from 'vitest'
import { needsPostgres } from '../stores/postgres-server.ts'
import { runCrash, summaryOf } from './crash-run.ts'
import { needsRedisServer } from './own-redis.ts'

// A quarter of a minute on two idle cores; the limit leaves room for a busy machine. The long form is `npm run crash`.
const patience = { timeout: 300_000 }

test(
  'servers are killed, Redis loses all it has and connections to PostgreSQL break: every call has one result and runs as often as it may, every history is valid, every client converges',
  patience,
  async (context) => {
    needsPostgres(context)
    needsRedisServer(context)
    const report = await runCrash({
      seed: 1,
      seconds: 10,
      turns: 30,
      killEveryMs: 500,
      redisRestarts: true,
      postgresCuts: true,
    })
    console.log(summaryOf(report))
    expect(report.broken).toEqual([])
    expect(Object.fromEntries(report.counts)).toMatchObject({ kill: 20, turns: 30 })
  },
)
