import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ServerType, serve } from '@hono/node-server'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { toNodeListener } from '../../src/server/index.ts'

export type FetchHandler = (request: Request) => Promise<Response>

/** A server that answers requests, and how to reach it. */
export interface Mounted {
  readonly url: string
  /** What a client uses to reach it: the runtime's own, except where there is no socket. */
  readonly fetch: typeof globalThis.fetch
  /** Breaks every open connection, as a proxy or a network does. */
  cut(): void
  close(): Promise<void>
}

export interface Host {
  readonly name: string
  mount(handler: FetchHandler): Promise<Mounted>
}

/** Every way of mounting `server.fetch` that the documentation names. */
export const hosts: readonly Host[] = [
  {
    name: 'node:http',
    mount(handler) {
      const listener = toNodeListener(handler)
      return listen(createServer((request, response) => void listener(request, response)))
    },
  },
  {
    name: 'Express',
    mount: (handler) => listen(createServer(express().all('/tools', toNodeListener(handler)))),
  },
  {
    name: 'Express after express.json()',
    mount(handler) {
      const app = express().use(express.json({ limit: '1mb' }))
      return listen(createServer(app.all('/tools', toNodeListener(handler))))
    },
  },
  { name: 'Fastify', mount: mountFastify },
  { name: 'Hono', mount: mountHono },
  { name: 'a plain fetch host', mount: async (handler) => plainHost(handler) },
]

async function mountFastify(handler: FetchHandler): Promise<Mounted> {
  const app = fastify()
  const listener = toNodeListener(handler)
  app.all('/tools', async (request, reply) => {
    reply.hijack()
    await listener(Object.assign(request.raw, { body: request.body }), reply.raw)
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  return mounted(app.server)
}

async function mountHono(handler: FetchHandler): Promise<Mounted> {
  const app = new Hono().all('/tools', (context) => handler(context.req.raw))
  const server = await new Promise<ServerType>((resolve) => {
    const made = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, () => resolve(made))
  })
  // Made by `serve` without other options, so it is a plain server of node:http.
  return mounted(server as Server)
}

export async function listen(server: Server): Promise<Mounted> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return mounted(server)
}

function mounted(server: Server): Mounted {
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/tools`,
    fetch: globalThis.fetch,
    cut: () => server.closeAllConnections(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A host without a socket. As on a wire, a body breaks off when either end gives up. */
function plainHost(handler: FetchHandler): Mounted {
  let wire = new AbortController()
  return {
    url: 'http://plain.test/tools',
    async fetch(input, init) {
      const signal = AbortSignal.any([wire.signal, ...(init?.signal ? [init.signal] : [])])
      const response = await handler(new Request(input, init))
      signal.throwIfAborted()
      const body = response.body?.pipeThrough(new TransformStream(), { signal })
      return new Response(body ?? null, response)
    },
    cut() {
      wire.abort(new TypeError('terminated'))
      wire = new AbortController()
    },
    async close() {
      wire.abort(new TypeError('terminated'))
    },
  }
}
