// Old stores are brought forward without loss, newer ones are left alone, and a step that fails changes nothing.
import { DatabaseSync } from 'node:sqlite'
import { afterAll, describe, expect, test } from 'vitest'
import type { Backend } from '../../src/stores/_sql/backend.ts'
import { migrate } from '../../src/stores/_sql/migrate.ts'
import { type Migration, migrations } from '../../src/stores/_sql/migrations.ts'
import { type SqlStore, postgresStore } from '../../src/stores/postgres.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import { sqliteBackend } from './backend.ts'
import { oldFormats } from './formats.ts'
import { dropSchema, newPool, newSchema, runSql, needsPostgres, url } from './postgres-server.ts'

const schemas: string[] = []
afterAll(async () => {
  for (const schema of schemas) await dropSchema(schema)
})

/** What stands in every file of test/stores/formats. */
async function expectWhole(store: SqlStore): Promise<void> {
  const log = await store.read('a', 0)
  expect(log).toHaveLength(13)
  expect(log[0]).toEqual({ type: 'conversation-opened', ownerId: "O'Hara", logId: 'log', at: 900 })
  const { items: messages } = await store.history('a')
  expect(messages.map(({ id }) => id)).toEqual(['m-t1', 's-t1', 'm-t2', 's-t2'])
  expect(messages[1]?.parts[0]).toMatchObject({
    state: 'output-available',
    input: { text: 'ünïcödé 🙂 \0' },
    output: 'done',
  })
  const { items: conversations } = await store.conversations()
  expect(conversations.map(({ id, version }) => [id, version])).toEqual([
    ['b', 1],
    ['a', 13],
  ])
  expect((await store.conversations({ ownerId: "O'Hara" })).items).toHaveLength(1)
  expect((await store.executions({ tool: 'edit' })).items).toHaveLength(2)
  expect((await store.auditRecords('log', { tool: 'edit' })).items).toMatchObject([{ seq: 1 }])
  expect(await store.commit('a', 12, log.slice(0, 1))).toBe('conflict')
  expect(await store.commit('a', 13, log.slice(0, 1))).toBe('committed')
}

test('every format has its file, the newest included', () => {
  expect(oldFormats.map(({ version }) => version)).toEqual(migrations.map((_, index) => index + 1))
})

describe.each(oldFormats)('a store of format $version', ({ statements }) => {
  test('is brought to the newest in SQLite, and whole', async () => {
    const database = new DatabaseSync(':memory:')
    for (const statement of statements) database.exec(statement)
    const store = await sqliteStore({ database })
    await expectWhole(store)
    await store.close()
  })

  test('is brought to the newest in PostgreSQL, and whole', async ({ skip }) => {
    needsPostgres({ skip })
    const schema = newSchema()
    schemas.push(schema)
    await runSql(
      [`create schema "${schema}"`, `set search_path to "${schema}"`, ...statements].join(';\n'),
    )
    const store = await postgresStore({ url, schema })
    await expectWhole(store)
    await store.close()
  })
})

describe('a store of a newer format', () => {
  test('is refused, and left as it is', async () => {
    const database = new DatabaseSync(':memory:')
    for (const statement of oldFormats.at(-1)?.statements ?? []) database.exec(statement)
    database.exec('update toolwire_schema set version = 99')
    const kept = {
      prepare: (sql: string) => database.prepare(sql),
      exec: (sql: string) => database.exec(sql),
      close() {},
    }
    await expect(sqliteStore({ database: kept })).rejects.toMatchObject({
      code: 'STORE_NEWER',
      message: expect.stringMatching(/format 99.*up to 1/),
      hint: expect.stringContaining('Update toolwire'),
    })
    expect(database.prepare('select version from toolwire_schema').get()).toEqual({ version: 99 })
    expect(database.prepare('select count(*) as n from toolwire_events').get()).toEqual({ n: 15 })
  })

  test('is refused in PostgreSQL too', async ({ skip }) => {
    needsPostgres({ skip })
    const schema = newSchema()
    schemas.push(schema)
    await (await postgresStore({ url, schema })).close()
    await runSql(`update "${schema}".toolwire_schema set version = 99`)
    await expect(postgresStore({ pool: newPool(), schema })).rejects.toMatchObject({
      code: 'STORE_NEWER',
    })
  })
})

describe('a step to a next format', () => {
  const addColumn: Migration = async ({ schema }) => {
    await schema.alterTable('toolwire_executions').addColumn('note', 'text').execute()
  }

  async function filled(): Promise<Backend> {
    const database = new DatabaseSync(':memory:')
    for (const statement of oldFormats.at(-1)?.statements ?? []) database.exec(statement)
    return sqliteBackend(database)
  }

  test('is taken once, and what follows from the logs is made anew', async () => {
    const backend = await filled()
    await backend.db.deleteFrom('toolwire_executions').execute()
    await migrate(backend, [...migrations, addColumn])
    await migrate(backend, [...migrations, addColumn])
    const rows = await backend.db.selectFrom('toolwire_executions').selectAll().execute()
    expect(rows).toMatchObject([{ note: null }, { note: null }])
    await backend.close()
  })

  test('that fails leaves the store as it was', async () => {
    const backend = await filled()
    const fails: Migration = async (db) => {
      await addColumn(db)
      await db.deleteFrom('toolwire_events').execute()
      throw new Error('no further')
    }
    await expect(migrate(backend, [...migrations, fails])).rejects.toMatchObject({
      code: 'STORE_FAILED',
    })
    const { length } = await backend.db.selectFrom('toolwire_events').selectAll().execute()
    expect(length).toBe(15)
    const [row] = await backend.db.selectFrom('toolwire_executions').selectAll().execute()
    expect(row).not.toHaveProperty('note')
    // The version that is installed goes on with it.
    await migrate(backend)
    await backend.close()
  })
})
