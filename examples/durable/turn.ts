// A turn as a workflow: the engine begins it, goes on with it after a crash, and does what follows it.
import { AsyncLocalStorage } from 'node:async_hooks'
import { DBOS } from '@dbos-inc/dbos-sdk'
import { isToolwireError } from 'toolwire'
import type { ToolServer } from 'toolwire/server'

export interface TurnRequest {
  readonly conversationId: string
  readonly message: string
}

/** Runs what belongs to no workflow: the engine refuses to begin one from within a step. */
const outside = AsyncLocalStorage.snapshot()

/** The workflow of `server`, to be started under the id that the turn is to have. Call this before `DBOS.launch()`. */
export function turnWorkflow(
  server: ToolServer,
  handOver: (text: string) => Promise<void>,
): (request: TurnRequest) => Promise<string> {
  return DBOS.registerWorkflow(
    async (request: TurnRequest) => {
      const turnId = DBOS.workflowID ?? ''
      const run = async (): Promise<string> =>
        (await server.run({ ...request, turnId }).result).text
      // Begun anew it only follows the turn. A store that fails will be back.
      const text = await DBOS.runStep(() => outside(run), {
        name: 'turn',
        retriesAllowed: true,
        maxAttempts: 20,
        shouldRetry: (error) => isToolwireError(error) && error.code === 'STORE_FAILED',
      })
      await DBOS.runStep(() => handOver(text), { name: 'hand over' })
      return text
    },
    { name: 'turn' },
  )
}
