import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import type { ToolServer } from 'toolwire/server'

export function mountInHono(tools: ToolServer): Server {
  const app = new Hono()
  app.all('/tools', (context) => tools.fetch(context.req.raw))
  // Without other options it is a server of node:http.
  return createAdaptorServer({ fetch: app.fetch }) as Server
}
