import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import BetterSqlite3 from 'better-sqlite3'
import { afterAll, describe, expect, test } from 'vitest'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import { storyOf } from './story.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'toolwire-sqlite-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let files = 0
const newFile = (): string => path.join(folder, `${++files}.db`)

const [start = [], asked = [], end = []] = storyOf('t')

describe('a process that is killed while it commits', () => {
  test(
    'leaves all that was acknowledged, and nothing half written',
    { timeout: 60_000 },
    async () => {
      const file = newFile()
      for (let round = 0; round < 4; round++) {
        const acknowledged = await killedAfter(file, 20 + round * 17)
        const store = await sqliteStore({ file })
        const log = await store.read('a', 0)
        expect(log.length).toBeGreaterThanOrEqual(acknowledged)
        // Each commit is there as a whole: the log ends where a commit does.
        expect(['turn-started', 'call-queued', 'turn-finished']).toContain(log.at(-1)?.type)
        const look = async (): Promise<unknown> => [
          await store.conversations(),
          await store.executions({ limit: 1_000 }),
        ]
        const seen = await look()
        expect(seen).toMatchObject([{ items: [{ version: log.length }] }, {}])
        await store.rebuild()
        expect(await look()).toEqual(seen)
        await store.close()
      }
    },
  )
})

/** Lets a process commit until `count` commits were acknowledged, and kills it; resolves with the last version. */
function killedAfter(file: string, count: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const worker = spawn(process.execPath, [
      fileURLToPath(new URL('commit-worker.ts', import.meta.url)),
      file,
    ])
    let out = ''
    let problems = ''
    worker.stderr.on('data', (data: Buffer) => (problems += data.toString()))
    worker.stdout.on('data', (data: Buffer) => {
      out += data.toString()
      if (out.split('\n').length > count) worker.kill('SIGKILL')
    })
    worker.on('error', reject)
    worker.on('close', (_, signal) => {
      const versions = out.split('\n').slice(0, -1)
      if (signal === 'SIGKILL') resolve(Number(versions.at(-1)))
      else reject(new Error(`the worker ended by itself: ${problems}`))
    })
  })
}

describe('a store that cannot be used', () => {
  test('says that the folder is not there', async () => {
    await expect(sqliteStore({ file: path.join(folder, 'none', 'x.db') })).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('cannot be opened'),
      hint: expect.stringContaining('Make its folder'),
    })
  })

  test('says that the file is no database, and leaves it as it is', async () => {
    const file = newFile()
    writeFileSync(file, 'Dear diary, this is no database at all.'.repeat(50))
    const before = readFileSync(file, 'utf8')
    await expect(sqliteStore({ file })).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('is no SQLite database'),
    })
    expect(readFileSync(file, 'utf8')).toBe(before)
  })

  test('says that it is read-only, and can still be read', async () => {
    const file = newFile()
    const writer = await sqliteStore({ file })
    await writer.commit('a', 0, start)
    const store = await sqliteStore({ database: new DatabaseSync(file, { readOnly: true }) })
    expect(await store.read('a', 0)).toEqual(start)
    await expect(store.commit('a', 1, asked)).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('cannot be written'),
      hint: expect.stringContaining('right to write'),
    })
    expect(await store.read('a', 0)).toEqual(start)
    await store.close()
    await writer.close()
  })

  test('says that the disk is full, keeps nothing of the commit, and goes on when there is room', async () => {
    const database = new DatabaseSync(newFile())
    const store = await sqliteStore({ database })
    await store.commit('a', 0, start)
    const [{ page_count: pages }] = database.prepare('pragma page_count').all() as [
      { page_count: number },
    ]
    database.exec(`pragma max_page_count = ${pages + 2}`)
    const large = { ...start[0], ownerId: 'x'.repeat(200_000) } as (typeof start)[number]
    await expect(store.commit('a', 1, [...asked, large])).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('has no room left'),
      hint: expect.stringContaining('Free room'),
    })
    expect(await store.read('a', 0)).toEqual(start)
    expect((await store.executions()).items).toEqual([])
    expect((await store.conversations()).items[0]?.version).toBe(1)
    database.exec('pragma max_page_count = 1000000')
    expect(await store.commit('a', 1, [...asked, large])).toBe('committed')
    await store.close()
  })

  test('waits for another writer, and says that the file is locked where that takes too long', async () => {
    const file = newFile()
    let now = 0
    let onWait = (): void => {}
    // Time passes only where the store waits.
    const world = {
      now: () => now,
      monotonic: () => now,
      random: () => 0,
      randomId: () => 'id',
      setTimer: (ms: number, task: () => void) => {
        now += ms
        onWait()
        const timer = setImmediate(task)
        return () => clearImmediate(timer)
      },
    }
    const store = await sqliteStore({ file, world })
    const other = new DatabaseSync(file)
    other.exec('begin immediate')
    await expect(store.commit('a', 0, start)).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('is locked by another process'),
    })
    expect(await store.read('a', 0)).toEqual([])
    onWait = () => {
      if (other.isTransaction) other.exec('rollback')
    }
    expect(await store.commit('a', 0, start)).toBe('committed')
    other.close()
    await store.close()
  })

  test('rejects what comes after its end', async () => {
    const store = await sqliteStore({ file: newFile() })
    await store.close()
    await expect(store.commit('a', 0, start)).rejects.toMatchObject({ code: 'STORE_FAILED' })
    await expect(store.read('a', 0)).rejects.toMatchObject({ code: 'STORE_FAILED' })
  })

  test('refuses ids that it could not find again', async () => {
    const store = await sqliteStore({ file: ':memory:' })
    for (const id of ['', 'a\0b', '\ud800', 'x'.repeat(301)])
      await expect(store.commit(id, 0, start)).rejects.toMatchObject({ code: 'STORE_FAILED' })
    await store.close()
  })
})

describe('a store that the host opened', () => {
  test('says the same of the errors of better-sqlite3', async () => {
    const database = new BetterSqlite3(newFile())
    const store = await sqliteStore({ database })
    expect(store.durability).toBe('durable')
    await store.commit('a', 0, start)
    database.pragma(`max_page_count = ${Number(database.pragma('page_count', { simple: true }))}`)
    const large = { ...start[0], ownerId: 'x'.repeat(200_000) } as (typeof start)[number]
    await expect(store.commit('a', 1, [...asked, large, ...end])).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('has no room left'),
    })
    expect(await store.read('a', 0)).toEqual(start)
    await store.close()
  })

  test('says that nothing is left of a database in memory', async () => {
    const store = await sqliteStore({ database: new DatabaseSync(':memory:') })
    expect(store.durability).toBe('process')
    await store.close()
  })

  test('needs to be told where to be', async () => {
    await expect(sqliteStore({})).rejects.toMatchObject({ code: 'INVALID_OPTIONS' })
  })
})

test('what was deleted is not in the files any more', async () => {
  const place = path.join(folder, 'deletion')
  mkdirSync(place)
  const file = path.join(place, 'x.db')
  const store = await sqliteStore({ file })
  const secret = 'the-password-is-swordfish'
  const event = { type: 'conversation-opened' as const, ownerId: 'me', logId: secret, at: 1 }
  await store.commit('a', 0, [event])
  const left = (): boolean =>
    ['', '-wal'].some((suffix) => {
      try {
        return readFileSync(file + suffix).includes(secret)
      } catch {
        return false
      }
    })
  expect(left()).toBe(true)
  await store.deleteConversations({ ownerId: 'me' })
  expect(left()).toBe(false)
  await store.close()
})
