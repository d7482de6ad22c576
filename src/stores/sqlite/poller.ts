import { type Kysely, sql } from 'kysely'
import type { World } from '../../base/index.ts'
import { inPieces } from '../_sql/tables.ts'
import type { Tables } from '../_sql/tables.ts'
import type { Watchers } from '../_watchers.ts'

export interface PollerOptions {
  readonly db: Kysely<Tables>
  readonly watchers: Watchers
  readonly world: World
  readonly pollMs: number
}

/**
 * Looks for commits of other connections: SQLite counts them, so that nothing is read where nothing changed. There
 * is a timer only while somebody watches, and no program is kept alive for it.
 */
export class Poller {
  readonly #options: PollerOptions
  readonly #seen = new Map<string, number>()
  #dataVersion: number | null = null
  #cancel: (() => void) | null = null
  #stopped = false

  constructor(options: PollerOptions) {
    this.#options = options
  }

  start(): void {
    if (this.#stopped || this.#cancel) return
    const { world, pollMs } = this.#options
    this.#cancel = world.setTimer(pollMs, () => void this.#look(), { keepAlive: false })
  }

  stop(): void {
    this.#stopped = true
    this.#cancel?.()
  }

  async #look(): Promise<void> {
    try {
      if (await this.#changed()) await this.#tell()
    } catch {
      // A hint that cannot be had is none; whoever uses the store is told what is wrong with it.
    }
    this.#cancel = null
    if (this.#options.watchers.ids.length > 0) this.start()
    else this.#seen.clear()
  }

  async #changed(): Promise<boolean> {
    const { rows } = await sql<{ data_version: number }>`pragma data_version`.execute(
      this.#options.db,
    )
    const version = rows[0]?.data_version ?? 0
    const isNew = version !== this.#dataVersion
    this.#dataVersion = version
    return isNew
  }

  async #tell(): Promise<void> {
    const { db, watchers } = this.#options
    for (const ids of inPieces(watchers.ids)) {
      const rows = await db
        .selectFrom('toolwire_conversations')
        .select(['id', 'version'])
        .where('id', 'in', ids)
        .execute()
      for (const { id, version } of rows) {
        const seen = this.#seen.get(id)
        this.#seen.set(id, Number(version))
        if (seen !== Number(version)) watchers.tell(id)
      }
    }
  }
}
