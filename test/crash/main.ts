// Turns over three real servers, of which one is killed every second:
// `npm run crash -- --seconds 120 --turns 200 --seed 1 [--redis-restarts] [--postgres-cuts]`;
// `--evidence FILE` for every log and all that was seen.
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { runCrash, summaryOf } from './crash-run.ts'
import { missingDatabase } from './own-database.ts'
import { missingRedis } from './own-redis.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '120' },
    turns: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1e6) },
    'redis-restarts': { type: 'boolean', default: false },
    'postgres-cuts': { type: 'boolean', default: false },
    evidence: { type: 'string' },
  },
})

const missing = missingDatabase() ?? missingRedis()
if (missing) {
  console.error(`The crash test cannot run: ${missing}.`)
  process.exit(1)
}
console.log(`seed ${values.seed}`)
const report = await runCrash({
  seed: Number(values.seed),
  seconds: Number(values.seconds),
  turns: Number(values.turns),
  killEveryMs: 1_000,
  redisRestarts: values['redis-restarts'],
  postgresCuts: values['postgres-cuts'],
})
console.log(summaryOf(report))
for (const one of report.broken) console.log(`✘ ${one}`)
if (values.evidence !== undefined) writeFileSync(values.evidence, JSON.stringify(report.evidence))
if (report.broken.length > 0) process.exitCode = 1
else console.log('✔ every promise was kept')
