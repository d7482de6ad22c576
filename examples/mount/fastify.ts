import type { Server } from 'node:http'
import fastify from 'fastify'
import { type ToolServer, toNodeListener } from 'toolwire/server'

export async function mountInFastify(tools: ToolServer): Promise<Server> {
  const app = fastify()
  const listener = toNodeListener(tools.fetch)
  app.all('/tools', async (request, reply) => {
    // Fastify has read the body and would answer by itself.
    reply.hijack()
    await listener(Object.assign(request.raw, { body: request.body }), reply.raw)
  })
  await app.ready()
  return app.server
}
