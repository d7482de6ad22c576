// Turns over three real servers, of which one is killed every second:
// `npm run crash -- --seconds 120 --turns 200 --seed 1 [--redis-restarts] [--postgres-cuts]`.
import { parseArgs } from 'node:util'
import { runCrash } from './crash-run.ts'
import { missingDatabase } from './own-database.ts'
import { missingRedis } from './own-redis.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '120' },
    turns: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1e6) },
    'redis-restarts': { type: 'boolean', default: false },
    'postgres-cuts': { type: 'boolean', default: false },
  },
})

const missing = missingDatabase() ?? missingRedis()
if (missing) {
  console.error(`The crash test cannot run: ${missing}.`)
  process.exit(1)
}
console.log(`seed ${values.seed}`)
const { counts, broken, seconds } = await runCrash({
  seed: Number(values.seed),
  seconds: Number(values.seconds),
  turns: Number(values.turns),
  killEveryMs: 1_000,
  redisRestarts: values['redis-restarts'],
  postgresCuts: values['postgres-cuts'],
})
const inOrder = [...counts].toSorted(([a], [b]) => a.localeCompare(b, 'en'))
console.log(`${seconds.toFixed(1)} s: ${inOrder.map(([name, n]) => `${name} ×${n}`).join(' · ')}`)
for (const one of broken) console.log(`✘ ${one}`)
if (broken.length > 0) process.exitCode = 1
else console.log('✔ every promise was kept')
