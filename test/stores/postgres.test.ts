// What only a real server shows: broken connections, lost answers, wrong passwords, other sessions in the way.
import { createServer, type Server, Socket } from 'node:net'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type SqlStore, postgresStore } from '../../src/stores/postgres.ts'
import { needsPostgres, dropSchema, newPool, newSchema, runSql, url } from './postgres-server.ts'
import { storyOf } from './story.ts'

const [start = [], asked = []] = storyOf('t')
const schemas: string[] = []
const ends: (() => unknown)[] = []

/** A schema that goes with the test. */
function schemaOfTest(): string {
  const schema = newSchema()
  schemas.push(schema)
  return schema
}

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})
afterAll(async () => {
  for (const schema of schemas) await dropSchema(schema)
})

async function open(options: Parameters<typeof postgresStore>[0]): Promise<SqlStore> {
  const store = await postgresStore(options)
  ends.push(() => store.close())
  return store
}

/** A wire to the server that can be cut, at once or when a text passes by. */
class Wire {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** What is kept from the store, once the server has been told to commit: its answer. */
  cutsAnswerToCommit = false

  static async open(): Promise<Wire> {
    const wire = new Wire()
    await new Promise<void>((resolve) => wire.#server.listen(0, '127.0.0.1', resolve))
    ends.push(() => wire.close())
    return wire
  }

  private constructor() {
    this.#server = createServer((near) => {
      const { hostname, port } = new URL(url)
      const far = new Socket().connect(Number(port || 5432), hostname)
      for (const socket of [near, far]) {
        this.#sockets.add(socket)
        socket.on('error', () => {})
        socket.on('close', () => {
          near.destroy()
          far.destroy()
        })
      }
      let commits = false
      near.on('data', (data) => {
        commits = this.cutsAnswerToCommit && data.includes('commit\0')
        far.write(data)
      })
      far.on('data', (data) => {
        if (commits) near.destroy()
        else near.write(data)
      })
    })
  }

  get url(): string {
    const wired = new URL(url)
    wired.hostname = '127.0.0.1'
    wired.port = String((this.#server.address() as { port: number }).port)
    return wired.href
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    this.cut()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

describe('a PostgreSQL store', () => {
  beforeEach(needsPostgres)

  test('says that the answer to a commit was lost, and the commit is there', async () => {
    const schema = schemaOfTest()
    const wire = await Wire.open()
    const store = await open({ url: wire.url, schema })
    wire.cutsAnswerToCommit = true
    expect(await store.commit('a', 0, start)).toBe('unknown')
    wire.cutsAnswerToCommit = false
    // The server may still be at it when the wire is cut.
    const witness = await open({ url, schema })
    await expect.poll(() => witness.read('a', 0)).toEqual(start)
    expect(await store.commit('a', 0, start)).toBe('conflict')
    expect(await store.commit('a', 1, asked)).toBe('committed')
  })

  test('says that it failed where the connection broke before the commit, and nothing is there', async () => {
    const schema = schemaOfTest()
    const wire = await Wire.open()
    const store = await open({ url: wire.url, schema })
    await store.commit('a', 0, start)
    // The row is held, so that the commit stands in its middle.
    const pool = newPool()
    ends.push(() => pool.end())
    const holder = await pool.connect()
    await holder.query('begin')
    await holder.query(`update "${schema}".toolwire_conversations set version = version`)
    const waiting = store.commit('a', 1, asked)
    await expect
      .poll(() =>
        runSql(
          `select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%${schema}%'`,
        ),
      )
      .toHaveLength(1)
    wire.cut()
    await expect(waiting).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('cannot be reached'),
    })
    await holder.query('rollback')
    holder.release()
    // The session that lost its client may still hold the row for a moment; this waits for it.
    expect(await store.commit('a', 1, asked)).toBe('committed')
    expect((await store.read('a', 0)).length).toBe(start.length + asked.length)
  })

  test('lives through the end of every connection', async () => {
    const schema = schemaOfTest()
    const store = await open({ url, schema })
    let told = 0
    const stop = store.watch('a', () => told++)
    ends.push(stop)
    await store.commit('a', 0, start)
    await runSql(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'toolwire' and (query like '%${schema}%' or query like 'commit%') and pid <> pg_backend_pid()`,
    )
    const other = await open({ url, schema })
    const before = told
    await other.commit('a', 1, asked)
    await expect.poll(() => told, { timeout: 10_000 }).toBeGreaterThan(before)
    await expect.poll(() => store.read('a', 0).then(({ length }) => length)).toBe(4)
  })

  test('says that the password is wrong', async () => {
    const wrong = new URL(url)
    wrong.username = 'nobody_of_this_name'
    wrong.password = 'swordfish'
    const error: unknown = await postgresStore({ url: wrong.href }).catch(
      (reason: unknown) => reason,
    )
    expect(error).toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('refuses the user or the password'),
      hint: expect.stringContaining('connection URL'),
    })
    expect((error as Error).message).not.toContain('swordfish')
  })

  test('says that there is no such database', async () => {
    const wrong = new URL(url)
    wrong.pathname = '/no_such_database_here'
    await expect(postgresStore({ url: wrong.href })).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('has no such database'),
    })
  })

  test('says that a standby takes no writes, and can still be read', async () => {
    const schema = schemaOfTest()
    const writer = await open({ url, schema })
    await writer.commit('a', 0, start)
    const store = await open({
      pool: newPool({ options: '-c default_transaction_read_only=on' }),
      schema,
    })
    expect(await store.read('a', 0)).toEqual(start)
    await expect(store.commit('a', 1, asked)).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('takes no writes'),
    })
    expect(await writer.read('a', 0)).toEqual(start)
  })

  test('says that the disk of the server is full, and keeps nothing of the commit', async () => {
    const schema = schemaOfTest()
    const store = await open({ url, schema })
    await store.commit('a', 0, start)
    // The server itself answers what it does where a table cannot grow, in the middle of the commit.
    await runSql(`
      create function "${schema}".full_disk() returns trigger language plpgsql as
        $$ begin raise exception 'could not extend file' using errcode = 'disk_full'; end $$;
      create trigger full_disk before insert on "${schema}".toolwire_executions
        for each row execute function "${schema}".full_disk()`)
    await expect(store.commit('a', 1, asked)).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('has no room left'),
      hint: expect.stringContaining('Free room'),
    })
    expect(await store.read('a', 0)).toEqual(start)
    expect((await store.conversations()).items).toMatchObject([{ version: 1 }])
    await runSql(`drop trigger full_disk on "${schema}".toolwire_executions`)
    expect(await store.commit('a', 1, asked)).toBe('committed')
  })

  test('says that its user may not use the tables', async () => {
    const schema = schemaOfTest()
    const writer = await open({ url, schema })
    await writer.commit('a', 0, start)
    // Every server has this role, which has no rights on tables of others.
    const pool = newPool({ options: '-c role=pg_signal_backend' })
    ends.push(() => pool.end().catch(() => {}))
    await expect(postgresStore({ pool, schema })).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('refuses this to its user'),
      hint: expect.stringContaining('Grant'),
    })
    expect(await writer.read('a', 0)).toEqual(start)
  })

  test('says who is in the way for too long', async () => {
    const schema = schemaOfTest()
    const pool = newPool()
    ends.push(() => pool.end())
    const store = await open({ pool: newPool({ lock_timeout: 100 }), schema })
    await store.commit('a', 0, start)
    const holder = await pool.connect()
    await holder.query('begin')
    await holder.query(`update "${schema}".toolwire_conversations set version = version`)
    await expect(store.commit('a', 1, asked)).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('waited too long for a lock'),
      hint: expect.stringContaining('pg_stat_activity'),
    })
    await holder.query('rollback')
    holder.release()
    expect(await store.read('a', 0)).toEqual(start)
  })

  test('compares rightly whatever isolation the host has as its default', async () => {
    const schema = schemaOfTest()
    const pool = newPool({ options: '-c default_transaction_isolation=serializable' })
    const store = await open({ pool, schema })
    const answers = await Promise.all(
      [1, 2, 3, 4, 5, 6].map((n) =>
        store.commit('a', 0, [{ type: 'conversation-opened', ownerId: 'me', logId: 'l', at: n }]),
      ),
    )
    expect(answers.toSorted()).toEqual(['committed', ...Array<string>(5).fill('conflict')])
  })

  test('is set up once by many nodes that start at the same time', async () => {
    const schema = schemaOfTest()
    const stores = await Promise.all([1, 2, 3, 4].map(() => open({ url, schema })))
    expect(await stores[0]?.commit('a', 0, start)).toBe('committed')
    expect(await stores[3]?.read('a', 0)).toEqual(start)
  })
})

test('says that no server answers', async () => {
  // A port that was free a moment ago.
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  await expect(
    postgresStore({ url: `postgres://postgres@127.0.0.1:${port}/x` }),
  ).rejects.toMatchObject({
    code: 'STORE_FAILED',
    message: expect.stringContaining('cannot be reached'),
    hint: expect.stringContaining('host, port and firewall'),
  })
})

test('says that a server which never answers cannot be reached', async () => {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => sockets.add(socket)).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  const pool = newPool({
    connectionString: `postgres://postgres@127.0.0.1:${port}/x`,
    connectionTimeoutMillis: 50,
  })
  await expect(postgresStore({ pool })).rejects.toMatchObject({
    code: 'STORE_FAILED',
    message: expect.stringContaining('cannot be reached'),
  })
  for (const socket of sockets) socket.destroy()
  await new Promise((resolve) => server.close(resolve))
})

test('lives through a server that takes a connection and ends it in one breath', async () => {
  const message = (type: string, body: string): Buffer => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(body.length + 4)
    return Buffer.concat([Buffer.from(type), length, Buffer.from(body)])
  }
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => {
      const [signedIn, ready] = [message('R', '\0\0\0\0'), message('Z', 'I')]
      const ended = message('E', 'SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0')
      socket.end(Buffer.concat([signedIn, ready, ended]))
    })
  }).listen(0, '127.0.0.1')
  ends.push(() => server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as { port: number }
  await expect(
    postgresStore({ url: `postgres://postgres@127.0.0.1:${port}/x` }),
  ).rejects.toMatchObject({ code: 'STORE_FAILED' })
})

test('needs to be told where the server is', async () => {
  await expect(postgresStore({})).rejects.toMatchObject({ code: 'INVALID_OPTIONS' })
})
