// Two kinds of tools: one whose handler is a workflow, and one that may run once and has nothing to go on from.
import { DBOS } from '@dbos-inc/dbos-sdk'
import { type AnyTool, defineTool } from 'toolwire'
import * as z from 'zod'
import { reached } from './witness.ts'

const booking = DBOS.registerWorkflow(
  async (city: string) => {
    const seat = await DBOS.runStep(
      async () => {
        await reached('reserves a seat')
        return '14A'
      },
      { name: 'reserve' },
    )
    await DBOS.runStep(() => reached('issues the ticket'), { name: 'issue' })
    return { city, seat }
  },
  { name: 'booking' },
)

export const tools: readonly AnyTool[] = [
  defineTool({
    name: 'book_trip',
    description: 'Books a trip.',
    inputSchema: z.object({ city: z.string() }),
    // To begin a workflow that is there already changes nothing.
    idempotent: true,
    execute: async ({ city }, { key }) => {
      const handle = await DBOS.startWorkflow(booking, { workflowID: key })(city)
      return handle.getResult()
    },
  }),
  defineTool({
    name: 'charge_card',
    description: 'Charges the card of the user.',
    inputSchema: z.object({ euros: z.number() }),
    execute: async ({ euros }) => {
      await reached('charges the card')
      return { charged: euros }
    },
  }),
]
