import { type Findings, examine, faultsIn, nothingFound, sum } from './exactly-once.ts'
import { type EndedConversation, Load } from './load.ts'
import type { News, Picture, ServerPicture } from './picture.ts'
import { ServerProcess } from './server-process.ts'
import { type Services, openServices } from './services.ts'
import { Tally } from './tally.ts'

export interface ClusterOptions {
  readonly clients: number
  readonly turnsEach: number
  /** Of each client, one after the other. Absent: one. */
  readonly conversations?: number
  readonly onNews: (text: string) => void
}

/** What is known when everything is over. */
export interface Summary extends Findings {
  readonly takeovers: number
  readonly callsByState: Readonly<Record<string, number>>
  readonly doubleRuns: number
  readonly failedClients: number
  readonly isGood: boolean
}

/** Longer than a lease, so that it is the other server that takes over. */
const downMs = 6_000
const patienceMs = 60_000
const newsKept = 50

/** Two servers, what they share, and a load of clients. */
export class Cluster {
  readonly #options: ClusterOptions
  readonly #services: Services
  readonly #tally = new Tally()
  readonly #servers: readonly [ServerProcess, ServerProcess]
  readonly #news: News[] = []
  readonly #clock: NodeJS.Timeout
  #load: Load | null = null
  #findings: Findings = nothingFound
  #doubleRuns = 0

  static async start(options: ClusterOptions): Promise<Cluster> {
    const cluster = new Cluster(options, await openServices())
    try {
      await Promise.all(cluster.#servers.map((server) => server.start()))
    } catch (error) {
      await cluster.close()
      throw error
    }
    cluster.#load = new Load({
      ...options,
      urls: cluster.#servers.map(({ url }) => url),
      patienceMs,
      onTurn: (conversationId, calls) =>
        cluster.#noticed(() => cluster.#tally.ended(conversationId, calls)),
      onEnd: (conversation) => cluster.#ended(conversation),
      onError: (error) => cluster.#tell(String(error)),
    })
    return cluster
  }

  private constructor(options: ClusterOptions, services: Services) {
    this.#options = options
    this.#services = services
    this.#servers = [this.#server(0), this.#server(1)]
    this.#clock = setInterval(() => {
      this.#tally.tick()
      void this.#countDoubleRuns().catch((error: unknown) => this.#tell(String(error)))
    }, 1_000)
  }

  /** Resolves when every client has come to its end. */
  get done(): Promise<void> {
    return this.#load?.done ?? Promise.resolve()
  }

  /** Kills server 1 or 2, if it lives. */
  kill(number: number): boolean {
    return this.#servers.some((server) => server.number === number && server.kill())
  }

  /** No further turn begins. */
  stop(): void {
    this.#load?.stop()
  }

  picture(): Picture {
    return {
      clients: this.#options.clients,
      servers: [this.#serverPicture(0), this.#serverPicture(1)],
      turns: this.#tally.turns,
      calls: { ...this.#tally.calls },
      takeovers: this.#tally.takeovers,
      waiting: this.#tally.waiting,
      doubleRuns: this.#doubleRuns,
      checkedCalls: this.#findings.calls,
      faults: faultsIn(this.#findings),
      news: this.#news,
    }
  }

  async summary(): Promise<Summary> {
    await this.#countDoubleRuns()
    const failedClients = this.#load?.failures ?? 0
    return {
      ...this.#findings,
      takeovers: this.#tally.takeovers,
      callsByState: this.#tally.calls,
      doubleRuns: this.#doubleRuns,
      failedClients,
      isGood: failedClients + this.#doubleRuns + faultsIn(this.#findings) === 0,
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#clock)
    for (const server of this.#servers) server.close()
    await this.#services.close()
  }

  #server(index: 0 | 1): ServerProcess {
    const number = index + 1
    return new ServerProcess({
      number,
      places: this.#services.places,
      downMs,
      onHappening: (happening) => this.#noticed(() => this.#tally.happened(index, happening)),
      onDeath: () => {
        const left = this.#tally.died(index)
        this.#tell(`Server ${number} was killed, with ${left} turns under way.`)
      },
      onReturn: () => this.#tell(`Server ${number} is back.`),
      onError: (error) => this.#tell(`Server ${number}: ${String(error)}`),
    })
  }

  #noticed(count: () => void): void {
    const before = this.#tally.waiting
    count()
    if (before > 0 && this.#tally.waiting === 0)
      this.#tell('Every turn that was left behind goes on.')
  }

  async #ended(conversation: EndedConversation): Promise<void> {
    const found = await examine(this.#services.store, conversation)
    this.#findings = sum(this.#findings, found)
  }

  async #countDoubleRuns(): Promise<void> {
    this.#doubleRuns = (await this.#services.doubleRuns()) + (this.#load?.doubleRuns ?? 0)
  }

  #serverPicture(index: 0 | 1): ServerPicture {
    const { number, port, status } = this.#servers[index]
    return {
      number,
      port,
      state: status.state,
      ...(status.state === 'serving' && { pid: status.pid }),
      ...(status.state === 'dead' && { backInMs: Math.max(0, status.backAt - Date.now()) }),
      turns: this.#tally.turnsOf(index),
      rates: this.#tally.rates(index),
    }
  }

  #tell(text: string): void {
    this.#news.unshift({ at: Date.now(), text })
    this.#news.splice(newsKept)
    this.#options.onNews(text)
  }
}
