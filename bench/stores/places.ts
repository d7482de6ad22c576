import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import type { Store, StoreUpkeep } from '../../src/ports/index.ts'
import { memoryStore } from '../../src/stores/index.ts'
import { postgresStore } from '../../src/stores/postgres.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'

export const postgresUrl =
  process.env['TOOLWIRE_TEST_POSTGRES'] ?? 'postgres://postgres:postgres@127.0.0.1:5432/postgres'

/** A store of its own, and how nothing is left of it. */
export interface Place {
  readonly store: Store & StoreUpkeep
  leave(): Promise<void>
}

/** The stores that can be had here; of one that cannot, the reason is printed. */
export async function places(print: (line: string) => void): Promise<Record<string, Place>> {
  const found: Record<string, Place> = { memory: inMemory(), SQLite: await inFile() }
  try {
    found['PostgreSQL'] = await onServer()
  } catch (error) {
    print(`  PostgreSQL is left out: ${String(error)}`)
  }
  return found
}

function inMemory(): Place {
  const store = memoryStore()
  return { store, leave: () => store.close() }
}

async function inFile(): Promise<Place> {
  const folder = mkdtempSync(path.join(tmpdir(), 'toolwire-bench-'))
  const store = await sqliteStore({ file: path.join(folder, 'bench.db') })
  return {
    store,
    async leave() {
      await store.close()
      rmSync(folder, { recursive: true })
    },
  }
}

async function onServer(): Promise<Place> {
  const schema = newSchema()
  const store = await postgresStore({ url: postgresUrl, schema })
  return {
    store,
    async leave() {
      await store.close()
      await dropSchema(schema)
    },
  }
}

export function newSchema(): string {
  return `toolwire_bench_${process.pid}_${Date.now().toString(36)}`
}

export async function dropSchema(schema: string): Promise<void> {
  const client = new pg.Client({ connectionString: postgresUrl })
  await client.connect()
  await client.query(`drop schema if exists "${schema}" cascade`)
  await client.end()
}
