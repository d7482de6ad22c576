import * as z from 'zod'
import { beforeEach, describe, expect, test } from 'vitest'
import { type ToolClient, createToolClient } from '../../src/client/index.ts'
import type { Broker } from '../../src/ports/index.ts'
import { type ToolServer, createToolServer } from '../../src/server/index.ts'
import { memoryStore } from '../../src/stores/index.ts'
import { ToolError, defineTool } from '../../src/tools/index.ts'
import { memoryTransport } from '../../src/transports/index.ts'
import { FedModel, shown, talk } from './nodes.ts'
import { needsRedis, nodeRedis, overRedis } from './redis-bench.ts'

interface Node {
  readonly server: ToolServer
  readonly model: FedModel
  readonly errors: unknown[]
  readonly open: (conversationId?: string) => ToolClient
}

/** Two servers over one store without hints, and a real Redis between them, in real time. */
async function withNodes(
  run: (
    nodes: readonly [Node, Node],
    redis: Awaited<ReturnType<typeof overRedis>>,
  ) => Promise<void>,
): Promise<void> {
  const redis = await overRedis(nodeRedis)
  const store = { ...memoryStore(), watch: () => () => {} }
  const clients: ToolClient[] = []
  const start = (broker: Broker): Node => {
    const [model, errors, wire] = [new FedModel(), [] as unknown[], memoryTransport()]
    const work = defineTool({
      name: 'work',
      description: 'works',
      inputSchema: z.object({}),
      rateLimit: { limit: 1, windowMs: 60_000, by: 'tool' },
      execute: () => 'worked',
    })
    const flaky = defineTool({
      name: 'flaky',
      description: 'fails',
      inputSchema: z.object({}),
      execute: () => {
        throw new ToolError('Broken.')
      },
    })
    const onError = ({ error }: { readonly error: unknown }): void => void errors.push(error)
    const limits = { circuit: { failures: 2 } }
    const server = createToolServer({ model, tools: [work, flaky], store, broker, limits, onError })
    server.accept(wire, { id: 'me' })
    const open = (conversationId = talk): ToolClient => {
      const client = createToolClient({ transport: wire, tools: [], conversationId })
      clients.push(client)
      return client
    }
    return { server, model, errors, open }
  }
  const nodes = [start(redis.nodes[0]), start(redis.nodes[1])] as const
  try {
    await run(nodes, redis)
  } finally {
    for (const client of clients) client.close()
    for (const { server } of nodes) await server.close()
    for (const broker of redis.nodes) await broker.close()
    await redis.close?.()
  }
}

/** Lets the model call a tool at a node, in a conversation of its own, until the call has failed. */
async function fail(node: Node, id: string): Promise<void> {
  const client = node.open(id)
  await begin(node, id)
  node.model.call('flaky', id)
  const last = () => client.getSnapshot().calls.at(-1)
  await expect.poll(last, { timeout: 5_000 }).toMatchObject({ state: 'output-error' })
}

const circuitAt = ({ server }: Node): string | undefined => server.health().circuits['flaky']?.state

const isHeard = ({ server }: Node): boolean | number | undefined =>
  server.health().broker?.ok && server.health().broker?.lastSuccessAt

async function begin({ server, model }: Node, conversationId = talk): Promise<void> {
  const asked = model.answers.length
  server.run({ conversationId, message: 'Go.', principal: { id: 'me' } }).result.catch(() => {})
  await expect.poll(() => model.answers.length).toBe(asked + 1)
}

describe('two servers and a Redis between them', () => {
  beforeEach(needsRedis)

  test('text under way passes from one to the other, also when every connection is cut in the middle', async () => {
    await withNodes(async ([a, b], redis) => {
      const client = b.open()
      await expect.poll(() => isHeard(a) && isHeard(b)).toBeTruthy()
      await expect.poll(() => client.getSnapshot().connection).toBe('open')
      await begin(a)
      a.model.say('Once ')
      await expect.poll(() => shown(client)).toBe('Once ')
      await redis.cut?.()
      a.model.say('upon ')
      await expect.poll(() => a.errors.length + b.errors.length).toBeGreaterThan(0)
      await expect.poll(() => isHeard(a) && isHeard(b)).toBeTruthy()
      a.model.say('a time.')
      await expect.poll(() => shown(client)).toBe('Once upon a time.')
      expect(client.getSnapshot().status).not.toBe('ready')
      a.model.finish()
      await expect.poll(() => client.getSnapshot().status).toBe('ready')
      expect(b.model.answers).toHaveLength(0)
      // Each told it once.
      expect(Math.max(a.errors.length, b.errors.length)).toBe(1)
    })
  })

  test('a turn goes on while Redis is away, and a rate limit is one for both while it is there', async () => {
    await withNodes(async ([a, b], redis) => {
      const [one, two] = [a.open('one'), b.open('two')]
      const call = (client: ToolClient) =>
        client
          .getSnapshot()
          .messages.at(-1)
          ?.parts.find((part) => part.type === 'tool')
      await expect.poll(() => isHeard(a) && isHeard(b)).toBeTruthy()
      await begin(a, 'one')
      a.model.call('work', 'call-1')
      await expect.poll(() => call(one)).toMatchObject({ state: 'output-available' })
      await begin(b, 'two')
      b.model.call('work', 'call-2')
      await expect.poll(() => call(two)).toMatchObject({ errorCode: 'rate-limited' })
      const bringBack = await redis.takeAway?.()
      await expect.poll(() => isHeard(a) || isHeard(b)).toBeFalsy()
      const client = b.open()
      await begin(a)
      a.model.say('Once upon a time.')
      a.model.finish()
      await expect.poll(() => client.getSnapshot().status, { timeout: 5_000 }).toBe('ready')
      expect(shown(client)).toBe('Once upon a time.')
      expect(a.server.health()).toMatchObject({ ok: true, broker: { ok: false } })
      await bringBack?.()
      await expect.poll(() => isHeard(a) && isHeard(b), { timeout: 10_000 }).toBeTruthy()
      expect([a.errors, b.errors]).toMatchObject([
        [{ code: 'BROKER_FAILED' }],
        [{ code: 'BROKER_FAILED' }],
      ])
    })
  })

  test('failures at both together open a circuit at both', async () => {
    await withNodes(async ([a, b]) => {
      await expect.poll(() => isHeard(a) && isHeard(b)).toBeTruthy()
      await fail(a, 'one')
      await fail(b, 'two')
      await expect
        .poll(() => [circuitAt(a), circuitAt(b)], { timeout: 10_000 })
        .toEqual(['open', 'open'])
    })
  })

  test('a circuit that opened while Redis was away is open at the other when it is back', async () => {
    await withNodes(async ([a, b], redis) => {
      await expect.poll(() => isHeard(a) && isHeard(b)).toBeTruthy()
      const bringBack = await redis.takeAway?.()
      await expect.poll(() => isHeard(a) || isHeard(b)).toBeFalsy()
      await fail(a, 'one')
      await fail(a, 'two')
      expect([circuitAt(a), circuitAt(b)]).toEqual(['open', undefined])
      await bringBack?.()
      await expect.poll(() => circuitAt(b), { timeout: 10_000 }).toBe('open')
    })
  })
})
