// A real Redis: the one that TOOLWIRE_TEST_REDIS names, else one at the usual place on this machine.
import { randomUUID } from 'node:crypto'
import { type AddressInfo, type Socket, connect, createServer } from 'node:net'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import type { TestContext } from 'vitest'
import { type RedisClient, redisBroker } from '../../src/brokers/redis.ts'
import type { BrokerBench } from '../../src/testing/index.ts'

const url = new URL(process.env['TOOLWIRE_TEST_REDIS'] ?? 'redis://127.0.0.1:6379')
/** Where it is. */
export const redisUrl: string = url.href
const [host, port] = [url.hostname, Number(url.port || 6379)]

const problem = `No Redis answers at ${host}:${port}; start one, or set TOOLWIRE_TEST_REDIS.`

/** Whether one answers. In CI one has to. */
const hasRedis: boolean = await new Promise((resolve, reject) => {
  const socket = connect({ host, port })
  socket.once('connect', () => {
    socket.destroy()
    resolve(true)
  })
  socket.once('error', (cause) => {
    if (process.env['CI'] === 'true') return reject(new Error(problem, { cause }))
    resolve(false)
  })
})

/** For tests that need it: skipped with the reason where none answers. */
export function needsRedis({ skip }: Pick<TestContext, 'skip'>): void {
  if (!hasRedis) skip(problem)
}

/** Creates a client for `to`, whose connections carry `name`. */
export type CreateRedis = (to: string, name: string) => RedisClient

export const nodeRedis: CreateRedis = (to, name) => createClient({ url: to, name })
export const ioRedis: CreateRedis = (to, name) =>
  new Redis(to, { connectionName: name, lazyConnect: true })

/** Two nodes over the real thing, which can be cut by it and be out of reach. */
export async function overRedis(create: CreateRedis): Promise<BrokerBench> {
  const name = `toolwire-test-${randomUUID()}`
  const way = await openWay()
  const admin = createClient({ url: url.href })
  // Its own connection is not what is cut.
  await admin.connect()
  const connections = async (): Promise<readonly string[]> => {
    const list = await admin.clientList()
    return list.filter((one) => one.name === name).map(({ id }) => String(id))
  }
  const node = (): ReturnType<typeof redisBroker> =>
    redisBroker({ client: create(way.url, name), prefix: `${name}:` })
  return {
    nodes: [node(), node()],
    leftovers: async () => (await connections()).length,
    async cut() {
      for (const id of await connections()) await admin.sendCommand(['CLIENT', 'KILL', 'ID', id])
    },
    takeAway: () => way.block(),
    async close() {
      for await (const keys of admin.scanIterator({ MATCH: `${name}:*` }))
        if (keys.length > 0) await admin.del(keys)
      admin.destroy()
      await way.close()
    },
  }
}

interface Way {
  readonly url: string
  /** Refuses everybody until the returned function is called. */
  readonly block: () => Promise<() => Promise<void>>
  readonly close: () => Promise<void>
}

/** A way to Redis that can be blocked without stopping it for others. */
async function openWay(): Promise<Way> {
  const sockets = new Set<Socket>()
  const hold = (socket: Socket): Socket => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    return socket.on('error', () => {})
  }
  const server = createServer((near) => {
    const far = hold(connect({ host, port }))
    hold(near).pipe(far).pipe(near)
    near.once('close', () => far.destroy())
    far.once('close', () => near.destroy())
  })
  const listen = (at: number): Promise<void> =>
    new Promise((resolve) => {
      server.listen(at, '127.0.0.1', resolve)
    })
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
  await listen(0)
  const at = (server.address() as AddressInfo).port
  const own = new URL(url)
  own.host = `127.0.0.1:${at}`
  return {
    url: own.href,
    block: async () => {
      await close()
      return () => listen(at)
    },
    close: () => (server.listening ? close() : Promise.resolve()),
  }
}
