// The service worker of the extension: hosts the application, relays to a server outside, and is, once it was
// told so, a client of that server itself, in each of its lives anew.
import * as z from 'zod'
import { type ToolClient, chromeStorageLedger, createToolClient } from '../../src/client/index.ts'
import { defineTool } from '../../src/tools/index.ts'
import { relay } from '../../src/transports/relay.ts'
import { runtimePortListener } from '../../src/transports/runtime-port.ts'
import { webSocketTransport } from '../../src/transports/websocket.ts'
import { type Chrome, outsidePort } from './chrome.ts'
import { HostedApps, type Request } from './remote-app.ts'

declare const chrome: Chrome

/** What the other parts ask of the service worker. */
export type Asked =
  | Request
  | { readonly ask: 'work'; readonly port: number }
  | { readonly ask: 'wake' }

const { runtime, storage } = chrome
const isOurs = ({ id }: { readonly id?: string }): boolean => id === runtime.id
const apps = new HostedApps(() =>
  runtimePortListener({ onConnect: runtime.onConnect, accept: isOurs }),
)

// At once, since a worker that was woken by a port is asked but once.
relay(
  runtimePortListener({ onConnect: runtime.onConnect, accept: isOurs, name: 'relay' }),
  webSocketTransport({ url: `ws://127.0.0.1:${outsidePort}/` }),
)

function work(port: number): ToolClient {
  const url = `http://127.0.0.1:${outsidePort}/work?talk=worker&call=`
  return createToolClient({
    transport: webSocketTransport({ url: `ws://127.0.0.1:${port}/` }),
    ledger: chromeStorageLedger({ storage: storage.session, realm: 'background' }),
    conversationId: 'worker',
    tools: [
      defineTool({
        name: 'work',
        description: 'Is counted, and ends when the test wants',
        inputSchema: z.object({}),
        execute: async (_, { toolCallId }) => (await fetch(url + toolCallId)).text(),
      }),
    ],
  })
}

/** Goes on with what an earlier life was told to do. */
const going = storage.session.get('port').then(({ port }) => {
  return typeof port === 'number' ? work(port) : null
})

async function begin(port: number): Promise<void> {
  await storage.session.set({ port })
  await work(port).send('Go.')
}

runtime.onMessage.addListener((message, _, reply) => {
  // Only our own pages ask.
  const asked = message as Asked
  if (asked.ask === 'work') void begin(asked.port).then(() => reply([]))
  else if (asked.ask === 'wake') void going.then(() => reply([]))
  else reply(apps.answer(asked))
  // The reply may come later.
  return true
})
