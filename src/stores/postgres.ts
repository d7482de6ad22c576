import { Kysely, PGliteDialect, PostgresDialect, sql } from 'kysely'
import { ToolwireError, type World, systemWorld } from '../base/index.ts'
import type { Backend } from './_sql/backend.ts'
import { type SqlStore, openSqlStore } from './_sql/sql-store.ts'
import type { Tables } from './_sql/tables.ts'
import { Watchers } from './_watchers.ts'
import {
  postgresFailure,
  postgresIsBusy,
  postgresIsMissingTable,
  postgresLostAnswer,
} from './postgres/failure.ts'
import { Ear } from './postgres/ear.ts'
import {
  type PgliteHandle,
  type PostgresPool,
  hasRoomToListen,
  openPool,
  steady,
  toKysely,
} from './postgres/handle.ts'

export type {
  PgliteHandle,
  PostgresAnswer,
  PostgresClient,
  PostgresPool,
} from './postgres/handle.ts'
export type { SqlStore } from './_sql/sql-store.ts'

export interface PostgresStoreOptions {
  /** Of the server, as in `postgres://user:password@host/database`. Needs the package `pg`. */
  readonly url?: string
  /** Instead of `url`: a pool of `pg`. `close` ends it. */
  readonly pool?: PostgresPool
  /** Instead of `url`: a `PGlite`, for tests and development. `close` closes it. */
  readonly pglite?: PgliteHandle
  /** Where the tables are; made where there is none. Default: what the search path of the user names first. */
  readonly schema?: string
  readonly world?: World
}

/**
 * Keeps conversations in PostgreSQL, shared by any number of nodes. An older store is brought to the
 * newest format; a newer one is refused.
 * @throws {@link ToolwireError} `STORE_FAILED` or `STORE_NEWER`
 */
export async function postgresStore(options: PostgresStoreOptions): Promise<SqlStore> {
  const { url, pool, pglite, schema, world = systemWorld } = options
  if ([url, pool, pglite].filter((given) => given !== undefined).length !== 1)
    throw new ToolwireError('INVALID_OPTIONS', 'postgresStore needs a url, a pool or a pglite.')
  const watchers = new Watchers()
  const channel = `toolwire:${schema ?? ''}`
  const shared = {
    watchers,
    world,
    failure: postgresFailure,
    isAnswerLost: postgresLostAnswer,
    isBusy: postgresIsBusy,
    isMissingTable: postgresIsMissingTable,
    lockSchema: async (db) => {
      await sql`select pg_advisory_xact_lock(hashtext(${channel}))`.execute(db)
      if (schema !== undefined) await db.schema.createSchema(schema).ifNotExists().execute()
    },
    scrub: async () => {},
  } satisfies Partial<Backend>

  if (pglite) {
    const db = within(new Kysely<Tables>({ dialect: new PGliteDialect({ pglite }) }), schema)
    return openSqlStore({
      ...shared,
      db,
      // It never waits for its disk.
      durability: isInMemory(pglite) ? 'process' : 'crash-lossy',
      // Nobody but this process can be at it.
      announce: async () => {},
      listen: () => {},
      close: () => db.destroy(),
    })
  }
  const connections = steady(pool ?? (await openPool(url ?? '')))
  const dialect = new PostgresDialect({ pool: toKysely(connections) })
  const db = within(new Kysely<Tables>({ dialect }), schema)
  const ear = new Ear({ connect: () => connections.connect(), channel, watchers, world })
  return openSqlStore({
    ...shared,
    db,
    durability: 'durable',
    announce: async (trx, id) => {
      await sql`select pg_notify(${channel}, ${id})`.execute(trx)
    },
    listen: () => {
      if (hasRoomToListen(connections)) ear.open()
    },
    close: async () => {
      ear.close()
      await db.destroy()
    },
  })
}

function within(db: Kysely<Tables>, schema: string | undefined): Kysely<Tables> {
  return schema === undefined ? db : db.withSchema(schema)
}

function isInMemory({ dataDir = 'memory://' }: PgliteHandle): boolean {
  return dataDir.startsWith('memory://')
}
