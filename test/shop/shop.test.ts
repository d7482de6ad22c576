import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createToolServer } from 'toolwire/server'
import { scriptedModel } from 'toolwire/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { shopTools } from '../../examples/shop/server-tools.ts'
import { createShop, openForReading } from '../../examples/shop/shop-database.ts'

let folder = ''
let shop = ''
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'toolwire-test-'))
  shop = path.join(folder, 'shop.db')
  createShop(shop)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** What the demo's query tool answers a model that sends this SQL. */
async function query(sql: string): Promise<{ output: unknown; errorText: string | undefined }> {
  const model = scriptedModel([
    { toolCalls: [{ toolName: 'query', input: { sql } }] },
    { text: '' },
  ])
  const server = createToolServer({ model, tools: shopTools(shop) })
  const { calls } = await server.run({ message: 'Go.' }).result
  await server.close()
  expect(calls).toHaveLength(1)
  return { output: calls[0]?.output, errorText: calls[0]?.errorText }
}

test('the shop is the same every time, and holds a few thousand rows', () => {
  const again = path.join(folder, 'again.db')
  createShop(again)
  const sums = [shop, again].map((file) => {
    const database = openForReading(file)
    const sum = database.prepare(
      'SELECT count(*) AS n, sum(quantity * unit_price) AS sum FROM order_items',
    )
    const row = { ...sum.get() }
    database.close()
    return row
  })
  expect(sums[0]).toEqual(sums[1])
  expect(sums[0]?.['n']).toBeGreaterThan(2_000)
})

test('a query gives its rows in the order of its columns', async () => {
  const { output } = await query(`SELECT 1 AS b, 'x' AS a, NULL AS a UNION ALL SELECT 2, 'y', 0.5`)
  expect(output).toEqual({
    columns: ['b', 'a', 'a'],
    rows: [
      [1, 'x', null],
      [2, 'y', 0.5],
    ],
    truncated: false,
  })
})

test('a query gives no more than its share of rows, and says so', async () => {
  const { output } = await query('SELECT id FROM orders')
  expect(output).toMatchObject({ truncated: true })
  expect((output as { rows: unknown[] }).rows).toHaveLength(100)
})

test.each([
  'DELETE FROM orders',
  'UPDATE products SET price = 0',
  'DROP TABLE orders',
  'CREATE TABLE t (a)',
  `ATTACH 'other.db' AS other`,
  'PRAGMA user_version = 3',
  'INSERT INTO orders VALUES (9999, 1, 1, 1) RETURNING id',
  'SELECT 1; DROP TABLE orders',
])('%s does nothing but fail', async (sql) => {
  const { output, errorText } = await query(sql)
  expect(output).toBeUndefined()
  expect(errorText).toMatch(/Only SELECT is allowed|one statement/)
})

test('an error of SQLite reaches the model as it is', async () => {
  expect(await query('SELECT colour FROM orders')).toEqual({
    output: undefined,
    errorText: 'no such column: colour',
  })
})

test('a query without end ends with its call', async () => {
  const tool = shopTools(shop).find(({ name }) => name === 'query')
  const controller = new AbortController()
  const endless =
    'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n'
  const running = tool?.execute?.(
    { sql: endless },
    {
      toolCallId: 'call',
      key: 'key',
      attempt: 1,
      signal: controller.signal,
      progress: () => {},
    },
  )
  controller.abort(new Error('Enough.'))
  await expect(running).rejects.toThrow('Enough.')
})
