// A conversation in which every message makes the same calls, of a tool on either side, in virtual time.
import * as z from 'zod'
import {
  type ToolClient,
  type ToolClientOptions,
  createToolClient,
} from '../../src/client/index.ts'
import type { ToolPart } from '../../src/protocol/index.ts'
import {
  type ErrorReport,
  type ToolServer,
  type ToolServerOptions,
  createToolServer,
} from '../../src/server/index.ts'
import { type VirtualClock, scriptedModel, virtualClock } from '../../src/testing/index.ts'
import { type AnyTool, defineTool } from '../../src/tools/index.ts'
import { memoryTransport } from '../../src/transports/index.ts'

export type Side = 'server' | 'client'
export const sides: readonly Side[] = ['server', 'client']

interface DeskOptions {
  readonly side: Side
  /** How the tool `work` is declared, beside its schema. */
  readonly tool?: object
  readonly execute?: AnyTool['execute']
  readonly server?: Partial<ToolServerOptions>
  readonly client?: Partial<ToolClientOptions>
  readonly user?: string
  /** Calls of one step. */
  readonly calls?: number
  /** Of the n-th call, from 1. */
  readonly input?: (n: number) => object
  readonly world?: VirtualClock
  /** A server that others talk to as well. */
  readonly at?: ToolServer
}

export interface Desk {
  readonly world: VirtualClock
  readonly server: ToolServer
  readonly client: ToolClient
  /** Inputs of the handler's runs. */
  readonly runs: unknown[]
  readonly errors: ErrorReport[]
  readonly model: ReturnType<typeof scriptedModel>
  /** Has the model call the tool, lets `ms` pass, and gives back the calls of the last step that made any. */
  readonly call: (ms?: number) => Promise<readonly ToolPart[]>
  readonly end: () => Promise<void>
}

export function desk(options: DeskOptions): Desk {
  const { side, tool, execute = () => 'done', calls = 1, input = () => ({}), user = 'me' } = options
  const world = options.world ?? virtualClock()
  const runs: unknown[] = []
  const errors: ErrorReport[] = []
  const onError = (report: ErrorReport): void => void errors.push(report)
  const work = defineTool({
    name: 'work',
    title: 'Work',
    description: 'works',
    inputSchema: z.looseObject({}),
    ...tool,
    execute: (given, context) => {
      runs.push(given)
      return execute(given, context)
    },
  })
  let n = 0
  const model = scriptedModel((_, { step }) =>
    step === 0
      ? {
          toolCalls: Array.from({ length: calls }, () => ({
            toolName: 'work',
            input: input(++n),
          })),
        }
      : { text: 'Done.' },
  )
  const server =
    options.at ??
    createToolServer({
      world,
      model,
      onError,
      tools: [side === 'server' ? work : work.withoutExecute()],
      ...options.server,
    })
  const wire = memoryTransport()
  server.accept(wire, { id: user })
  const client = createToolClient({
    world,
    transport: wire,
    onError,
    tools: side === 'client' ? [work] : [],
    ...options.client,
  })
  return {
    world,
    server,
    client,
    runs,
    errors,
    model,
    async call(ms = 500) {
      const before = client.getSnapshot().calls.length
      const sent = client.send('Go.')
      await world.advance(ms)
      await sent
      return client.getSnapshot().calls.slice(before)
    },
    async end() {
      client.close()
      await server.close()
      await world.settle()
    },
  }
}
