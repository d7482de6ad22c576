import { type Server, createServer } from 'node:http'
import express from 'express'
import { type ToolServer, toNodeListener } from 'toolwire/server'

export function mountInExpress(tools: ToolServer): Server {
  const app = express()
  // Not needed, but welcome: what a parser has read is used. Its own limit of 100 kB is little for results.
  app.use(express.json({ limit: '1mb' }))
  app.all('/tools', toNodeListener(tools.fetch))
  return createServer(app)
}
