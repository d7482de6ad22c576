// One server of a crash run, to be killed at any moment. Says on which port it listens; ends in order when it is told
// to, by itself, and at once when the process that started it is gone.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from 'redis'
import { redisBroker } from '../../src/brokers/redis.ts'
import { createToolServer, toNodeListener } from '../../src/server/index.ts'
import { type SqlStore, postgresStore } from '../../src/stores/postgres.ts'
import { serveSockets } from '../server/guide/upgrade.ts'
import { crashModel } from './model.ts'
import { readSettings } from './settings.ts'
import { toolsBefore } from './tools.ts'
import { WitnessFile, reportTo } from './witness-file.ts'

const { seed, postgresUrl, redisUrl, witnessPath } = readSettings()
const witness = new WitnessFile(witnessPath)
process.on('disconnect', () => process.exit(1))

const store = await openStore()
const broker = redisBroker({ client: createClient({ url: redisUrl }) })
const server = createToolServer({
  model: crashModel(seed, witness),
  tools: toolsBefore(witness).map((tool) =>
    tool.executor === 'client' ? tool.withoutExecute() : tool,
  ),
  store,
  broker,
  authenticate: () => ({ id: 'me' }),
  limits: { leaseMs: 2_000 },
  onError: ({ error }) => reportTo(witness, error),
})
const answer = toNodeListener(server.fetch)
const listener = createServer((request, response) => void answer(request, response))
serveSockets(listener, server)
listener.listen(0, '127.0.0.1', () => {
  // A server that listens on a port has such an address.
  process.send?.((listener.address() as AddressInfo).port)
})

process.on('message', () => void end())

/** Where the store is out of reach at the start, it is tried again, as by whoever starts a process that ended. */
async function openStore(): Promise<SqlStore> {
  for (;;) {
    try {
      return await postgresStore({ url: postgresUrl })
    } catch (error) {
      reportTo(witness, error)
      await pause(100)
    }
  }
}

async function end(): Promise<void> {
  process.removeAllListeners('disconnect')
  await idle()
  await server.close()
  await broker.close()
  await store.close()
  listener.close()
  listener.closeAllConnections()
  process.disconnect?.()
}

/** Links end a little later than their clients. */
async function idle(): Promise<void> {
  for (let patience = 0; patience < 100; patience++) {
    const { links, conversations } = server.health()
    if (links + conversations === 0) return
    await pause(50)
  }
  const { links, conversations } = server.health()
  witness.write({ saw: 'fault', text: `left: ${links} links, ${conversations} conversations` })
}
