// One query in a thread of its own: SQLite cannot be interrupted, but a thread can be ended.
import { parentPort, workerData } from 'node:worker_threads'
import { openForReading } from './shop-database.ts'

export interface QueryTask {
  readonly file: string
  readonly sql: string
  readonly maxRows: number
}

export type QueryAnswer =
  | {
      readonly columns: string[]
      readonly rows: (string | number | null)[][]
      readonly truncated: boolean
    }
  | { readonly problem: string }

function answer({ file, sql, maxRows }: QueryTask): QueryAnswer {
  const database = openForReading(file)
  try {
    const statement = database.prepare(sql)
    // SQLite prepares the first statement and says nothing of what follows it.
    if (/\S/.test(sql.slice(statement.sourceSQL.length)))
      return { problem: 'Send one statement at a time.' }
    statement.setReturnArrays(true)
    const rows: (string | number | null)[][] = []
    for (const row of statement.iterate()) {
      if (rows.length === maxRows) return { columns: columnsOf(statement), rows, truncated: true }
      rows.push(Object.values(row).map(plain))
    }
    return { columns: columnsOf(statement), rows, truncated: false }
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    return { problem: problem === 'not authorized' ? 'Only SELECT is allowed here.' : problem }
  } finally {
    database.close()
  }
}

const columnsOf = (statement: { columns(): { name: string }[] }): string[] =>
  statement.columns().map(({ name }) => name)

/** A value as JSON has it; blobs do not occur in this shop. */
function plain(value: unknown): string | number | null {
  return typeof value === 'string' || typeof value === 'number' ? value : null
}

// The task is what server-tools.ts put there.
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort?.postMessage(answer(workerData as QueryTask))
