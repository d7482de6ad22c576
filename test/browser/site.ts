import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import path from 'node:path'
import { build } from 'esbuild'

export interface Site {
  readonly port: number
  /** Ends the connections that are open, as where a network is lost. */
  cut(): void
  close(): Promise<void>
}

/**
 * Serves pages that hold nothing but the script `file` of this folder, under every path that `answer` leaves
 * to it; `/script.js` is that script itself.
 */
export async function serveScript(
  file: string,
  answer: (request: IncomingMessage, response: ServerResponse) => boolean = () => false,
): Promise<Site> {
  const script = await bundled(file)
  const sockets = new Set<Socket>()
  const http = createServer((request, response) => {
    if (answer(request, response)) return
    const isScript = request.url?.startsWith('/script.js')
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(isScript ? script : '<!doctype html><script src="/script.js"></script>')
  })
  http.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve)
  })
  const cut = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: (http.address() as AddressInfo).port,
    cut,
    close: () =>
      new Promise((resolve) => {
        http.close(() => resolve())
        cut()
      }),
  }
}

/** The script `file` of this folder with all that it imports, in which the names of `define` stand for values. */
export async function bundled(
  file: string,
  define: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [path.join(import.meta.dirname, file)],
    bundle: true,
    define: { ...define },
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    // What imports it is for Node, and is not called here.
    external: ['node:*'],
    logLevel: 'error',
  })
  return outputFiles[0]?.text ?? ''
}
