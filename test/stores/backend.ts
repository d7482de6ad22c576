import type { DatabaseSync } from 'node:sqlite'
import { Kysely, SqliteDialect } from 'kysely'
import { systemWorld } from '../../src/base/index.ts'
import type { Backend } from '../../src/stores/_sql/backend.ts'
import type { Tables } from '../../src/stores/_sql/tables.ts'
import { Watchers } from '../../src/stores/_watchers.ts'
import {
  sqliteFailure,
  sqliteIsBusy,
  sqliteIsMissingTable,
} from '../../src/stores/sqlite/failure.ts'
import { toKysely } from '../../src/stores/sqlite/handle.ts'

/** A database below the store, for tests of migrations that no version has. */
export function sqliteBackend(database: DatabaseSync): Backend {
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: toKysely(database) }) })
  return {
    db,
    durability: 'process',
    watchers: new Watchers(),
    world: systemWorld,
    failure: (error) => sqliteFailure('The database', error),
    isAnswerLost: () => false,
    isBusy: sqliteIsBusy,
    isMissingTable: sqliteIsMissingTable,
    lockSchema: async () => {},
    announce: async () => {},
    listen() {},
    scrub: async () => {},
    close: () => db.destroy(),
  }
}
