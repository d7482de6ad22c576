import { ToolwireError, type World, systemWorld } from '../base/index.ts'
import type {
  Broker,
  BrokerListener,
  LimitAnswer,
  LimitRequest,
  RunLeases,
} from '../ports/index.ts'
import {
  type ConnectionEvents,
  type RedisClient,
  type RedisConnection,
  connectLike,
} from './_redis-connection.ts'

export type { RedisClient } from './_redis-connection.ts'

export interface RedisBrokerOptions {
  /**
   * `createClient({ url })` of the package `redis`, or `new Redis(url)` of `ioredis`. It is only copied: two
   * connections of its own are opened with its options, so that it need not be connected.
   */
  readonly client: RedisClient
  /** Before the names of all channels and keys. Default: `toolwire:`. */
  readonly prefix?: string
  /** How long an answer is waited for, in milliseconds. Default: 1,000. */
  readonly timeoutMs?: number
  readonly world?: Pick<World, 'setTimer'>
}

/** What may be on its way to a Redis that does not answer. */
const maxPending = 1_000

/** Joins servers by way of Redis: Pub/Sub between them, and counts that they share. */
export function redisBroker(options: RedisBrokerOptions): Broker {
  return new RedisBroker(options)
}

class RedisBroker implements Broker {
  readonly limiter = { take: (asked: LimitRequest): Promise<LimitAnswer> => this.#take(asked) }
  readonly runs: RunLeases = {
    hold: async (id, leaseMs) => void (await this.#script(holdRun, 'runs', [id, leaseMs])),
    release: async (id) => void (await this.#script(releaseRun, 'runs', [id])),
    takeOver: async (limit, leaseMs) => {
      const ids = await this.#script(takeOverRuns, 'runs', [limit, leaseMs])
      return Array.isArray(ids) ? ids.map(String) : []
    },
  }
  readonly #prefix: string
  readonly #timeoutMs: number
  readonly #world: Pick<World, 'setTimer'>
  readonly #asking: RedisConnection
  readonly #hearing: RedisConnection
  readonly #listeners = new Map<string, Set<BrokerListener>>()
  /** What is under way for each channel: clients lose their way where one is left and entered at the same time. */
  readonly #tails = new Map<string, Promise<void>>()
  /** Resolves when it is known whether Redis can be reached. */
  readonly #opened: Promise<void>
  #open: () => void = () => {}
  readonly #ready = { asking: false, hearing: false }
  /** Counts the times that both connections stood: what one of them said tells nothing of the next. */
  #era = 0
  #pending = 0
  #isClosed = false

  constructor({ client, prefix = 'toolwire:', timeoutMs = 1_000, world }: RedisBrokerOptions) {
    this.#prefix = prefix
    this.#timeoutMs = timeoutMs
    this.#world = world ?? systemWorld
    this.#opened = new Promise((resolve) => {
      this.#open = resolve
    })
    // Messages are heard over a connection of their own, which can do nothing else meanwhile.
    this.#asking = connectLike(client, this.#eventsOf('asking'))
    this.#hearing = connectLike(client, this.#eventsOf('hearing'))
  }

  async publish(topic: string, text: string): Promise<void> {
    await this.#ask(() => this.#asking.publish(this.#prefix + topic, text))
  }

  subscribe(topic: string, given: BrokerListener): () => void {
    const channel = this.#prefix + topic
    // A listener may be given twice, and each stands for itself.
    const listener: BrokerListener = {
      message: (text) => given.message(text),
      ready: () => given.ready(),
      lost: (error) => given.lost(error),
    }
    const listeners = this.#listeners.get(channel) ?? new Set()
    this.#listeners.set(channel, listeners.add(listener))
    if (this.#isUp) this.#hear(channel, [listener])
    else if (this.#isClosed) void Promise.resolve().then(() => listener.lost(failed('is closed')))
    return () => {
      if (!listeners.delete(listener) || listeners.size > 0) return
      this.#listeners.delete(channel)
      this.#leave(channel)
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#onLost(failed('is closed'))
    this.#asking.close()
    this.#hearing.close()
  }

  get #isUp(): boolean {
    return this.#ready.asking && this.#ready.hearing && !this.#isClosed
  }

  #eventsOf(which: 'asking' | 'hearing'): ConnectionEvents {
    return {
      onReady: () => {
        this.#ready[which] = true
        if (!this.#isUp) return
        this.#open()
        this.#era++
        for (const [channel, listeners] of this.#listeners) this.#hear(channel, [...listeners])
      },
      onLost: (error) => {
        this.#ready[which] = false
        this.#onLost(failed('is out of reach', error))
      },
      onMessage: (channel, text) => {
        const listeners = this.#listeners.get(channel)
        // Clients subscribe again by themselves to what was left while they were away.
        if (!listeners) return this.#leave(channel)
        for (const listener of listeners) listener.message(text)
      },
    }
  }

  #onLost(error: ToolwireError): void {
    this.#open()
    const all = [...this.#listeners.values()].flatMap((listeners) => [...listeners])
    for (const listener of all) listener.lost(error)
  }

  /** Subscribes anew, whatever the client remembers: to be heard twice is no risk, and not to be heard is one. */
  #hear(channel: string, listeners: readonly BrokerListener[]): void {
    const era = this.#era
    const tell = (what: (listener: BrokerListener) => void): void => {
      if (!this.#isUp || this.#era !== era) return
      for (const each of listeners) if (this.#listeners.get(channel)?.has(each)) what(each)
    }
    this.#inTurn(channel, async () => {
      if (!this.#listeners.has(channel)) return
      await this.#hearing.subscribe(channel)
      // Answers come in order, so behind that of a ping also a subscription of the client's own stands.
      await this.#hearing.ping()
    }).then(
      () => tell((listener) => listener.ready()),
      // The connection broke, and the next one begins with this; or it is refused for good.
      (error: unknown) =>
        tell((listener) => listener.lost(failed('refuses to be listened to', error))),
    )
  }

  #leave(channel: string): void {
    this.#inTurn(channel, async () => {
      if (!this.#listeners.has(channel)) await this.#hearing.unsubscribe(channel)
    }).catch(() => {
      // A connection that broke left it.
    })
  }

  #inTurn(channel: string, work: () => Promise<void>): Promise<void> {
    const result = (this.#tails.get(channel) ?? Promise.resolve()).then(work)
    const tail = result
      .catch(() => {})
      .then(() => {
        if (this.#tails.get(channel) === tail) this.#tails.delete(channel)
      })
    this.#tails.set(channel, tail)
    return result
  }

  async #take({ key, id, limit, windowMs }: LimitRequest): Promise<LimitAnswer> {
    const waitMs = await this.#script(takePlace, `limit:${key}`, [id, limit, windowMs])
    return Number(waitMs) < 0 ? { ok: true } : { ok: false, retryAfterMs: Number(waitMs) }
  }

  #script(script: string, key: string, args: readonly (string | number)[]): Promise<unknown> {
    return this.#ask(() => this.#asking.script(script, this.#prefix + key, args.map(String)))
  }

  /** Bounded in time and number, also where Redis neither answers nor breaks the connection. */
  #ask(work: () => Promise<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(failed('is closed'))
      if (this.#pending >= maxPending) return reject(failed('does not keep up'))
      this.#pending++
      const done = (): void => {
        stop()
        this.#pending--
      }
      const stop = this.#world.setTimer(this.#timeoutMs, () => reject(failed('does not answer')), {
        keepAlive: false,
      })
      this.#opened
        .then(work)
        .finally(done)
        .then(resolve, (error: unknown) => reject(failed('failed', error)))
    })
  }
}

/** One clock for all nodes. */
const readClock = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`

/** Takes a place within a window that slides; -1, or how long to wait. The key lives no longer than its last place. */
const takePlace = `${readClock}
local id, limit, window = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
if redis.call('ZSCORE', KEYS[1], id) then return -1 end
local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
if oldest and redis.call('ZCARD', KEYS[1]) >= limit then return oldest + window - now end
redis.call('ZADD', KEYS[1], now, id)
redis.call('PEXPIRE', KEYS[1], window)
return -1`

/** A sorted set says when leases end, and a hash beside it how often each run was taken over. */
const holdRun = `${readClock}
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
return 0`

const releaseRun = `
redis.call('HDEL', KEYS[1] .. ':takeovers', ARGV[1])
return redis.call('ZREM', KEYS[1], ARGV[1])`

const takeOverRuns = `${readClock}
local taken = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])) do
  if redis.call('HINCRBY', KEYS[1] .. ':takeovers', id, 1) > 3 then
    redis.call('HDEL', KEYS[1] .. ':takeovers', id)
    redis.call('ZREM', KEYS[1], id)
  else
    redis.call('ZADD', KEYS[1], now + ARGV[2], id)
    table.insert(taken, id)
  end
end
return taken`

function failed(what: string, cause?: unknown): ToolwireError {
  return new ToolwireError('BROKER_FAILED', `The Redis of the broker ${what}.`, {
    hint: 'Look at `cause`, and whether Redis runs. Until it is back the nodes find their news in the store.',
    ...(cause !== undefined && { cause }),
  })
}
