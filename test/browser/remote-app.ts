import type { Listener, Transport } from '../../src/ports/index.ts'
import type { ScriptStep } from '../../src/testing/index.ts'
import { type OpenWire, appServer } from '../wires/app.ts'
import { breakable } from '../wires/over-listener.ts'
import type { Neighbour } from './neighbour.ts'

export type Request =
  | { readonly ask: 'open'; readonly steps: readonly ScriptStep[] }
  | { readonly ask: 'cut' | 'close' }

/** Errors that the server reported, in words; what is asked over the wire is not part of what is tested. */
export type Reply = readonly string[]

/** Servers of the application in this realm, one after another, for whoever comes through `listener`. */
export class HostedApps {
  readonly #listener: () => Listener
  #app: ReturnType<typeof served> | undefined

  constructor(listener: () => Listener) {
    this.#listener = listener
  }

  /** Does what is asked; `null` where the message is for somebody else. */
  answer(request: Partial<Request>): Reply | null {
    if (request.ask === 'open') this.#app = served(this.#listener(), request.steps ?? [])
    else if (request.ask === 'cut') this.#app?.links.cut()
    else if (request.ask === 'close') this.#app?.close()
    else return null
    return this.#app?.errors ?? []
  }
}

/** Lets `neighbour` have servers of the application in this realm. */
export function hostApps(neighbour: Neighbour): void {
  const apps = new HostedApps(() => neighbour.listener())
  neighbour.hear(({ data, ports }) => {
    // What else the neighbour posts is for the listener of a server.
    const reply = apps.answer(data as Partial<Request>)
    if (reply) ports[0]?.postMessage(reply)
  })
}

function served(listener: Listener, steps: readonly ScriptStep[]) {
  const errors: string[] = []
  const server = appServer(steps, (error) => errors.push(String(error)))
  const links = breakable(listener)
  const stop = server.accept(links, { id: 'me' })
  const close = (): void => {
    stop()
    void server.close()
  }
  return { errors, links, close }
}

/** The wire to a server that another realm hosts, which does what it is asked. */
export function wireThrough(
  request: (request: Request) => Promise<Reply>,
  transport: () => Transport,
): OpenWire {
  return async (_, steps) => {
    await request({ ask: 'open', steps })
    return {
      transport,
      async cut() {
        await request({ ask: 'cut' })
      },
      async close() {
        const errors = await request({ ask: 'close' })
        if (errors.length > 0) throw new Error(`The server reported: ${errors.join('; ')}`)
      },
    }
  }
}

/** The wire to a server that `neighbour` hosts. */
export function wireTo(neighbour: Neighbour): OpenWire {
  return wireThrough(
    (request) => ask(neighbour, request),
    () => neighbour.transport(),
  )
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
