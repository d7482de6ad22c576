// Two server processes, one SQLite file, one Redis. A turn begins at A, its client moves to B and reads on; then A is
// killed, and B tells the story anew. REDIS_URL says where Redis is, if not on this machine.
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import process from 'node:process'
import { createToolClient } from 'toolwire/client'
import { httpTransport } from 'toolwire/transports/http'

const folder = mkdtempSync(path.join(tmpdir(), 'toolwire-cluster-'))
const redisUrl = process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379'
const options = [path.join(folder, 'talks.db'), redisUrl, `${path.basename(folder)}:`]

interface ServerProcess {
  readonly child: ChildProcess
  readonly url: string
}

function start(): Promise<ServerProcess> {
  const child = fork(path.join(import.meta.dirname, 'server.ts'), options)
  return new Promise((resolve, reject) => {
    child.once('message', (port) => resolve({ child, url: `http://127.0.0.1:${Number(port)}/` }))
    child.once('exit', () => reject(new Error('A server did not start.')))
  })
}

const [a, b] = [await start(), await start()]
const client = createToolClient({ transport: httpTransport({ url: a.url }), tools: [] })

/** What the client shows of the last answer. */
function story(): string {
  const last = client.getSnapshot().messages.at(-1)
  if (last?.role !== 'assistant') return ''
  return last.parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
}

function until(holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!holds()) return
      stop()
      resolve()
    }
    const stop = client.subscribe(look)
    look()
  })
}

const tell = (where: string): void => console.log(`${where}: ${story().trim()}`)

try {
  await client.send('Tell me a story.')
  await until(() => story().includes('Once upon'))
  tell('The client at A reads')

  client.moveTo(httpTransport({ url: b.url }))
  await until(() => story().includes('there was'))
  tell('The client at B reads what A writes')

  a.child.kill('SIGKILL')
  await until(() => client.getSnapshot().status === 'ready')
  tell('A is dead, and B told it to the end')
} finally {
  client.close()
  for (const { child } of [a, b]) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
}
