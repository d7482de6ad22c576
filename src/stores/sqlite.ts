import { Kysely, SqliteDialect } from 'kysely'
import { ToolwireError, type World, systemWorld } from '../base/index.ts'
import { type SqlStore, openSqlStore } from './_sql/sql-store.ts'
import type { Tables } from './_sql/tables.ts'
import { Watchers } from './_watchers.ts'
import { sqliteFailure, sqliteIsBusy, sqliteIsMissingTable } from './sqlite/failure.ts'
import { Poller } from './sqlite/poller.ts'
import {
  type SqliteHandle,
  inMemory,
  openFile,
  prepareDatabase,
  toKysely,
} from './sqlite/handle.ts'

export type { SqliteHandle, SqliteStatementHandle } from './sqlite/handle.ts'
export type { SqlStore } from './_sql/sql-store.ts'

export interface SqliteStoreOptions {
  /** Where the database is; it is made where there is none. Needs `node:sqlite` (Node 22.13 or newer). */
  readonly file?: string
  /** Instead of `file`: an open `DatabaseSync` of `node:sqlite`, or a `better-sqlite3` database. */
  readonly database?: SqliteHandle
  /** How often to look for commits of other processes while somebody watches, in milliseconds. Default 250. */
  readonly pollMs?: number
  readonly world?: World
}

/**
 * Keeps conversations in one SQLite file, without a server: durable, and shared by processes of one machine.
 * An older file is brought to the newest format; a newer one is refused.
 * @throws {@link ToolwireError} `STORE_FAILED` or `STORE_NEWER`
 */
export async function sqliteStore(options: SqliteStoreOptions): Promise<SqlStore> {
  const { file, database, pollMs = 250, world = systemWorld } = options
  if ((file === undefined) === (database === undefined))
    throw new ToolwireError('INVALID_OPTIONS', 'sqliteStore needs either a file or a database.')
  const name = file === undefined ? 'The SQLite database' : `The SQLite file "${file}"`
  const failure = (error: unknown): ToolwireError => sqliteFailure(name, error)
  let handle: SqliteHandle | undefined = database
  try {
    handle ??= await openFile(file ?? '')
    prepareDatabase(handle)
  } catch (error) {
    handle?.close()
    throw failure(error)
  }
  const watchers = new Watchers()
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: toKysely(handle) }) })
  const poller = new Poller({ db, watchers, world, pollMs })
  return openSqlStore({
    db,
    durability: inMemory(handle) ? 'process' : 'durable',
    watchers,
    world,
    failure,
    // What fails to commit in this process is not committed.
    isAnswerLost: () => false,
    isBusy: sqliteIsBusy,
    isMissingTable: sqliteIsMissingTable,
    // Its first statement that writes holds up everybody else.
    lockSchema: async () => {},
    announce: async () => {},
    listen: () => poller.start(),
    // The log of changes still has what was overwritten in the file.
    scrub: async () => void handle.exec('pragma wal_checkpoint(truncate)'),
    close: async () => {
      poller.stop()
      await db.destroy()
    },
  })
}
