// One turn, four lives of a server: it is killed with a model's answer in hand, within a tool that is a workflow, and
// within one that is not. Each time the next life goes on. POSTGRES_URL says where PostgreSQL is, if not on this machine.
import { fork } from 'node:child_process'
import path from 'node:path'
import process from 'node:process'
import pg from 'pg'

const server = new URL(
  process.env['POSTGRES_URL'] ?? 'postgres://postgres:postgres@127.0.0.1:5432/postgres',
)
const database = `toolwire_durable_${process.pid}`
const own = new URL(server)
own.pathname = database

/** Runs a server until it reaches `moment`, tells what it reached before, and kills it. */
function live(moment: string, ...request: readonly string[]): Promise<void> {
  const child = fork(path.join(import.meta.dirname, 'worker.ts'), [own.href, ...request], {
    // The engine's use of pg.
    execArgv: ['--disable-warning=DeprecationWarning'],
  })
  return new Promise((resolve, reject) => {
    child.once('exit', (code, signal) =>
      signal === 'SIGKILL' ? resolve() : reject(new Error(`The server ended: ${code}.`)),
    )
    child.on('message', (said: unknown) => {
      const reached = String(said)
      console.log(`  ${reached}`)
      if (reached.startsWith(moment)) child.kill('SIGKILL')
      else child.send('go on')
    })
  })
}

async function sql(text: string): Promise<void> {
  const client = new pg.Client({ connectionString: server.href })
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}

await sql(`create database ${database}`)
try {
  console.log('The first life is asked for a trip.')
  await live('keeps the answer, step 1', 'A trip to Lisbon!')
  console.log('Killed with the answer in hand. The second life:')
  await live('issues the ticket')
  console.log('Killed within the workflow of a tool. The third life:')
  await live('charges the card')
  console.log('Killed within a tool that runs at most once. The fourth life:')
  await live('hands over')
} finally {
  await sql(`drop database ${database} with (force)`)
}
