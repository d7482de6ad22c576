// A server whose turns DBOS runs. With a message it begins a turn; in any case it goes on with what another left:
// node examples/durable/worker.ts postgres://… ["A trip to Lisbon!"]
import process from 'node:process'
import { DBOS } from '@dbos-inc/dbos-sdk'
import type { Model } from 'toolwire'
import { createToolServer } from 'toolwire/server'
import { postgresStore } from 'toolwire/stores/postgres'
import { keptModel } from './kept-model.ts'
import { tools } from './tools.ts'
import { travelAgent } from './travel-agent.ts'
import { turnWorkflow } from './turn.ts'
import { reached } from './witness.ts'

const [url = '', message] = process.argv.slice(2)

const keptAgent = keptModel(travelAgent)

/** `model`, with a moment between its answer and the commit of it. */
function watched(model: Model, step: number): Model {
  return {
    ...model,
    async *stream(request) {
      yield* model.stream(request)
      await reached(`keeps the answer, step ${step}`)
    },
  }
}

const store = await postgresStore({ url, schema: 'toolwire' })
const server = createToolServer({
  selectModel: ({ turnId, steps }) =>
    watched(keptAgent(`${turnId}/step ${steps.length + 1}`), steps.length + 1),
  tools,
  store,
  // How long a dead process is waited for, and what it had begun and may not begin again.
  limits: { leaseMs: 2_000 },
  onError: ({ error }) => console.error(error),
})
const turn = turnWorkflow(server, (text) => reached(`hands over: ${text}`))

DBOS.setConfig({
  name: 'travel',
  systemDatabaseUrl: url,
  // Who takes up whose work: the same name for each life of this process, the same version for all that may.
  executorID: 'worker-1',
  applicationVersion: '1',
  logLevel: 'error',
})
await DBOS.launch()
if (message !== undefined)
  await DBOS.startWorkflow(turn, { workflowID: 'trip-1' })({ conversationId: 'trips', message })

async function stop(): Promise<void> {
  // The engine first: what ends because of the close is not how the turn ended.
  await DBOS.shutdown()
  await server.close()
  await store.close()
  process.disconnect?.()
}
process.once('SIGTERM', () => void stop())
