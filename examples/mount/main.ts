// One server, mounted in every host; a client takes a turn through each, and the program fails where one differs.
import type { Server } from 'node:http'
import { ToolwireError, defineTool } from 'toolwire'
import { type ToolClient, createToolClient } from 'toolwire/client'
import { type ToolServer, createToolServer } from 'toolwire/server'
import { scriptedModel } from 'toolwire/testing'
import { httpTransport } from 'toolwire/transports/http'
import * as z from 'zod'
import { mountInExpress } from './express.ts'
import { mountInFastify } from './fastify.ts'
import { mountInHono } from './hono.ts'
import { mountInNodeHttp } from './node-http.ts'

const paint = defineTool({
  name: 'paint_door',
  description: 'Paints the door of the house.',
  inputSchema: z.object({ color: z.enum(['green', 'blue', 'red']) }),
  execute: ({ color }) => `The door is ${color} now.`,
})

const hosts: Readonly<Record<string, (tools: ToolServer) => Server | Promise<Server>>> = {
  'node:http': mountInNodeHttp,
  Express: mountInExpress,
  Fastify: mountInFastify,
  Hono: mountInHono,
}

for (const [name, mount] of Object.entries(hosts)) {
  const model = scriptedModel([
    { toolCalls: [{ toolName: 'paint_door', input: { color: 'green' } }] },
    { text: 'Your door is green.' },
  ])
  const authenticate = (): { id: string } => ({ id: 'me' })
  const tools = createToolServer({ model, tools: [paint.withoutExecute()], authenticate })
  const server = await mount(tools)
  const client = createToolClient({
    transport: httpTransport({ url: `http://127.0.0.1:${await listen(server)}/tools` }),
    tools: [paint],
  })
  const answer = await take(client, 'Paint my door green!')
  console.log(`${name}: ${answer}`)
  if (answer !== 'The door is green now. Your door is green.') process.exitCode = 1
  client.close()
  await tools.close()
  server.close()
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address === 'object' && address) return address.port
  throw new ToolwireError('INVALID_OPTIONS', 'The server listens on no port.')
}

/** Sends a message, waits for the end of the turn, and gives what the tool and the model said. */
async function take(client: ToolClient, message: string): Promise<string> {
  const isOver = new Promise<void>((resolve) => {
    client.subscribe(() => {
      const { status, messages, error } = client.getSnapshot()
      if (error || (status === 'ready' && messages.at(-1)?.role === 'assistant')) resolve()
    })
  })
  await client.send(message)
  await isOver
  const { calls, messages, error } = client.getSnapshot()
  const text = messages.at(-1)?.parts.map((part) => (part.type === 'text' ? part.text : '')) ?? []
  return error?.text ?? [...calls.map(({ output }) => String(output)), text.join('')].join(' ')
}
