// One of several servers: the same store, the same Redis. Says on which port it listens.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import process from 'node:process'
import { setTimeout } from 'node:timers/promises'
import { createClient } from 'redis'
import type { Model } from 'toolwire'
import { redisBroker } from 'toolwire/brokers/redis'
import { createToolServer, toNodeListener } from 'toolwire/server'
import { sqliteStore } from 'toolwire/stores/sqlite'

const [file = '', redisUrl = '', prefix = ''] = process.argv.slice(2)

/** Writes slowly, so that there is time to look, and to pull a plug. */
const storyteller: Model = {
  id: 'storyteller',
  format: 'none',
  async *stream({ signal }) {
    for (const word of 'Once upon a time there was a door that nobody had painted.'.split(' ')) {
      await setTimeout(100, undefined, { signal })
      yield { type: 'text-delta', text: `${word} ` }
    }
    yield { type: 'finish', reason: 'stop', rawReason: 'stop', usage: {} }
  },
}

const server = createToolServer({
  model: storyteller,
  tools: [],
  store: await sqliteStore({ file }),
  broker: redisBroker({ client: createClient({ url: redisUrl }), prefix }),
  authenticate: () => ({ id: 'me' }),
  limits: { leaseMs: 3_000 },
  onError: ({ error }) => console.error(error),
})
const answer = toNodeListener(server.fetch)
const listener = createServer((request, response) => void answer(request, response))
listener.listen(0, '127.0.0.1', () => {
  // A server that listens on a port has such an address.
  process.send?.((listener.address() as AddressInfo).port)
})
