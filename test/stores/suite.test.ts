// Every store keeps every promise, in its own database.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import BetterSqlite3 from 'better-sqlite3'
import { afterAll, beforeEach, describe, test } from 'vitest'
import { memoryStore } from '../../src/stores/index.ts'
import { postgresStore } from '../../src/stores/postgres.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import { type StoreSuiteOptions, storeSuite } from '../../src/testing/index.ts'
import { needsPostgres, dropSchema, newSchema, url } from './postgres-server.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'toolwire-stores-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let files = 0

function suite(options: StoreSuiteOptions): void {
  test.each(storeSuite(options))('$name', ({ run }) => run(), 60_000)
}

suite({ name: 'memory', open: () => ({ store: memoryStore() }) })

suite({
  name: 'sqlite in a file',
  open: async () => {
    const file = path.join(folder, `${++files}.db`)
    const store = await sqliteStore({ file, pollMs: 20 })
    const others: { close(): Promise<void> }[] = []
    return {
      store,
      another: async () => {
        const other = await sqliteStore({ file })
        others.push(other)
        return other
      },
      close: async () => {
        for (const each of [store, ...others]) await each.close()
      },
    }
  },
})

suite({
  name: 'better-sqlite3',
  open: async () => {
    const file = path.join(folder, `${++files}.db`)
    const store = await sqliteStore({ database: new BetterSqlite3(file), pollMs: 20 })
    const others: { close(): Promise<void> }[] = []
    return {
      store,
      another: async () => {
        const other = await sqliteStore({ database: new BetterSqlite3(file) })
        others.push(other)
        return other
      },
      close: async () => {
        for (const each of [store, ...others]) await each.close()
      },
    }
  },
})

suite({
  name: 'sqlite in memory',
  open: async () => {
    const store = await sqliteStore({ file: ':memory:' })
    return { store, close: () => store.close() }
  },
})

describe('on a real server', () => {
  beforeEach(needsPostgres)

  suite({
    name: 'postgres',
    open: async () => {
      const schema = newSchema()
      const store = await postgresStore({ url, schema })
      const others: { close(): Promise<void> }[] = []
      return {
        store,
        another: async () => {
          const other = await postgresStore({ url, schema })
          others.push(other)
          return other
        },
        close: async () => {
          for (const each of [store, ...others]) await each.close()
          await dropSchema(schema)
        },
      }
    },
  })
})

// It takes seconds to start, so that the cases share one, each in a schema of its own.
const pglite = new PGlite()
afterAll(() => pglite.close())

suite({
  name: 'pglite',
  open: async () => {
    const schema = newSchema()
    // The store closes what it was given; the next case needs it.
    const shared = new Proxy(pglite, {
      get: (target, key) => {
        if (key === 'close') return async () => {}
        const value: unknown = Reflect.get(target, key, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    const store = await postgresStore({ pglite: shared, schema })
    return {
      store,
      close: async () => {
        await store.close()
        await pglite.exec(`drop schema "${schema}" cascade`)
      },
    }
  },
})
