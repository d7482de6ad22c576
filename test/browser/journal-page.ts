import * as z from 'zod'
import { systemWorld } from '../../src/base/index.ts'
import { type ToolClient, createToolClient, indexedDbLedger } from '../../src/client/index.ts'
import type { Transport } from '../../src/ports/index.ts'
import { defineTool } from '../../src/tools/index.ts'
import { httpTransport } from '../../src/transports/http.ts'
import { until } from '../wires/app.ts'

/** What a test sees of a tab, which opens its client as soon as it is loaded. */
class Tab {
  readonly client: ToolClient
  readonly until: typeof until = until
  /** Codes of what was reported. */
  readonly errors: string[] = []
  /** Who this tab said it is, each time it connected. */
  readonly clientIds: string[] = []
  /** What the tab's own storage held before the client came. */
  readonly copied: string | null = storedId()
  /** While it is set, no timer runs out: only an event can make something happen. */
  isTimeStill = false
  /** A handler began, and waits for `finish`. */
  isWorking = false
  /** Lets the handlers of this tab end. */
  finish: () => void = () => {}
  readonly #finished = new Promise<void>((resolve) => {
    this.finish = resolve
  })

  constructor() {
    this.client = createToolClient({
      transport: this.#watched(
        httpTransport({ url: `http://127.0.0.1:${location.port}/toolwire` }),
      ),
      ledger: indexedDbLedger(),
      conversationId: location.pathname.slice(1),
      tools: ['work', 'reread'].map((name) =>
        defineTool({
          name,
          description: 'Takes as long as the test wants',
          inputSchema: z.object({}),
          idempotent: name === 'reread',
          execute: (_, { toolCallId }) => this.#work(toolCallId),
        }),
      ),
      onError: ({ error }) => this.errors.push(codeOf(error)),
      world: {
        ...systemWorld,
        setTimer: (delayMs, task) =>
          this.isTimeStill ? () => {} : systemWorld.setTimer(delayMs, task),
      },
    })
  }

  /** Counted where a reload cannot undo it. */
  async #work(toolCallId: string): Promise<string> {
    await fetch(`/work?call=${toolCallId}`, { method: 'POST' })
    this.isWorking = true
    await this.#finished
    return 'worked'
  }

  #watched(transport: Transport): Transport {
    return {
      ...transport,
      connect: (hello, signal) => {
        this.clientIds.push(hello.clientId)
        return transport.connect(hello, signal)
      },
    }
  }
}

/** Reading it is refused where the browser blocks storage. */
function storedId(): string | null {
  try {
    return sessionStorage.getItem('toolwire:client')
  } catch {
    return null
  }
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error
    ? String(error.code)
    : String(error)
}

declare global {
  // The script of a page has no other way to be reached by a test.
  var tab: Tab
}

globalThis.tab = new Tab()

export type { Tab }
