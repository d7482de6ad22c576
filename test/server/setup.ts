// A server and a client over a memory wire, in virtual time.
import { type ToolClient, createToolClient } from '../../src/client/index.ts'
import type { Model } from '../../src/ports/index.ts'
import {
  type ErrorInfo,
  type ToolServer,
  type ToolServerOptions,
  createToolServer,
} from '../../src/server/index.ts'
import {
  type ScriptStep,
  type VirtualClock,
  scriptedModel,
  virtualClock,
} from '../../src/testing/index.ts'
import type { AnyTool } from '../../src/tools/index.ts'
import { memoryTransport } from '../../src/transports/index.ts'

export interface Setup {
  readonly world: VirtualClock
  readonly server: ToolServer
  readonly client: ToolClient
  readonly model: Model & ReturnType<typeof scriptedModel>
  readonly errors: (ErrorInfo | object)[]
  /** Sends a message and lets `ms` pass. */
  readonly say: (text: string, ms?: number) => Promise<void>
  readonly end: () => Promise<void>
}

export interface SetupOptions extends Partial<ToolServerOptions> {
  readonly steps: readonly ScriptStep[]
  readonly serverTools?: readonly AnyTool[]
  readonly clientTools?: readonly AnyTool[]
}

export function setup({
  steps,
  serverTools = [],
  clientTools = [],
  ...options
}: SetupOptions): Setup {
  const world = virtualClock()
  const errors: (ErrorInfo | object)[] = []
  const model = scriptedModel(steps)
  const server = createToolServer({
    world,
    model,
    tools: [...serverTools, ...clientTools.map((tool) => tool.withoutExecute())],
    onError: (error) => errors.push(error),
    ...options,
  })
  const wire = memoryTransport()
  server.accept(wire, { id: 'me' })
  const client = createToolClient({
    world,
    transport: wire,
    tools: clientTools,
    onError: (error) => errors.push(error),
  })
  return {
    world,
    server,
    client,
    model,
    errors,
    async say(text, ms = 1_000) {
      const sent = client.send(text)
      await world.advance(ms)
      await sent
    },
    async end() {
      client.close()
      await server.close()
      await world.settle()
    },
  }
}
