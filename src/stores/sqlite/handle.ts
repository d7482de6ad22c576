import type { SqliteDatabase, SqliteStatement } from 'kysely'

/** What a database of `node:sqlite` and one of `better-sqlite3` have in common. */
export interface SqliteHandle {
  prepare(sql: string): SqliteStatementHandle
  exec(sql: string): unknown
  close(): unknown
}

export interface SqliteStatementHandle {
  all(...parameters: never[]): unknown[]
  run(...parameters: never[]): {
    changes: number | bigint
    lastInsertRowid: number | bigint
  }
  iterate(...parameters: never[]): IterableIterator<unknown>
}

/** How long a statement may hold up this process while it waits for another; the store then tries again. */
const busyMs = 2
/** While it is opened nothing else can be done anyway. */
const openingMs = 5_000

/** Opens a file of the built-in SQLite, which a runtime need not have where the host brings another. */
export async function openFile(file: string): Promise<SqliteHandle> {
  const { DatabaseSync } = await import('node:sqlite')
  return new DatabaseSync(file)
}

export function prepareDatabase(handle: SqliteHandle): void {
  const pragma = (text: string): unknown => handle.exec(`pragma ${text}`)
  pragma(`busy_timeout = ${openingMs}`)
  // Readers do not wait for writers, and a commit is one write to the end of a file.
  pragma('journal_mode = wal')
  // A commit that was acknowledged survives the loss of power.
  pragma('synchronous = full')
  // What is deleted is overwritten.
  pragma('secure_delete = on')
  pragma(`busy_timeout = ${busyMs}`)
}

/** A statement that has the properties of better-sqlite3, which Kysely knows. */
interface ForeignStatement extends SqliteStatementHandle {
  readonly reader?: boolean
}

export function toKysely(handle: SqliteHandle): SqliteDatabase {
  return {
    close: () => void handle.close(),
    prepare(sql): SqliteStatement {
      const statement: ForeignStatement = handle.prepare(sql)
      // Each driver takes the values that Kysely binds, texts and numbers.
      const values = (parameters: readonly unknown[]): never[] => parameters as never[]
      return {
        // `node:sqlite` gives the rows of any statement; how many were changed, nobody asks here.
        reader: statement.reader ?? true,
        all: (parameters) => statement.all(...values(parameters)),
        run: (parameters) => statement.run(...values(parameters)),
        iterate: (parameters) => statement.iterate(...values(parameters)),
      }
    },
  }
}

/** Whether nothing is left of the database when it is closed. */
export function inMemory(handle: SqliteHandle): boolean {
  const [main] = handle.prepare('pragma database_list').all() as { file?: unknown }[]
  return main?.file === ''
}
