import { randomUUID } from 'node:crypto'
import process from 'node:process'
import pg from 'pg'
import { createClient } from 'redis'
import { type SqlStore, postgresStore } from 'toolwire/stores/postgres'

/** Where everything is that the servers share. */
export interface Places {
  readonly postgres: string
  readonly redis: string
  /** Everything of this run in PostgreSQL, and before every name of this run in Redis. */
  readonly schema: string
  readonly prefix: string
}

/** PostgreSQL and Redis, with a schema and a prefix of this run's own. */
export interface Services {
  readonly places: Places
  readonly store: SqlStore
  /** Calls of server tools that began more than once and must not. */
  doubleRuns(): Promise<number>
  /** Leaves nothing behind. */
  close(): Promise<void>
}

const patienceMs = 3_000

/** @throws {@link Error} that says what to start where one of them does not answer */
export async function openServices(): Promise<Services> {
  const schema = `toolwire_cluster_${randomUUID().slice(0, 8)}`
  const places: Places = {
    postgres:
      process.env['TOOLWIRE_POSTGRES'] ?? 'postgres://postgres:postgres@127.0.0.1:5432/postgres',
    redis: process.env['TOOLWIRE_REDIS'] ?? 'redis://127.0.0.1:6379',
    schema,
    prefix: `${schema}:`,
  }
  const redis = await openRedis(places)
  const pool = await openPostgres(places).catch((error: unknown) => {
    redis.destroy()
    throw error
  })
  const store = await postgresStore({ pool, schema })
  await pool.query(`create table ${schema}.runs (key text primary key, times int not null)`)
  await pool.query(`create index on ${schema}.runs (times) where times > 1`)
  return {
    places,
    store,
    doubleRuns: async () => {
      const { rowCount } = await pool.query(`select from ${schema}.runs where times > 1`)
      return rowCount ?? 0
    },
    close: async () => {
      for await (const keys of redis.scanIterator({ MATCH: `${places.prefix}*` }))
        if (keys.length > 0) await redis.del(keys)
      redis.destroy()
      await pool.query(`drop schema ${schema} cascade`)
      await store.close()
      await store.close()
    },
  }
}

/** Writes down in PostgreSQL that a call began, where no process that dies takes it along. */
export async function noteRun(pool: pg.Pool, schema: string, key: string): Promise<void> {
  await pool.query(
    `insert into ${schema}.runs as run values ($1, 1) on conflict (key) do update set times = run.times + 1`,
    [key],
  )
}

async function openPostgres({ postgres }: Places): Promise<pg.Pool> {
  const pool = new pg.Pool({ connectionString: postgres, connectionTimeoutMillis: patienceMs })
  // A connection that breaks while nobody uses it is replaced.
  pool.on('error', () => {})
  await pool.query('select 1').catch(async (cause: unknown) => {
    await pool.end()
    throw missing('PostgreSQL', postgres, {
      cause,
      start: 'docker run --rm -e POSTGRES_PASSWORD=postgres -p 5432:5432 postgres',
      variable: 'TOOLWIRE_POSTGRES',
    })
  })
  return pool
}

async function openRedis({ redis: url }: Places): Promise<ReturnType<typeof createClient>> {
  const socket = { reconnectStrategy: false, connectTimeout: patienceMs } as const
  const redis = createClient({ url, socket })
  redis.on('error', () => {})
  await redis.connect().catch((cause: unknown) => {
    throw missing('Redis', url, {
      cause,
      start: 'docker run --rm -p 6379:6379 redis',
      variable: 'TOOLWIRE_REDIS',
    })
  })
  // What made it is typed with the modules of its user, of which there are none.
  return redis as unknown as ReturnType<typeof createClient>
}

interface Missing {
  readonly cause: unknown
  readonly start: string
  readonly variable: string
}

function missing(name: string, url: string, { cause, start, variable }: Missing): Error {
  const { host } = new URL(url)
  return new Error(
    `No ${name} answers at ${host || url} (${reasonOf(cause)}). Start one, as with "${start}", or say in ${variable} where yours is.`,
    { cause },
  )
}

/** Of an address with several meanings each may have failed, and only those say how. */
function reasonOf(cause: unknown): string {
  if (cause instanceof AggregateError) return reasonOf(cause.errors[0])
  return cause instanceof Error ? cause.message : String(cause)
}
