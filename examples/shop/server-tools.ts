import { Worker } from 'node:worker_threads'
import { type AnyTool, ToolError, defineTool } from 'toolwire'
import * as z from 'zod'
import type { QueryAnswer, QueryTask } from './query-worker.ts'
import { openForReading } from './shop-database.ts'

const maxRows = 100

/** What the server lets a model do with the shop in `file`: look at it, and nothing else. */
export function shopTools(file: string): readonly AnyTool[] {
  const listTables = defineTool({
    name: 'list_tables',
    description: 'Lists the tables of the shop with their columns and how many rows they have.',
    inputSchema: z.object({}),
    readOnly: true,
    execute: () => ({ tables: tablesOf(file) }),
  })

  const query = defineTool({
    name: 'query',
    description: `Runs one SELECT statement (SQLite) and returns at most ${maxRows} rows.`,
    inputSchema: z.object({ sql: z.string().describe('One SELECT statement.') }),
    outputSchema: z.object({
      columns: z.array(z.string()),
      rows: z.array(z.array(z.union([z.string(), z.number(), z.null()]))),
      truncated: z.boolean().describe('Whether there were more rows.'),
    }),
    readOnly: true,
    timeoutMs: 10_000,
    maxModelOutputChars: 12_000,
    execute: async ({ sql }, { signal }) => {
      const answer = await runQuery({ file, sql, maxRows }, signal)
      if ('problem' in answer) throw new ToolError(answer.problem, { code: 'sql-error' })
      return answer
    },
  })

  return [listTables, query]
}

interface Table {
  readonly name: string
  readonly rows: number
  readonly columns: readonly string[]
}

function tablesOf(file: string): readonly Table[] {
  const database = openForReading(file)
  try {
    const tables = database.prepare(`SELECT name, sql FROM sqlite_schema WHERE type = 'table'`)
    return tables.all().map(({ name, sql }) => {
      const count = database.prepare(`SELECT count(*) AS rows FROM ${String(name)}`).get()
      return { name: String(name), rows: Number(count?.['rows']), columns: columnsOf(String(sql)) }
    })
  } finally {
    database.close()
  }
}

/** The lines between the brackets of a CREATE TABLE statement, with their comments. */
function columnsOf(sql: string): readonly string[] {
  const lines = sql.slice(sql.indexOf('(') + 1, sql.lastIndexOf(')')).split('\n')
  return lines
    .map((line) =>
      line
        .trim()
        .replace(/,?\s+--/, ' --')
        .replace(/,$/, ''),
    )
    .filter(Boolean)
}

/** Runs a query beside the server, so that a slow one stops nobody and ends with its call. */
function runQuery(task: QueryTask, signal: AbortSignal): Promise<QueryAnswer> {
  const worker = new Worker(new URL('query-worker.ts', import.meta.url), { workerData: task })
  return new Promise<QueryAnswer>((resolve, reject) => {
    const stop = (): void => {
      void worker.terminate()
      reject(signal.reason)
    }
    signal.addEventListener('abort', stop, { once: true })
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', () => signal.removeEventListener('abort', stop))
  })
}
