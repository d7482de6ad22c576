import { setTimeout } from 'node:timers/promises'
import type { ToolPart } from 'toolwire'
import { type Snapshot, type ToolClient, createToolClient } from 'toolwire/client'
import { httpTransport } from 'toolwire/transports/http'
import { paint } from './tools.ts'

export interface LoadOptions {
  /** Where the servers are, dead or alive. */
  readonly urls: readonly string[]
  readonly clients: number
  readonly turnsEach: number
  /** Of one client, until `stop`. Absent: one. */
  readonly conversations?: number
  /** How long a turn may take before its client is given up, in milliseconds. */
  readonly patienceMs: number
  readonly onTurn: (conversationId: string, calls: readonly ToolPart[]) => void
  /** A conversation is over, and its client still follows it. */
  readonly onEnd: (conversation: EndedConversation) => Promise<void>
  readonly onError: (error: unknown) => void
}

export interface EndedConversation {
  readonly id: string
  readonly turns: number
  readonly snapshot: Snapshot
}

/** Clients that talk to either server, at each request anew. */
export class Load {
  /** Calls that began more than once at a client. */
  doubleRuns = 0
  /** Clients that were given up. */
  failures = 0
  readonly done: Promise<void>
  readonly #options: LoadOptions
  #isStopped = false

  constructor(options: LoadOptions) {
    this.#options = options
    const clients = Array.from({ length: options.clients }, (_, n) => this.#live(n))
    this.done = Promise.all(clients).then(() => {})
  }

  /** Begins no further turn; `done` resolves when those under way are over. */
  stop(): void {
    this.#isStopped = true
  }

  async #live(n: number): Promise<void> {
    // Not all at the same moment.
    await setTimeout(Math.random() * 500)
    const { conversations = 1, onError } = this.#options
    for (let round = 1; round <= conversations && !this.#isStopped; round++)
      try {
        await this.#converse(`${n + 1}-${round}`)
      } catch (error) {
        this.failures++
        onError(error)
      }
  }

  async #converse(name: string): Promise<void> {
    const { urls, turnsEach, onTurn, onEnd, onError } = this.#options
    const runs = new Set<string>()
    const client = createToolClient({
      transport: httpTransport({ url: urls[0] ?? '', fetch: atRandom(urls) }),
      tools: [paint],
      context: () => (key: string) => this.#note(runs, key),
      onError: ({ error }) => onError(error),
    })
    let turns = 0
    try {
      while (turns < turnsEach && !this.#isStopped) {
        const before = client.getSnapshot().calls.length
        await client.send(`${name}-${turns + 1}`)
        await this.#turnEnd(client)
        turns++
        onTurn(client.conversationId, client.getSnapshot().calls.slice(before))
      }
      await onEnd({ id: client.conversationId, turns, snapshot: client.getSnapshot() })
    } finally {
      client.close()
    }
  }

  #note(runs: Set<string>, key: string): void {
    if (runs.has(key)) this.doubleRuns++
    runs.add(key)
  }

  async #turnEnd(client: ToolClient): Promise<void> {
    const { patienceMs } = this.#options
    const late = AbortSignal.timeout(patienceMs)
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        const { status, messages, connection, error } = client.getSnapshot()
        const isOver = status === 'ready' && messages.at(-1)?.role === 'assistant'
        const isLost = status === 'error' || connection === 'closed' || late.aborted
        if (!isOver && !isLost) return
        stop()
        late.removeEventListener('abort', look)
        if (isOver) resolve()
        else reject(new Error(`A turn did not end: ${status}, ${connection}, ${error?.text}`))
      }
      const stop = client.subscribe(look)
      late.addEventListener('abort', look)
      look()
    })
  }
}

/** As a load balancer without sticky sessions does: any server, and where nobody listens there, another one. */
function atRandom(urls: readonly string[]): typeof globalThis.fetch {
  return async (_, init) => {
    const order = Math.random() < 0.5 ? urls : urls.toReversed()
    let refused: unknown
    for (const url of order)
      try {
        return await fetch(url, init)
      } catch (error) {
        if (!isRefused(error)) throw error
        refused = error
      }
    throw refused
  }
}

/** Nothing of the request was heard by anybody. */
function isRefused(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED'
}
