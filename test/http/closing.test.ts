import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import type { ToolServer } from '../../src/server/index.ts'
import { memoryStore } from '../../src/stores/index.ts'
import { defineTool } from '../../src/tools/index.ts'
import { type Bench, add, bench, painter, statesOf, textOf, until, untilSnapshot } from './bench.ts'
import { type Host, hosts } from './hosts.ts'
import { inProcess } from './in-process.ts'
import { answers, ask, end, gate, say, unlessAborted } from './scripted.ts'
import { hello, post, reading } from './wire.ts'

const [host] = hosts as readonly [Host]

const hanging = () =>
  answers(async function* (_, signal) {
    yield* say('Once upon ')
    await unlessAborted(new Promise(() => {}), signal)
    yield end('stop')
  })

describe('a server that closes during a turn', () => {
  test('says goodbye to every stream and frees every link [P31]', async () => {
    const it = await bench(host, { model: hanging() })
    const client = it.client()
    await client.send('Go.')
    const { conversationId } = client
    const stream = reading(await it.post(hello({ conversationId })))
    await until(() => it.server.health().links === 2)
    await untilSnapshot(client, (snapshot) => textOf(snapshot) === 'Once upon ')
    await it.server.close()
    await stream.done
    expect(stream.text()).toContain('data: {"k":"bye","why":"shutdown","retryMs":1000}\n\n')
    await untilSnapshot(client, ({ connection }) => connection === 'reconnecting')
    await until(() => it.server.health().links === 0)
    expect(it.errors).toEqual([])
  })

  test('serves nobody any more', async () => {
    const it = inProcess({ model: hanging() })
    const client = it.client()
    const sent = client.send('Go.')
    await it.world.settle()
    await sent
    await it.server.close()
    await it.world.advance(5_000)
    expect(client.getSnapshot().connection).toBe('reconnecting')
    expect(it.server.health()).toMatchObject({ links: 0, conversations: 0 })
  })

  test('answers no request any more', async () => {
    const it = await bench(host, { model: hanging() })
    await it.server.close()
    expect((await it.post(post({ type: 'stop', turnId: 't' }))).status).toBe(503)
  })

  test('leaves the turn to the next server, which gives the whole answer [P11]', async () => {
    const store = memoryStore()
    const before = inProcess({ model: hanging(), store })
    const first = before.client()
    const { conversationId } = first
    const sent = first.send('Go.')
    await before.world.settle()
    await sent
    await before.server.close()
    await before.world.settle()
    first.close()

    const model = answers([...say('Once upon a time.'), end('stop')])
    const after = inProcess({ model, store, world: before.world })
    const second = after.client({ conversationId })
    await after.world.advance(31_000)
    expect(textOf(second.getSnapshot())).toBe('Once upon a time.')
  })

  test('does not say that the user cancelled what ran on it', async () => {
    const store = memoryStore()
    const work = defineTool({
      name: 'work',
      description: 'Works.',
      inputSchema: z.object({}),
      readOnly: true,
      execute: (_, { signal }) => unlessAborted(new Promise(() => {}), signal),
    })
    const ran = { ...work, execute: () => 'done' }
    const before = inProcess({
      model: answers([...ask('1', 'work', {}), end('tool-calls')]),
      store,
      tools: [work],
    })
    const run = before.server.run({ message: 'Go.', principal: { id: 'ann' } })
    const { conversationId } = run
    await before.world.settle()
    await before.server.close()
    await before.world.settle()

    const model = answers([...say('Well.'), end('stop')])
    const after = inProcess({ model, store, world: before.world, tools: [ran] })
    const client = after.client({ conversationId })
    await after.world.advance(31_000)
    expect(statesOf(client.getSnapshot())).toEqual(['work: output-available'])
  })

  test('ends the runs that a program waits for', async () => {
    const store = memoryStore()
    const paint = painter()
    const model = answers([...ask('1', 'paint', { color: 'red' }), end('tool-calls')])
    const it = inProcess({ model, store, tools: [paint.tool.withoutExecute()] })
    const client = it.client({ tools: [paint.tool] })
    await it.world.settle()
    const { conversationId } = client
    it.wire.isDown = true
    const run = it.server.run({ conversationId, message: 'Go.', principal: { id: 'ann' } })
    it.wire.cut()
    await it.world.settle()
    let isOver = false
    run.result.catch(() => {}).finally(() => (isOver = true))
    await it.server.close()
    await it.world.settle()
    expect(isOver).toBe(true)
  })

  test('leaves no timer behind', async () => {
    const it = inProcess({ model: hanging() })
    const client = it.client()
    const sent = client.send('Go.')
    await it.world.settle()
    await sent
    client.close()
    await it.server.close()
    await it.world.settle()
    expect(it.world.pendingTimers).toBe(0)
  })
})

describe('a reader that does not read', () => {
  async function deaf(server: ToolServer): Promise<void> {
    const headers = { 'content-type': 'application/json', authorization: 'ann' }
    const body = JSON.stringify(hello())
    await server.fetch(new Request('http://plain.test', { method: 'POST', headers, body }))
    await until(() => server.health().links === 1)
  }
  const plain = hosts.at(-1) ?? host

  async function flood(it: Bench, count: number): Promise<void> {
    for (let n = 1; n <= count; n++)
      await it.post(post({ type: 'sync', hash: `hash-${n}`, tools: [] }))
  }

  test('is cut off, and its link freed', async () => {
    const it = await bench(plain, { model: answers() })
    await deaf(it.server)
    await flood(it, 2_000)
    await it.world.settle()
    expect(it.server.health().links).toBe(0)
  })

  test('does not outlive the server', async () => {
    const it = await bench(plain, { model: answers() })
    await deaf(it.server)
    await flood(it, 100)
    await it.server.close()
    await it.world.settle()
    expect(it.server.health().links).toBe(0)
  })
})

describe('a host that only aborts the signal of its request', () => {
  test('frees the link all the same', async () => {
    const it = await bench(host, { model: answers() })
    const gone = new AbortController()
    const request = new Request(it.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'ann' },
      body: JSON.stringify(hello()),
      signal: gone.signal,
    })
    await it.server.fetch(request)
    await until(() => it.server.health().links === 1)
    gone.abort()
    await it.world.settle()
    expect(it.server.health().links).toBe(0)
  })
})

describe('a server that starts anew with an empty store', () => {
  test('learns the tools of the clients that come back [P33]', async () => {
    const { tool } = painter()
    const models = [answers(), answers([...say('Well.'), end('stop')])] as const
    let serving = 0
    const servers = models.map((model) => inProcess({ model, tools: [add, tool.withoutExecute()] }))
    const [{ world }] = servers as [ReturnType<typeof inProcess>]
    const client = servers[0]?.client({
      tools: [tool],
      transport: {
        name: 'memory',
        connect: async (frame, signal) => {
          const wire = servers[serving]?.wire
          if (!wire) throw new Error('No server.')
          return wire.connect(frame, signal)
        },
      },
    })
    await world.settle()
    serving = 1
    servers[0]?.wire.cut()
    await world.advance(1_000)
    const sent = client?.send('Go.')
    await world.advance(1_000)
    await sent
    expect(models[1].requests[0]?.tools).toHaveLength(2)
  })
})

test('stop during a handler on the server reaches it, and ends the turn', async () => {
  const begun = gate()
  const work = defineTool({
    name: 'work',
    description: 'Works.',
    inputSchema: z.object({}),
    execute(_, { signal }) {
      begun.open()
      return unlessAborted(new Promise(() => {}), signal)
    },
  })
  const model = answers([...ask('1', 'work', {}), end('tool-calls')])
  const it = await bench(host, { model, tools: [work] })
  const client = it.client()
  await client.send('Go.')
  await begun.passed
  await untilSnapshot(client, ({ calls }) => calls[0]?.state === 'executing')
  await client.stop()
  const snapshot = await untilSnapshot(client, ({ status }) => status === 'ready')
  expect(statesOf(snapshot)).toEqual(['work: cancelled'])
  expect(model.requests).toHaveLength(1)
})
