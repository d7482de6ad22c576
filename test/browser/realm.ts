import { type ToolClient, createToolClient } from '../../src/client/index.ts'
import type { Listener } from '../../src/ports/index.ts'
import type { ScriptStep } from '../../src/testing/index.ts'
import {
  type MessageSource,
  type MessageTarget,
  postMessageListener,
  postMessageTransport,
} from '../../src/transports/post-message.ts'
import { appServer, until } from '../wires/app.ts'
import { scenarios } from '../wires/scenarios.ts'
import { Neighbour } from './neighbour.ts'
import { hostApps, wireTo } from './remote-app.ts'

/** What a test may ask of a page, a frame or a worker: this script runs in all of them. */
export class Realm {
  readonly neighbours: Map<string, Neighbour> = new Map()
  /** Of what `serve` serves: a link that ended is `false`. */
  readonly links: boolean[] = []
  readonly until: typeof until = until
  readonly createToolClient: typeof createToolClient = createToolClient
  readonly postMessageListener: typeof postMessageListener = postMessageListener
  readonly postMessageTransport: typeof postMessageTransport = postMessageTransport

  /** Adds a frame that shows `url`, and resolves once it is there. */
  async addFrame(name: string, url: string): Promise<void> {
    const frame = document.createElement('iframe')
    frame.name = name
    const { origin } = new URL(url)
    frame.src = `${url}?page=${encodeURIComponent(location.origin)}`
    const loaded = new Promise((resolve) => {
      frame.addEventListener('load', resolve, { once: true })
    })
    document.body.append(frame)
    await loaded
    const neighbour = Neighbour.window(() => {
      if (!frame.contentWindow) throw new Error('The frame is not in the document.')
      return frame.contentWindow
    }, origin)
    this.meet(name, neighbour)
  }

  addWorker(name: string, url: string): void {
    this.meet(name, Neighbour.worker(new Worker(url)))
  }

  meet(name: string, neighbour: Neighbour): void {
    this.neighbours.set(name, neighbour)
    hostApps(neighbour)
  }

  neighbour(name: string): Neighbour {
    const neighbour = this.neighbours.get(name)
    if (!neighbour) throw new Error(`There is no "${name}" beside this this.`)
    return neighbour
  }

  /** Runs a scenario of the app suite here, against a server in the realm of that name. */
  async run(title: string, name: string): Promise<void> {
    await scenarios[title]?.(wireTo(this.neighbour(name)))
  }

  /** Serves `steps` to whoever comes through `listener`. */
  serve(listener: Listener, steps: readonly ScriptStep[]): () => void {
    const server = appServer(steps, () => {})
    const { links } = realm
    const stop = server.accept(
      {
        listen: (onConnection) =>
          listener.listen((connection) => {
            const at = links.push(true) - 1
            const watched = async function* (): AsyncGenerator {
              try {
                yield* connection.frames
              } finally {
                links[at] = false
              }
            }
            onConnection({
              frames: watched(),
              send: (frame) => connection.send(frame),
              close: () => connection.close(),
            })
          }),
      },
      { id: 'me' },
    )
    return () => {
      stop()
      void server.close()
    }
  }

  /** Resolves when the neighbour knocked so often, whether or not anybody listened. */
  knocked(name: string, times: number): Promise<void> {
    return new Promise((resolve) => {
      let left = times
      this.neighbour(name).hear(({ data }) => {
        if (data.toolwire === 'knock' && --left === 0) resolve()
      })
    })
  }

  /** Answers every knock of the neighbour on its own port, after whoever else listens. */
  markKnocks(name: string): void {
    this.neighbour(name).hear(({ data, ports }) => {
      if (data.toolwire === 'knock') ports[0]?.postMessage('marked')
    })
  }

  /** Knocks by hand at a neighbour that marks knocks, and tells what came first. */
  async answerToKnock(name: string, channel = 'toolwire'): Promise<string> {
    const { port1, port2 } = new MessageChannel()
    const answer = new Promise((resolve) => {
      port1.addEventListener('message', ({ data }) => resolve(data), { once: true })
    })
    port1.start()
    this.neighbour(name).post({ toolwire: 'knock', channel }, [port2])
    return (await answer) === 'marked' ? 'heard, and not answered' : 'let in'
  }

  nextMessage(name: string): Promise<unknown> {
    return new Promise((resolve) => {
      this.neighbour(name).hear(({ data }) => resolve(data))
    })
  }

  open(name: string, conversationId: string): ToolClient {
    const transport = this.neighbour(name).transport()
    return createToolClient({ transport, conversationId })
  }

  /** Sends a message and resolves with the answer. */
  async say(client: ToolClient, text: string): Promise<string> {
    await client.send(text)
    const { messages } = await until(
      client,
      (now) => now.status === 'ready' && now.messages.at(-1)?.role === 'assistant',
    )
    return (messages.at(-1)?.parts ?? [])
      .map((part) => (part.type === 'text' ? part.text : ''))
      .join('')
  }
}

declare global {
  // A script that pages, frames and workers load has no other way to be reached by a test.
  var realm: Realm
}

globalThis.realm = new Realm()
if (typeof document === 'undefined') {
  // The scope of a worker, which has the same functions; its type is not among those of pages.
  const page = Neighbour.worker(self as unknown as MessageTarget & MessageSource)
  realm.meet('page', page)
  // For a test that cannot say so itself before the script has run.
  if (location.search === '?late') realm.serve(page.listener(), [{ text: 'Served.' }])
} else if (parent !== window) {
  const page = new URLSearchParams(location.search).get('page') ?? ''
  realm.meet(
    'page',
    Neighbour.window(() => parent, page),
  )
}
