import type { ScriptStep } from '../../src/testing/index.ts'
import { type OpenWire, appServer } from '../wires/app.ts'
import { breakable } from '../wires/over-listener.ts'
import type { Neighbour } from './neighbour.ts'

type Request =
  | { readonly ask: 'open'; readonly steps: readonly ScriptStep[] }
  | { readonly ask: 'cut' | 'close' }

/** Errors that the server reported, in words; what is asked over the wire is not part of what is tested. */
type Reply = readonly string[]

/** Lets `neighbour` have servers of the application in this realm, one after another. */
export function hostApps(neighbour: Neighbour): void {
  let app: ReturnType<typeof served> | undefined
  neighbour.hear(({ data, ports }) => {
    // What else the neighbour posts is for the listener of a server.
    const request = data as Partial<Request>
    if (request.ask === 'open') app = served(neighbour, request.steps ?? [])
    else if (request.ask === 'cut') app?.links.cut()
    else if (request.ask === 'close') app?.close()
    else return
    ports[0]?.postMessage((app?.errors ?? []) satisfies Reply)
  })
}

function served(neighbour: Neighbour, steps: readonly ScriptStep[]) {
  const errors: string[] = []
  const server = appServer(steps, (error) => errors.push(String(error)))
  const links = breakable(neighbour.listener())
  const stop = server.accept(links, { id: 'me' })
  const close = (): void => {
    stop()
    void server.close()
  }
  return { errors, links, close }
}

/** The wire to a server that `neighbour` hosts. */
export function wireTo(neighbour: Neighbour): OpenWire {
  return async (_, steps) => {
    await ask(neighbour, { ask: 'open', steps })
    return {
      transport: () => neighbour.transport(),
      async cut() {
        await ask(neighbour, { ask: 'cut' })
      },
      async close() {
        const errors = await ask(neighbour, { ask: 'close' })
        if (errors.length > 0) throw new Error(`The server reported: ${errors.join('; ')}`)
      },
    }
  }
}

function ask(neighbour: Neighbour, request: Request): Promise<Reply> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.addEventListener('message', ({ data }) => {
      port1.close()
      resolve(data)
    })
    port1.start()
    neighbour.post(request, [port2])
  })
}
