import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from 'redis'
import type { TestContext } from 'vitest'

/** Why no Redis can be started here, or `null`. */
export function missingRedis(): string | null {
  const { error } = spawnSync('redis-server', ['--version'])
  return error ? 'there is no redis-server on the PATH; install one (Debian: redis-server)' : null
}

/** For tests that start one: skipped with the reason where none can be started, and failed in CI. */
export function needsRedisServer({ skip }: Pick<TestContext, 'skip'>): void {
  const missing = missingRedis()
  if (missing === null) return
  if (process.env['CI']) throw new Error(missing)
  skip(missing)
}

/** A Redis of one's own, which keeps nothing: what it knew is gone when it is killed. */
export class OwnRedis {
  readonly url: string
  readonly #port: number
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'toolwire-redis-'))
  #child: ChildProcess | null = null

  private constructor(port: number) {
    this.#port = port
    this.url = `redis://127.0.0.1:${port}`
  }

  static async start(): Promise<OwnRedis> {
    const missing = missingRedis()
    if (missing) throw new Error(missing)
    const redis = new OwnRedis(await freePort())
    await redis.#start()
    return redis
  }

  /** Kills it, and brings it back after a while, empty. */
  async restart(downMs: number): Promise<void> {
    await this.#kill()
    await pause(downMs)
    await this.#start()
  }

  /** What is kept for good; the rest goes by itself. */
  async keys(): Promise<readonly string[]> {
    const client = createClient({ url: this.url })
    await client.connect()
    const all = await client.keys('*')
    const ends = await Promise.all(all.map((key) => client.ttl(key)))
    client.destroy()
    return all.filter((_, n) => ends[n] === -1)
  }

  async end(): Promise<void> {
    await this.#kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #start(): Promise<void> {
    const options = { port: this.#port, bind: '127.0.0.1', dir: this.#folder, appendonly: 'no' }
    const given = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])
    this.#child = spawn('redis-server', [...given, '--save', ''], { stdio: 'ignore' })
    for (let patience = 0; patience < 500; patience++) {
      if (await answersAt(this.#port)) return
      await pause(20)
    }
    throw new Error(`The redis-server that was started at port ${this.#port} does not answer.`)
  }

  async #kill(): Promise<void> {
    if (!this.#child) return
    const gone = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await gone
    this.#child = null
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  // It listens on a port.
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

function answersAt(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
