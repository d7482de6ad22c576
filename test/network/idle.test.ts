import { afterEach, describe, expect, test } from 'vitest'
import * as z from 'zod'
import type { World } from '../../src/base/index.ts'
import { type ToolClient, createToolClient } from '../../src/client/index.ts'
import type { Transport } from '../../src/ports/index.ts'
import { type ToolServer, createToolServer } from '../../src/server/index.ts'
import { scriptedModel, virtualClock } from '../../src/testing/index.ts'
import { type AnyTool, defineTool } from '../../src/tools/index.ts'
import { until } from '../wires/app.ts'
import { House, type Kind, fastWorld } from './house.ts'
import { IdleWire } from './idle-wire.ts'

const toolMs = 90_000

/** One call of a tool that takes long, and what came of it. */
class LongCall {
  begun = 0
  settled = 0
  shown = 0
  /** How often the client had no link. */
  breaks = 0
  readonly errors: string[] = []
  readonly server: ToolServer
  readonly #world: World
  readonly #tool: AnyTool

  constructor(world: World) {
    this.#world = world
    this.#tool = defineTool({
      name: 'ponder',
      description: 'Takes a minute and a half',
      inputSchema: z.object({}),
      execute: () => {
        this.begun++
        return new Promise<string>((resolve) => {
          world.setTimer(toolMs, () => resolve('pondered'))
        })
      },
    })
    this.server = createToolServer({
      world,
      model: scriptedModel([{ toolCalls: [{ toolName: 'ponder' }] }, { text: 'Done.' }]),
      tools: [this.#tool.withoutExecute()],
      authenticate: () => ({ id: 'me' }),
      onEvent: ({ event }) => {
        if (event.type === 'call-settled') this.settled++
      },
      onError: ({ error }) => this.errors.push(String(error)),
    })
  }

  client(transport: Transport): ToolClient {
    const client = createToolClient({
      world: this.#world,
      transport,
      tools: [this.#tool],
      onError: ({ error }) => this.errors.push(String(error)),
    })
    client.onCall(({ type }) => {
      if (type === 'completed') this.shown++
    })
    let last = client.getSnapshot().connection
    client.subscribe(() => {
      const { connection } = client.getSnapshot()
      if (connection !== last && connection === 'reconnecting') this.breaks++
      last = connection
    })
    return client
  }

  get outcome(): unknown {
    const { begun, settled, shown, errors } = this
    return { begun, settled, shown, errors }
  }
}

const once = { begun: 1, settled: 1, shown: 1, errors: [] }
const isOver = (client: ToolClient): boolean => {
  const { status, messages } = client.getSnapshot()
  return status === 'ready' && messages.at(-1)?.role === 'assistant'
}
const outputs = (client: ToolClient): unknown => client.getSnapshot().calls.map((c) => c.output)

describe('real sockets, in a world fifty times as fast, that go dead in silence', () => {
  const speed = 50
  let house: House | undefined
  let client: ToolClient | undefined

  afterEach(async () => {
    client?.close()
    await house?.close()
  })

  async function play(kind: Kind, { idleMs, beatMs }: { idleMs: number; beatMs?: number }) {
    const world = fastWorld(speed)
    const call = new LongCall(world)
    house = await House.open(call.server, { kind, world, idleMs: idleMs / speed })
    client = call.client(house.transport(beatMs === undefined ? {} : { beatMs }))
    await client.send('Go.')
    await until(client, () => isOver(client as ToolClient))
    expect(outputs(client)).toEqual(['pondered'])
    expect(call.outcome).toEqual(once)
    return { call, proxy: house.proxy }
  }

  test.each<Kind>(['http', 'websocket'])(
    'over %s after 5 s, again and again, cost a call of 90 s nothing',
    async (kind) => {
      const { call, proxy } = await play(kind, { idleMs: 5_000 })
      expect(proxy.deaths).toBeGreaterThan(2)
      expect(call.breaks).toBeGreaterThan(0)
    },
  )

  test('over websocket after 20 s are kept alive by the beats of the client', async () => {
    const { call, proxy } = await play('websocket', { idleMs: 20_000, beatMs: 5_000 })
    expect([proxy.deaths, call.breaks]).toEqual([0, 0])
  })

  test('over http after 20 s keep their stream, by the pings of the server', async () => {
    const { call } = await play('http', { idleMs: 20_000 })
    expect(call.breaks).toBe(0)
  })
})

describe('in virtual time, links that go dead', () => {
  test.each([
    { name: 'after 20 s of silence never do', idleMs: 20_000, deaths: 0 },
    { name: 'after 5 s of silence do again and again', idleMs: 5_000, deaths: 3 },
  ])('$name, and a call of 90 s has one result', async ({ idleMs, deaths }) => {
    const world = virtualClock()
    const call = new LongCall(world)
    const wire = new IdleWire(world, { idleMs, beatMs: 20_000 })
    call.server.accept(wire, { id: 'me' })
    const client = call.client(wire)
    const sent = client.send('Go.')
    await world.advance(toolMs - 1_000)
    expect(call).toMatchObject({ begun: 1, settled: 0 })
    await world.advance(60_000)
    await sent
    expect(outputs(client)).toEqual(['pondered'])
    expect(call.outcome).toEqual(once)
    expect([wire.deaths, call.breaks].map((n) => Math.min(n, 3))).toEqual([deaths, deaths])
    client.close()
    await call.server.close()
  })
})
