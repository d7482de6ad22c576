import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { createUIMessageStream, createUIMessageStreamResponse } from 'ai'
import { build } from 'esbuild'
import { createToolServer, toNodeListener } from '../../src/server/index.ts'
import { pieces } from './deltas.ts'

/** Serves the page, and to both contenders the same answer, each in its own protocol. */
export async function openSite(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const script = await bundled()
  const toolServer = createToolServer({
    model: {
      id: 'pieces',
      format: 'bench',
      async *stream() {
        for await (const text of pieces()) yield { type: 'text-delta', text }
        yield { type: 'finish', reason: 'stop', rawReason: null, usage: {} }
      },
    },
    tools: [],
    authenticate: () => ({ id: 'me' }),
  })
  const toolwire = toNodeListener(toolServer.fetch)
  const ai = toNodeListener(async () => aiSdkAnswer())
  const http = createServer((request, response) => {
    const url = request.url ?? '/'
    if (url.startsWith('/toolwire')) return void toolwire(request, response)
    if (url.startsWith('/ai')) return void ai(request, response)
    const isScript = url === '/script.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(isScript ? script : '<!doctype html><body><script src="/script.js"></script>')
  })
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/`,
    close: async () => {
      await toolServer.close()
      await closed(http)
    },
  }
}

function aiSdkAnswer(): Response {
  const stream = createUIMessageStream({
    async execute({ writer }) {
      writer.write({ type: 'text-start', id: 't' })
      for await (const delta of pieces()) writer.write({ type: 'text-delta', id: 't', delta })
      writer.write({ type: 'text-end', id: 't' })
    },
  })
  return createUIMessageStreamResponse({ stream })
}

/** As it is delivered: React's own build for production. */
async function bundled(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [path.join(import.meta.dirname, 'page.ts')],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'error',
  })
  return outputFiles[0]?.text ?? ''
}

function closed(http: Server): Promise<void> {
  return new Promise((resolve) => {
    http.close(() => resolve())
    http.closeAllConnections()
  })
}
