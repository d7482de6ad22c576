// Two server processes over one PostgreSQL and one Redis, a load of clients, and a kill switch.
import process from 'node:process'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Cluster } from './cluster.ts'
import { openSwitchboard } from './switchboard.ts'
import { lineOf, linesOf, onKeys } from './terminal.ts'

const usage = `node examples/cluster/main.ts             a page with a kill switch; 1 and 2 kill a server, q ends
node examples/cluster/main.ts --once      kills a server by itself, waits for every client; exits 0, or 1

--clients 40  --turns 4                   how many clients, and turns of each conversation
TOOLWIRE_POSTGRES  TOOLWIRE_REDIS         where they are, if not on this machine at their usual ports
PORT                                      of the page; default 3230`

const { values } = parseArgs({
  options: {
    once: { type: 'boolean', default: false },
    clients: { type: 'string', default: '40' },
    turns: { type: 'string', default: '4' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
const load = { clients: Number(values.clients), turnsEach: Number(values.turns) }
const isTerminal = process.stdout.isTTY && !values.once

try {
  if (values.help) write(usage)
  else if (values.once) await runOnce()
  else await runUntilAsked()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

/** One conversation of each client; server 1 dies in the middle of them. */
async function runOnce(): Promise<void> {
  const cluster = await Cluster.start({ ...load, onNews: write })
  try {
    write(`${load.clients} clients, ${load.turnsEach} turns each, at two servers at random.`)
    await killInTheMiddle(cluster)
    await cluster.done
    await tellEnd(cluster)
  } finally {
    await cluster.close()
  }
}

async function killInTheMiddle(cluster: Cluster): Promise<void> {
  const isOver = cluster.done.then(() => true)
  const middle = (load.clients * load.turnsEach) / 3
  while (cluster.picture().turns < middle)
    if (await Promise.race([isOver, setTimeout(50, false)])) return
  cluster.kill(1)
}

/** One conversation after the other, until somebody has seen enough. */
async function runUntilAsked(): Promise<void> {
  const cluster = await Cluster.start({ ...load, conversations: Infinity, onNews: write })
  const page = await openSwitchboard({
    port: Number(process.env['PORT'] ?? 3230),
    picture: () => cluster.picture(),
    kill: (number) => cluster.kill(number),
  }).catch(async (error: unknown) => {
    await cluster.close()
    throw error
  })
  write(`The switchboard: ${page.url}  (1 or 2 kills that server, q ends)`)
  const status = setInterval(() => showStatus(lineOf(cluster.picture())), 500)
  const offKeys = onKeys((key) => {
    if (key === '1' || key === '2') cluster.kill(Number(key))
    // In this mode Ctrl+C is a key, too.
    if (key === 'q' || key === '\u0003') end()
  })
  const end = (): void => {
    write('No further turns; those under way come to their end.')
    cluster.stop()
    offKeys()
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end)
  try {
    await cluster.done
    clearInterval(status)
    await tellEnd(cluster)
  } finally {
    page.close()
    await cluster.close()
  }
}

async function tellEnd(cluster: Cluster): Promise<void> {
  const summary = await cluster.summary()
  for (const line of linesOf(summary)) write(line)
  process.exitCode = summary.isGood ? 0 : 1
}

/** Above the line of the status, where there is one. */
function write(line: string): void {
  if (isTerminal) process.stdout.write('\r\u001B[K')
  console.log(line)
}

function showStatus(line: string): void {
  if (isTerminal) process.stdout.write(`\r\u001B[K${line.slice(0, process.stdout.columns - 1)}`)
}
