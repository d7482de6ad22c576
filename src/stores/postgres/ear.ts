import type { World } from '../../base/index.ts'
import type { Watchers } from '../_watchers.ts'
import type { PostgresClient } from './handle.ts'

export interface EarOptions {
  readonly connect: () => Promise<PostgresClient>
  readonly channel: string
  readonly watchers: Watchers
  readonly world: World
}

/** Between a connection that broke and the next try. */
const againMs = 1_000

/** Hears of the commits of all nodes over one connection, from the first watcher on. */
export class Ear {
  readonly #options: EarOptions
  #isOpen = false
  #isClosed = false
  #client: PostgresClient | null = null
  #cancel = (): void => {}

  constructor(options: EarOptions) {
    this.#options = options
  }

  open(): void {
    if (this.#isOpen || this.#isClosed) return
    this.#isOpen = true
    void this.#listen()
  }

  close(): void {
    this.#isClosed = true
    this.#cancel()
    this.#client?.release(true)
    this.#client = null
  }

  async #listen(): Promise<void> {
    const { connect, channel, watchers } = this.#options
    try {
      const client = await connect()
      if (this.#isClosed) {
        client.release(true)
        return
      }
      this.#client = client
      client.on('error', () => this.#lost(client))
      client.on('end', () => this.#lost(client))
      client.on('notification', (message) => watchers.tell(message?.payload ?? ''))
      await client.query(`listen "${channel.replaceAll('"', '""')}"`)
      // What came while nobody listened was missed.
      for (const id of watchers.ids) watchers.tell(id)
    } catch {
      this.#lost(this.#client)
    }
  }

  /** Hints are missing for a while; safety does not rest on them. */
  #lost(client: PostgresClient | null): void {
    if (this.#isClosed || this.#client !== client) return
    client?.release(true)
    this.#client = null
    this.#cancel()
    this.#cancel = this.#options.world.setTimer(againMs, () => void this.#listen(), {
      keepAlive: false,
    })
  }
}
