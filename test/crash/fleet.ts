import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import type { Chance } from '../simulate/chance.ts'
import { serverCount } from './plan.ts'
import { type ServerSettings, writeSettings } from './settings.ts'

interface ServerProcess {
  readonly child: ChildProcess
  /** Set once it listens. */
  readonly port: number | null
}

/** The server processes of a run: what is killed is started again at once. */
export class Fleet {
  readonly faults: string[] = []
  /** When each process was killed, by its id. */
  readonly killedAt: Map<number, number> = new Map()
  /** How many processes there were. */
  starts = 0
  readonly #settings: ServerSettings
  readonly #chance: Chance
  readonly #servers: ServerProcess[] = []
  #isEnding = false

  constructor(settings: ServerSettings, chance: Chance) {
    this.#settings = settings
    this.#chance = chance
  }

  /** Starts them all, and resolves when they listen. */
  async start(): Promise<void> {
    const all = Array.from({ length: serverCount }, (_, n) => this.#start(n))
    const ended = all.map((child) =>
      once(child, 'exit').then(() => Promise.reject(new Error('A server does not start.'))),
    )
    await Promise.race([Promise.all(all.map((child) => once(child, 'message'))), ...ended])
    for (const each of ended) each.catch(() => {})
  }

  /** One of those that listen at this moment, at random. */
  address(): string | null {
    const ports = this.#servers.map(({ port }) => port).filter((port) => port !== null)
    const port = ports[this.#chance.between(0, ports.length - 1)]
    return port === undefined ? null : `127.0.0.1:${port}`
  }

  kill(n: number): void {
    const { child } = this.#servers[n]!
    if (child.pid !== undefined) this.killedAt.set(child.pid, Date.now())
    child.removeAllListeners()
    child.kill('SIGKILL')
    this.#start(n)
  }

  /** For good. */
  killAll(): void {
    this.#isEnding = true
    for (const { child } of this.#servers) child.removeAllListeners().kill('SIGKILL')
  }

  /** Lets each come to its end, by itself. */
  async end(): Promise<void> {
    this.#isEnding = true
    const ended = this.#servers.map(async ({ child }) => {
      const gone = once(child, 'exit', { signal: AbortSignal.timeout(endsWithinMs) })
      child.send('end')
      await gone.catch(() => {
        this.faults.push('left: a server that was closed does not end')
        child.kill('SIGKILL')
      })
    })
    await Promise.all(ended)
  }

  #start(n: number): ChildProcess {
    this.starts++
    const child = fork(program, [writeSettings(this.#settings)], { execArgv: [] })
    this.#servers[n] = { child, port: null }
    child.once('message', (port) => {
      this.#servers[n] = { child, port: Number(port) }
    })
    child.once('exit', (code, signal) => {
      if (this.#isEnding && code === 0) return
      this.faults.push(`a server ended by itself: ${signal ?? code}`)
      if (!this.#isEnding) this.#start(n)
    })
    return child
  }
}

const program = path.join(import.meta.dirname, 'server.ts')

/** A closed server has nothing left to wait for. */
const endsWithinMs = 10_000
