// A page of the extension, and its content script in a page of the web: clients of its service worker.
import * as z from 'zod'
import { type Snapshot, type ToolClient, createToolClient } from '../../src/client/index.ts'
import { defineTool } from '../../src/tools/index.ts'
import { runtimePortTransport } from '../../src/transports/runtime-port.ts'
import { until } from '../wires/app.ts'
import { scenarios } from '../wires/scenarios.ts'
import { type Chrome, outsidePort } from './chrome.ts'
import type { Asked } from './extension-worker.ts'
import { type Reply, wireThrough } from './remote-app.ts'

declare const chrome: Chrome

const { runtime } = chrome
const ask = (asked: Asked): Promise<Reply> => runtime.sendMessage(asked)

/** What a test may ask of a part of the extension. */
class Part {
  /** Runs a scenario of the app suite here, against a server in the service worker. */
  async run(title: string): Promise<void> {
    const connect = () => runtime.connect({ name: 'toolwire' })
    await scenarios[title]?.(wireThrough(ask, () => runtimePortTransport({ connect })))
  }

  /** Lets the service worker be a client of the server at `port`, and send it a message. */
  async work(port: number): Promise<void> {
    await ask({ ask: 'work', port })
  }

  async wake(): Promise<void> {
    await ask({ ask: 'wake' })
  }

  /** Resolves once the journal of the service worker holds a result. */
  async written(): Promise<void> {
    for (;;) {
      const all = await chrome.storage.session.get(null)
      if (JSON.stringify(all).includes('worked')) return
    }
  }

  /** Is a client of the server outside, through the service worker, which relays. */
  async through(): Promise<Pick<Snapshot, 'calls'> & { readonly errors: readonly string[] }> {
    const errors: string[] = []
    const client = this.#client((error) => errors.push(String(error)))
    await client.send('Go.')
    const isOver = ({ status, messages }: Snapshot): boolean =>
      status === 'error' || (status === 'ready' && messages.at(-1)?.role === 'assistant')
    const { calls } = await until(client, isOver, 60_000)
    client.close()
    return { calls, errors }
  }

  #client(onError: (error: unknown) => void): ToolClient {
    return createToolClient({
      transport: runtimePortTransport({ connect: () => runtime.connect({ name: 'relay' }) }),
      conversationId: 'page',
      tools: [
        defineTool({
          name: 'work',
          description: 'Is counted, and ends when the test wants',
          inputSchema: z.object({}),
          execute: async (_, { toolCallId }) => {
            const url = `http://127.0.0.1:${outsidePort}/work?talk=page&call=${toolCallId}`
            return (await fetch(url)).text()
          },
        }),
      ],
      onError: ({ error }) => onError(error),
    })
  }
}

declare global {
  // The script of a page has no other way to be reached by a test.
  var part: Part
}

globalThis.part = new Part()

// A test does not reach into the world of a content script, but both see the document.
document.addEventListener('run', (event) => {
  const { detail } = event as CustomEvent<string>
  const tell = (said: string): boolean =>
    document.dispatchEvent(new CustomEvent('ran', { detail: said }))
  globalThis.part.run(detail).then(
    () => tell(''),
    (error: unknown) => tell(String(error)),
  )
})

export type { Part }
