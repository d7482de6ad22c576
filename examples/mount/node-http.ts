import { type Server, createServer } from 'node:http'
import { type ToolServer, toNodeListener } from 'toolwire/server'

export function mountInNodeHttp(tools: ToolServer): Server {
  const listener = toNodeListener(tools.fetch)
  return createServer((request, response) => {
    if (request.url === '/tools') void listener(request, response)
    else response.writeHead(404).end()
  })
}
