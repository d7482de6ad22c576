import { type ChildProcess, fork } from 'node:child_process'
import path from 'node:path'
import process from 'node:process'
import type { TurnFinished, TurnStarted } from 'toolwire/server'
import type { Places } from './services.ts'

/** What a server process is told in its environment. */
export interface ServerTask {
  readonly number: number
  /** 0 takes any that is free. */
  readonly port: number
  readonly places: Places
}

export type ServerHappening = TurnStarted | TurnFinished

/** What a server process says. */
export type ServerMessage = { readonly type: 'listening'; readonly port: number } | ServerHappening

export type ServerStatus =
  | { readonly state: 'starting' }
  | { readonly state: 'serving'; readonly pid: number }
  | { readonly state: 'dead'; readonly backAt: number }

export interface ServerProcessOptions {
  readonly number: number
  readonly places: Places
  /** How long it stays dead. */
  readonly downMs: number
  readonly onHappening: (happening: ServerHappening) => void
  readonly onDeath: () => void
  readonly onReturn: () => void
  readonly onError: (error: unknown) => void
}

const program = path.join(import.meta.dirname, 'server.ts')

/** A server that can be killed at any time, and comes back at the same port. */
export class ServerProcess {
  readonly number: number
  readonly #options: ServerProcessOptions
  #child: ChildProcess | null = null
  #status: ServerStatus = { state: 'starting' }
  #port = 0
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(options: ServerProcessOptions) {
    this.#options = options
    this.number = options.number
  }

  get status(): ServerStatus {
    return this.#status
  }

  get port(): number {
    return this.#port
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`
  }

  /** Resolves when it listens. */
  start(): Promise<void> {
    this.#status = { state: 'starting' }
    const task: ServerTask = {
      number: this.number,
      port: this.#port,
      places: this.#options.places,
    }
    const env = { ...process.env, CLUSTER_SERVER: JSON.stringify(task) }
    const child = fork(program, { env })
    this.#child = child
    return new Promise((resolve, reject) => {
      // Nobody else has this channel.
      child.on('message', (message: ServerMessage) => {
        if (message.type !== 'listening') return this.#options.onHappening(message)
        this.#port = message.port
        this.#status = { state: 'serving', pid: child.pid ?? 0 }
        resolve()
      })
      child.once('exit', () => {
        if (!this.#isClosed) reject(new Error(`Server ${this.number} did not start.`))
        this.#died()
      })
    })
  }

  /** As `kill -9` does. Answers whether there was anything to kill. */
  kill(): boolean {
    return this.#status.state === 'serving' && Boolean(this.#child?.kill('SIGKILL'))
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#child?.kill('SIGKILL')
  }

  #died(): void {
    if (this.#isClosed || this.#status.state !== 'serving') return
    const { downMs, onDeath, onReturn, onError } = this.#options
    this.#status = { state: 'dead', backAt: Date.now() + downMs }
    onDeath()
    this.#timer = setTimeout(() => void this.start().then(onReturn, onError), downMs)
  }
}
