// One of the servers, in a process of its own: the same store, the same Redis as the other.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import process from 'node:process'
import pg from 'pg'
import { createClient } from 'redis'
import { redisBroker } from 'toolwire/brokers/redis'
import { createToolServer, toNodeListener } from 'toolwire/server'
import { postgresStore } from 'toolwire/stores/postgres'
import { painter } from './model.ts'
import type { ServerMessage, ServerTask } from './server-process.ts'
import { noteRun } from './services.ts'
import { paint, serverTools } from './tools.ts'

// Written by server-process.ts.
const task = JSON.parse(process.env['CLUSTER_SERVER'] ?? '') as ServerTask
const { postgres, redis, schema, prefix } = task.places
const tell = (message: ServerMessage): void => void process.send?.(message)

const pool = new pg.Pool({ connectionString: postgres })
pool.on('error', () => {})
const server = createToolServer({
  model: painter,
  tools: [...serverTools((key) => noteRun(pool, schema, key)), paint.withoutExecute()],
  store: await postgresStore({ pool, schema }),
  broker: redisBroker({ client: createClient({ url: redis }), prefix }),
  authenticate: () => ({ id: 'painter' }),
  // Short, so that one sees a turn go on soon after its server died. What began there and must not begin again is
  // waited for as long again, and ends as `outcome-unknown`.
  limits: { leaseMs: 3_000 },
  observer: {
    observe: (happening) => {
      if (happening.type === 'turn-started' || happening.type === 'turn-finished') tell(happening)
    },
  },
  onError: ({ error }) => console.error(`Server ${task.number}:`, error),
})
const answer = toNodeListener(server.fetch)
const listener = createServer((request, response) => void answer(request, response))
listener.listen(task.port, '127.0.0.1', () => {
  // It listens on a port, so its address is no pipe.
  tell({ type: 'listening', port: (listener.address() as AddressInfo).port })
})
// Nobody is there any more to kill this one.
process.once('disconnect', () => process.exit())
