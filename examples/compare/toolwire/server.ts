import path from 'node:path'
import { Hono } from 'hono'
import { openaiChat } from 'toolwire/models/openai-chat'
import { createToolServer } from 'toolwire/server'
import { sqliteStore } from 'toolwire/stores/sqlite'
import type { AppOptions } from '../ai-sdk/server.ts'
import { system } from '../tools.ts'
import { pageTools } from './tools.ts'

export async function toolwireRoutes({ folder, modelUrl }: AppOptions): Promise<Hono> {
  const tools = createToolServer({
    model: openaiChat({ baseURL: modelUrl, model: 'scripted' }),
    store: await sqliteStore({ file: path.join(folder, 'toolwire.db') }),
    tools: pageTools().map((tool) => tool.withoutExecute()),
    system,
    // Only this machine reaches the server, so there is one owner.
    authenticate: () => ({ id: 'owner' }),
    // How soon a server that was killed, or a tab that is gone, is no longer waited for.
    limits: { leaseMs: 2_000, orphanTimeoutMs: 4_000 },
  })
  return new Hono().all('/connect', (context) => tools.fetch(context.req.raw))
}
