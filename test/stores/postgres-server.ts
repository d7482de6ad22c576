// A real PostgreSQL for the tests: each takes a schema of its own and drops it.
import pg from 'pg'
import type { TestContext } from 'vitest'
import type { PostgresPool } from '../../src/stores/postgres.ts'

const candidates = [
  process.env['TOOLWIRE_TEST_POSTGRES'],
  'postgres://postgres:postgres@127.0.0.1:5432/postgres',
  'postgres://postgres@127.0.0.1:5432/postgres',
  `postgres:///postgres?host=/var/run/postgresql&user=${process.env['USER'] ?? 'postgres'}`,
].filter((url) => url !== undefined)

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.end()
    return true
  } catch {
    return false
  }
}

async function find(): Promise<string | null> {
  // What the environment names has to work; nothing else is tried then.
  for (const url of candidates.slice(0, process.env['TOOLWIRE_TEST_POSTGRES'] ? 1 : undefined))
    if (await answers(url)) return url
  return null
}

/** Where the server is, or `null` where none answers. */
const postgresUrl: string | null = await find()
/** The same, for tests that run only where there is one. */
export const url: string = postgresUrl ?? ''

export const whyNone: string =
  'no PostgreSQL answers on the local port; start one, or name it with TOOLWIRE_TEST_POSTGRES'

/** For tests that need the server: skipped with the reason where none answers, and failed in CI. */
export function needsPostgres({ skip }: Pick<TestContext, 'skip'>): void {
  if (postgresUrl !== null) return
  if (process.env['CI']) throw new Error(whyNone)
  skip(whyNone)
}

let made = 0

export function newSchema(): string {
  return `toolwire_test_${process.pid}_${Date.now().toString(36)}_${++made}`
}

export function newPool(options: pg.PoolConfig = {}): PostgresPool & pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 5, ...options })
  pool.on('error', () => {})
  return pool
}

export async function runSql(text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query(text)
    return rows
  } finally {
    await client.end()
  }
}

export async function dropSchema(schema: string): Promise<void> {
  await runSql(`drop schema if exists "${schema}" cascade`)
}
