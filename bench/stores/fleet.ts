import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createClient } from 'redis'
import { Session } from './fleet-session.ts'
import { dropSchema, newSchema, postgresUrl } from './places.ts'
import { type Measured, print, rotated, row } from './report.ts'
import { line } from './throughput.ts'

const SIZES = [1, 2, 4]
const ROUNDS = 3
const WARM_UP_MS = 1_500
const ROUND_MS = 3_000
const AT_ONCE = 16
/** Turns after which a client goes to the next server. */
const STAY = 10
const TURNS_OF_CONVERSATION = 30

const redisUrl = process.env['TOOLWIRE_TEST_REDIS'] ?? 'redis://127.0.0.1:6379'

/** Turns a second that so many servers finish together, over one PostgreSQL and behind one Redis. */
export async function reportFleet(): Promise<void> {
  print(`\nServer processes over one PostgreSQL, joined by one Redis; medians of ${ROUNDS} rounds`)
  print(`${AT_ONCE} clients over WebSocket, each at another server every ${STAY} turns`)
  if (!(await redisAnswers())) return print(`  Left out: no Redis answers at ${redisUrl}.`)
  print(row(['', 'turns/s', 'p50, ms', 'p99, ms', 'one = 1']))
  const rounds = new Map(SIZES.map((size) => [size, [] as Measured[]]))
  for (let round = 0; round < ROUNDS; round++)
    for (const size of rotated(SIZES, round)) rounds.get(size)?.push(await load(size))
  for (const [size, measured] of rounds)
    print(line(`${size} ${size === 1 ? 'process' : 'processes'}`, measured, rounds.get(1) ?? []))
}

async function load(size: number): Promise<Measured> {
  const schema = newSchema()
  const nodes = await Promise.all(Array.from({ length: size }, () => launch(schema)))
  try {
    await play(nodes, WARM_UP_MS)
    return await play(nodes, ROUND_MS)
  } finally {
    await Promise.all(nodes.map(({ child }) => end(child)))
    await dropSchema(schema)
  }
}

interface Node {
  readonly child: ChildProcess
  readonly port: number
}

async function launch(schema: string): Promise<Node> {
  const child = fork(new URL('./fleet-node.ts', import.meta.url), [postgresUrl, schema, redisUrl])
  const [port] = await once(child, 'message')
  return { child, port: Number(port) }
}

async function end(child: ChildProcess): Promise<void> {
  const over = once(child, 'exit')
  child.disconnect()
  await over
}

async function play(nodes: readonly Node[], ms: number): Promise<Measured> {
  const start = performance.now()
  const took: number[] = []
  const person = async (who: number): Promise<void> => {
    let session = new Session()
    for (let n = 0; performance.now() - start < ms; n++) {
      if (n % TURNS_OF_CONVERSATION === 0) {
        session.leave()
        session = new Session()
      }
      if (n % STAY === 0) await session.moveTo(portOf(nodes, who + n / STAY))
      const begun = performance.now()
      await session.turn()
      took.push(performance.now() - begun)
    }
    session.leave()
  }
  await Promise.all(Array.from({ length: AT_ONCE }, (_, who) => person(who)))
  return { perSecond: (took.length / (performance.now() - start)) * 1_000, ms: took }
}

function portOf(nodes: readonly Node[], turn: number): number {
  return nodes[turn % nodes.length]?.port ?? 0
}

async function redisAnswers(): Promise<boolean> {
  const client = createClient({ url: redisUrl, socket: { reconnectStrategy: false } })
  client.on('error', () => {})
  try {
    await client.connect()
    client.destroy()
    return true
  } catch {
    return false
  }
}
