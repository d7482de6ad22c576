/** A client of node-redis or of ioredis, connected or not. It is only copied, with its options. */
export interface RedisClient {
  duplicate(options?: object): unknown
}

/** What a connection tells of itself. */
export interface ConnectionEvents {
  readonly onReady: () => void
  readonly onLost: (error: unknown) => void
  readonly onMessage: (channel: string, text: string) => void
}

/** One connection that comes back by itself; what is asked of it while it is away rejects. */
export interface RedisConnection {
  publish(channel: string, text: string): Promise<unknown>
  subscribe(channel: string): Promise<unknown>
  unsubscribe(channel: string): Promise<unknown>
  ping(): Promise<unknown>
  script(script: string, key: string, args: readonly string[]): Promise<unknown>
  close(): void
}

/** What both have alike. */
interface AnyClient {
  on(event: string, listener: (...args: unknown[]) => void): unknown
  publish(channel: string, text: string): Promise<unknown>
  unsubscribe(channel: string): Promise<unknown>
  ping(): Promise<unknown>
}

interface NodeRedis extends AnyClient {
  readonly isReady: boolean
  connect(): Promise<unknown>
  subscribe(channel: string, listener: (text: string, channel: string) => void): Promise<unknown>
  readonly eval: (
    script: string,
    options: { readonly keys: readonly string[]; readonly arguments: readonly string[] },
  ) => Promise<unknown>
  destroy(): void
}

interface IoRedis extends AnyClient {
  readonly status: string
  subscribe(channel: string): Promise<unknown>
  readonly eval: (script: string, keys: number, ...args: readonly string[]) => Promise<unknown>
  disconnect(): void
}

// Nothing waits in memory for a server that is away: what is late is of no use here.
const nodeRedisOptions = { disableOfflineQueue: true }
const ioRedisOptions = { enableOfflineQueue: false, maxRetriesPerRequest: 0, lazyConnect: false }

/** Opens a connection of its own, with the options of `client`. */
export function connectLike(client: RedisClient, events: ConnectionEvents): RedisConnection {
  const options = 'isReady' in client ? nodeRedisOptions : ioRedisOptions
  // What was copied is what was given, and that is one of both.
  const copy = client.duplicate(options) as NodeRedis | IoRedis
  let lastError: unknown
  copy.on('error', (error) => {
    lastError = error
  })
  copy.on('ready', events.onReady)
  // Both say so when an attempt failed, too. Before that an error may have told why.
  copy.on('reconnecting', () => events.onLost(lastError))
  copy.on('end', () => events.onLost(lastError))
  return 'isReady' in copy ? overNodeRedis(copy, events) : overIoRedis(copy, events)
}

function overNodeRedis(client: NodeRedis, events: ConnectionEvents): RedisConnection {
  const onMessage = (text: string, channel: string): void => events.onMessage(channel, text)
  // Rejects where it is never tried again.
  client.connect().catch(events.onLost)
  return {
    publish: (channel, text) => client.publish(channel, text),
    subscribe: (channel) => client.subscribe(channel, onMessage),
    unsubscribe: (channel) => client.unsubscribe(channel),
    ping: () => client.ping(),
    script: (script, key, args) => client.eval(script, { keys: [key], arguments: args }),
    close: () => client.destroy(),
  }
}

function overIoRedis(client: IoRedis, { onMessage }: ConnectionEvents): RedisConnection {
  client.on('message', (channel, text) => onMessage(String(channel), String(text)))
  return {
    publish: (channel, text) => client.publish(channel, text),
    subscribe: (channel) => client.subscribe(channel),
    unsubscribe: (channel) => client.unsubscribe(channel),
    ping: () => client.ping(),
    script: (script, key, args) => client.eval(script, 1, key, ...args),
    close: () => client.disconnect(),
  }
}
