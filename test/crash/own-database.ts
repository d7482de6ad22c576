import { randomUUID } from 'node:crypto'
import { runSql, url as serverUrl, whyNone } from '../stores/postgres-server.ts'

/** Why no database can be had here, or `null`. */
export function missingDatabase(): string | null {
  return serverUrl === '' ? whyNone : null
}

/** A database of one's own on the PostgreSQL of the tests, whose connections can be cut without harm to others. */
export class OwnDatabase {
  readonly url: string
  readonly #name = `toolwire_crash_${randomUUID().replaceAll('-', '')}`

  private constructor() {
    const own = new URL(serverUrl)
    own.pathname = `/${this.#name}`
    this.url = own.href
  }

  static async create(): Promise<OwnDatabase> {
    const database = new OwnDatabase()
    await runSql(`create database ${database.#name}`)
    return database
  }

  /** How many are connected. */
  async connections(): Promise<number> {
    return (await runSql(`select pid from ${this.#ours}`)).length
  }

  /** Cuts every connection. */
  async cut(): Promise<void> {
    await runSql(`select pg_terminate_backend(pid) from ${this.#ours}`)
  }

  async drop(): Promise<void> {
    await runSql(`drop database ${this.#name} with (force)`)
  }

  get #ours(): string {
    return `pg_stat_activity where datname = '${this.#name}'`
  }
}
