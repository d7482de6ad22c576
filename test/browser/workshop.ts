import type { IncomingMessage, ServerResponse } from 'node:http'
import type { BrowserContext, Page } from 'playwright'
import * as z from 'zod'
import { type ToolServer, createToolServer, toNodeListener } from '../../src/server/index.ts'
import { type ScriptStep, scriptedModel } from '../../src/testing/index.ts'
import { defineTool } from '../../src/tools/index.ts'
import type { Tab } from './journal-page.ts'
import { type Site, serveScript } from './site.ts'

// The script of every page puts it there.
declare const tab: Tab

/** Resolves with the states of the calls and the last words of a tab, once its turn is over. */
export function outcome(page: Page): Promise<unknown> {
  return page.evaluate(async () => {
    const { calls, messages } = await tab.until(
      tab.client,
      ({ status, messages: shown }) => status === 'ready' && shown.at(-1)?.role === 'assistant',
    )
    return [...calls.map(({ state }) => state), messages.at(-1)?.parts.at(-1)]
  })
}

export const over = (state: string): unknown => [state, { type: 'text', text: 'Done.' }]

/** A real HTTP server, and tabs whose tools tell it that they begin. */
export class Workshop {
  /** The calls that began, in order; a call that began twice is there twice. */
  readonly begun: string[] = []
  readonly #server: ToolServer
  #site: Site | undefined

  private constructor(toolName: string) {
    const steps: ScriptStep[] = [{ toolCalls: [{ toolName, input: {} }] }, { text: 'Done.' }]
    this.#server = createToolServer({
      model: scriptedModel(steps),
      tools: ['work', 'reread'].map((name) =>
        defineTool({
          name,
          description: 'Takes as long as the test wants',
          inputSchema: z.object({}),
          idempotent: name === 'reread',
        }),
      ),
      authenticate: () => ({ id: 'me' }),
      allowedOrigins: ['null'],
    })
  }

  /** `toolName`: the tool that the model calls, `work` or the idempotent `reread`. */
  static async open(toolName = 'work'): Promise<Workshop> {
    const workshop = new Workshop(toolName)
    workshop.#site = await serveScript('journal-page.ts', workshop.#answer)
    return workshop
  }

  /** A tab that has loaded and opened its client. */
  async tab(context: BrowserContext, path = '/talk'): Promise<Page> {
    const page = await context.newPage()
    await page.goto(`http://127.0.0.1:${this.#site?.port}${path}`)
    return page
  }

  /** Sends a message from a tab and resolves when the handler of the call that follows runs there. */
  async begin(page: Page): Promise<void> {
    await page.evaluate(() => tab.client.send('Go.'))
    await page.waitForFunction(() => tab.isWorking)
  }

  /** Breaks every connection. */
  cut(): void {
    this.#site?.cut()
  }

  async close(): Promise<void> {
    await this.#server.close()
    await this.#site?.close()
  }

  readonly #answer = (request: IncomingMessage, response: ServerResponse): boolean => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    if (pathname === '/toolwire') void toNodeListener(this.#server.fetch)(request, response)
    else if (pathname === '/work') {
      response.setHeader('access-control-allow-origin', '*')
      this.begun.push(searchParams.get('call') ?? '')
      response.end()
    }
    // Nothing of this page may run, or ask for storage, in the name of its origin.
    else if (pathname === '/blocked')
      response.setHeader('content-security-policy', 'sandbox allow-scripts')
    return pathname === '/toolwire' || pathname === '/work'
  }
}
