// One of the servers that fleet.ts starts: the same PostgreSQL, the same Redis. Says on which port it listens.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import pg from 'pg'
import { createClient } from 'redis'
import { WebSocketServer } from 'ws'
import { redisBroker } from '../../src/brokers/redis.ts'
import { postgresStore } from '../../src/stores/postgres.ts'
import { webSocketConnection } from '../../src/transports/websocket.ts'
import { person, shop } from './turns.ts'

const [connectionString = '', schema = '', url = ''] = process.argv.slice(2)
// Four of them, and whatever else uses the server, have to fit.
const pool = new pg.Pool({ connectionString, max: 5 })
const store = await postgresStore({ pool, schema })
const broker = redisBroker({ client: createClient({ url }), prefix: `${schema}:` })
const server = shop({ store, broker })
const host = createServer()
new WebSocketServer({ server: host }).on('connection', (socket) => {
  server.accept(webSocketConnection(socket), person)
})
// It listens on a port, so its address is no pipe.
host.listen(0, '127.0.0.1', () => process.send?.((host.address() as AddressInfo).port))
process.on('disconnect', () => void leave())

async function leave(): Promise<void> {
  await server.close()
  await broker.close()
  await store.close()
  process.exit()
}
