// A run in which everything that is counted happens: failures, an open circuit, limits, a model that falls out.
import * as z from 'zod'
import { createToolClient } from '../../src/client/index.ts'
import type { Observer } from '../../src/ports/index.ts'
import { type Health, createToolServer } from '../../src/server/index.ts'
import { scriptedModel, virtualClock } from '../../src/testing/index.ts'
import { type AnyTool, defineTool } from '../../src/tools/index.ts'
import { memoryTransport } from '../../src/transports/index.ts'

const tool = (name: string, options: Partial<AnyTool>): AnyTool =>
  defineTool({
    name,
    description: `Does ${name}.`,
    inputSchema: z.object({}),
    execute: () => 'done',
    ...options,
  })

const call = (toolName: string): { toolName: string } => ({ toolName })
const usage = { inputTokens: 100, outputTokens: 10, cachedInputTokens: 60, reasoningTokens: 4 }

/** One turn that takes all of its five steps; what is watched is told to both observers. */
export async function badDay(observers: {
  readonly server: Observer
  readonly client?: Observer
}): Promise<Health> {
  const world = virtualClock()
  const flaky = tool('flaky', {
    execute: () => {
      throw new Error('no disk')
    },
  })
  const slow = tool('slow', {
    execute: () => new Promise((resolve) => world.setTimer(1_500, () => resolve('late'))),
  })
  const limited = tool('limited', { rateLimit: { limit: 1, windowMs: 60_000, by: 'tool' } })
  const paint = tool('paint', {})
  const falling = scriptedModel(() => ({ error: 'overloaded' }))
  const model = scriptedModel([
    { toolCalls: [call('flaky')], usage },
    { toolCalls: [call('flaky')], usage },
    { toolCalls: [call('flaky'), call('nowhere')], usage },
    { toolCalls: [call('limited'), call('limited'), call('slow')], usage },
    { toolCalls: [call('paint')], usage },
  ])
  const server = createToolServer({
    world,
    model: [{ ...falling, id: 'scripted:falling' }, model],
    tools: [flaky, slow, limited, paint.withoutExecute()],
    maxSteps: 5,
    limits: { circuit: { failures: 2 }, maxConcurrent: 1 },
    observer: observers.server,
    onError: () => {},
  })
  const wire = memoryTransport()
  server.accept(wire, { id: 'me' })
  const { client: observer } = observers
  const client = createToolClient({
    world,
    transport: wire,
    tools: [paint],
    ...(observer && { observer }),
  })
  const sent = client.send('Go.')
  await world.advance(10_000)
  await sent
  const health = server.health()
  client.close()
  await server.close()
  await world.settle()
  return health
}
