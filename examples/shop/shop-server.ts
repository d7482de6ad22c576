import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Observer, createToolServer, toNodeListener } from 'toolwire/server'
import type { ChosenModel } from '../shared/chosen-model.ts'
import { clientTools } from './client-tools.ts'
import { shopTools } from './server-tools.ts'
import { createShop } from './shop-database.ts'
import { stories } from './stories.ts'
import type { CallLog } from '../shared/terminal.ts'
import { startWebServer } from './web-server.ts'

const system = `You help the owner of a small shop to understand its year 2025.
Look at the tables before the first query, and never invent numbers: query them.
Show results on the dashboard (charts for comparisons, tables for details) and set a fitting title.
Call tools that do not depend on each other in one step.
Then answer in two or three plain sentences, without Markdown.`

export interface ShopServer {
  readonly url: string
  close(): Promise<void>
}

export interface ShopServerOptions {
  readonly chosen: ChosenModel
  readonly port: number
  readonly log: CallLog
  /** Watches the server, as examples/monitoring does. */
  readonly observer?: Observer
}

/** Puts it all together: a new shop, its tools, the model, and a web server in front. */
export async function startShopServer({
  chosen,
  port,
  log,
  observer,
}: ShopServerOptions): Promise<ShopServer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'toolwire-demo-'))
  const file = path.join(folder, 'shop.db')
  createShop(file)
  const server = createToolServer({
    model: log.watch(chosen.model),
    tools: [...shopTools(file), ...clientTools.map((tool) => tool.withoutExecute())],
    system,
    // Only this machine reaches the server, so there is one user.
    authenticate: () => ({ id: 'local' }),
    healthAccess: () => true,
    ...(observer && { observer }),
    onEvent: ({ event }) => log.show(event),
    onError: ({ error }) => log.fail(error),
  })
  const web = await startWebServer({
    port,
    modelName: chosen.name,
    suggestions: stories.map(({ prompt }) => prompt),
    toolwire: toNodeListener(server.fetch),
  })
  return {
    url: web.url,
    async close() {
      await server.close()
      await web.close()
      await chosen.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
