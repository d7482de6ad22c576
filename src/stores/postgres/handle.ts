import type { PGlite, PostgresPool as KyselyPool } from 'kysely'
import type { Pool } from 'pg'
import { postgresFailure } from './failure.ts'

/** What is asked of a pool of `pg`. */
export interface PostgresPool {
  readonly options: object
  connect(): Promise<PostgresClient>
  end(): Promise<void>
  /** Told of each new connection before anybody has it. */
  on?(type: 'connect', listener: (client: PostgresClient) => void): unknown
}

/** What is asked of a connection of `pg`. */
export interface PostgresClient {
  query(text: string, values?: unknown[]): Promise<PostgresAnswer>
  release(destroy?: boolean): void
  // One signature: a pool of `pg` does not fit several, since its own is generic.
  on(
    type: 'error' | 'end' | 'notification',
    listener: (message?: { readonly payload?: string }) => void,
  ): unknown
}

export interface PostgresAnswer {
  readonly command: string
  readonly rowCount: number | null
  readonly rows: unknown[]
}

/** A PGlite, as far as it is used. */
export interface PgliteHandle extends PGlite {
  readonly dataDir?: string
}

/** Milliseconds. Without them a dead peer would be waited for without end. */
const connectMs = 10_000
const lockMs = 10_000
const queryMs = 60_000
const idleInTransactionMs = 60_000

export async function openPool(url: string): Promise<PostgresPool> {
  const pool = await makePool(url)
  // A connection that breaks while nobody uses it is replaced; without a listener the process would end.
  pool.on('error', () => {})
  return pool
}

async function makePool(url: string): Promise<Pool> {
  try {
    const { default: pg } = await import('pg')
    return new pg.Pool({
      connectionString: url,
      connectionTimeoutMillis: connectMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: connectMs,
      query_timeout: queryMs,
      lock_timeout: lockMs,
      idle_in_transaction_session_timeout: idleInTransactionMs,
      application_name: 'toolwire',
    })
  } catch (error) {
    throw postgresFailure(error)
  }
}

/** The pool, whose connections may break at any moment without ending the process. */
export function steady(pool: PostgresPool): PostgresPool {
  const known = new WeakSet<PostgresClient>()
  const hold = (client: PostgresClient): void => {
    if (!known.has(client)) client.on('error', () => {})
    known.add(client)
  }
  // A server that takes a connection and ends it in one breath is heard before the promise of `connect` resolves.
  pool.on?.('connect', hold)
  return {
    options: pool.options,
    async connect() {
      const client = await pool.connect()
      hold(client)
      return client
    },
    end: () => pool.end(),
  }
}

/** Kysely knows a pool by the same methods, under types of its own. */
export function toKysely(pool: PostgresPool): KyselyPool {
  return pool as unknown as KyselyPool
}

/** Whether one connection can be set aside to listen. */
export function hasRoomToListen({ options }: PostgresPool): boolean {
  return !('max' in options) || options.max !== 1
}
