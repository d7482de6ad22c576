import { connect, createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import * as z from 'zod'
import type { ToolClient } from '../../src/client/index.ts'
import type { Transport } from '../../src/ports/index.ts'
import { toNodeListener } from '../../src/server/index.ts'
import { memoryStore } from '../../src/stores/index.ts'
import { virtualClock } from '../../src/testing/virtual-clock.ts'
import { defineTool } from '../../src/tools/index.ts'
import { httpTransport } from '../../src/transports/http.ts'
import { add, bench, painter, statesOf, textOf, turn, until, untilSnapshot } from './bench.ts'
import { type Host, hosts } from './hosts.ts'
import { type InProcess, inProcess } from './in-process.ts'
import { type Answer, answers, ask, end, gate, say, unlessAborted } from './scripted.ts'
import { hello, post, reading, recorded } from './wire.ts'

const [host] = hosts as readonly [Host]

async function said(it: InProcess, client: ToolClient, text: string): Promise<void> {
  const sent = client.send(text)
  await it.world.advance(2_000)
  await sent
}

describe('a client that comes back', () => {
  test('after more events than one stream repeats gets the state as a whole [P32]', async () => {
    const steps = Array.from({ length: 19 }, (_, step): Answer => [
      ...Array.from({ length: 8 }, (__, n) => ask(`${step}-${n}`, 'add', { a: step, b: n })).flat(),
      end('tool-calls'),
    ])
    const model = answers(...steps, [...say('Well.'), end('stop')])
    const it = inProcess({ model, tools: [add], budgets: { maxCalls: 200 } })
    const there = it.client()
    const { conversationId } = there
    const wire = recorded(it.wire)
    const client = it.client({ conversationId, transport: wire })
    await it.world.settle()
    const before = wire.frames.length
    it.wire.isDown = true
    it.wire.cut()
    const run = it.server.run({ conversationId, message: 'Go.', principal: { id: 'ann' } })
    await it.world.advance(1_000)
    await run.result
    it.wire.isDown = false
    await it.world.advance(30_000)
    const snapshot = client.getSnapshot()
    expect(snapshot.calls).toHaveLength(152)
    expect(snapshot).toEqual(there.getSnapshot())
    expect(wire.frames.slice(before).filter(({ k }) => k === 'snap')).toHaveLength(1)
    expect(wire.hellos.at(-1)?.from).toBeGreaterThan(0)
  })

  test('to a server with another log starts over', async () => {
    const world = virtualClock()
    const [before, after] = [
      inProcess({ world, model: answers([...say('Old.'), end('stop')]) }),
      inProcess({
        world,
        model: answers([...say('1.'), end('stop')], [...say('2.'), end('stop')]),
      }),
    ]
    let serving = before
    const transport: Transport = {
      name: 'memory',
      connect: (greeting, signal) => serving.wire.connect(greeting, signal),
    }
    const client = before.client({ transport })
    const { conversationId } = client
    await said(before, client, 'One.')
    serving = after
    const other = after.client({ conversationId })
    await said(after, other, 'Two.')
    await said(after, other, 'Three.')
    before.wire.cut()
    await world.advance(1_000)
    expect(client.getSnapshot().messages).toEqual(other.getSnapshot().messages)
  })

  test('stays connected when an earlier hello of its own arrives late [P29]', async () => {
    const it = await bench(host, { model: answers([...say('Well.'), end('stop')]) })
    const { url, fetch } = it
    const wire = recorded(httpTransport({ url, fetch, headers: { authorization: 'ann' } }))
    const client = it.client({ transport: wire })
    await untilSnapshot(client, ({ connection }) => connection === 'open')
    await until(() => it.server.health().links === 1)
    const late = reading(await it.post(wire.hellos[0]))
    await until(() => client.getSnapshot().connection !== 'open')
    await late.stop()
    await it.world.advance(1_000)
    await untilSnapshot(
      client,
      ({ connection }) => connection === 'open' || connection === 'closed',
    )
    expect(client.getSnapshot().connection).toBe('open')
  })
})

test('a store that is out of reach is not stormed by the clients', async () => {
  const store = memoryStore()
  let isDown = false
  const it = inProcess({
    model: answers([...say('Well.'), end('stop')]),
    store: {
      ...store,
      async commit(id, version, events) {
        if (isDown) throw new Error('No store.')
        return store.commit(id, version, events)
      },
    },
  })
  const wire = recorded(it.wire)
  const client = it.client({ transport: wire })
  await it.world.settle()
  isDown = true
  const sent = client.send('Go.')
  await it.world.advance(60_000)
  isDown = false
  const commands = wire.commands.length
  await it.world.advance(31_000)
  await sent
  expect(textOf(client.getSnapshot())).toBe('Well.')
  expect(commands).toBeLessThan(30)
})

describe('progress', () => {
  const copy = (run: (progress: (n: number) => void, signal: AbortSignal) => Promise<unknown>) =>
    defineTool({
      name: 'copy',
      description: 'Copies files.',
      inputSchema: z.object({}),
      progressSchema: z.number(),
      idempotent: true,
      execute: (_, { progress, signal }) => run(progress, signal),
    })

  test('of a second attempt is shown from its beginning', async () => {
    const model = answers([...ask('1', 'copy', {}), end('tool-calls')])
    const lost = copy(async (progress, signal) => {
      for (let n = 10; n <= 50; n += 10) {
        progress(n)
        await new Promise<void>((resolve) => void it.world.setTimer(200, resolve))
      }
      return unlessAborted(new Promise(() => {}), signal)
    })
    const found = copy((progress, signal) => {
      progress(1)
      return unlessAborted(new Promise(() => {}), signal)
    })
    const it = inProcess({ model, tools: [lost.withoutExecute()] })
    const first = it.client({ tools: [lost] })
    const { conversationId } = first
    const watcher = it.client({ conversationId })
    const sent = first.send('Go.')
    await it.world.advance(2_000)
    await sent
    expect(watcher.getSnapshot().calls[0]?.progress).toBe(50)
    const second = it.client({ tools: [found], conversationId })
    await it.world.settle()
    first.close()
    await it.world.advance(31_000)
    expect(second.getSnapshot().calls[0]?.state).toBe('executing')
    expect(watcher.getSnapshot().calls[0]?.progress).toBe(1)
  })

  test('reaches every client of the conversation over HTTP', async () => {
    const rest = gate()
    const tool = copy(async (progress) => {
      progress(10)
      await rest.passed
      return 'done'
    })
    const model = answers([...ask('1', 'copy', {}), end('tool-calls')])
    const it = await bench(host, { model, tools: [tool.withoutExecute()] })
    const client = it.client({ tools: [tool] })
    const watcher = it.client({ conversationId: client.conversationId })
    await untilSnapshot(watcher, ({ connection }) => connection === 'open')
    await client.send('Go.')
    await untilSnapshot(watcher, ({ calls }) => calls[0]?.progress === 10)
    rest.open()
    await untilSnapshot(watcher, ({ calls }) => calls[0]?.state === 'output-available')
  })
})

test('a handler of ten minutes keeps its lease [P48]', async () => {
  const { tool, begun } = painter(
    () => new Promise((resolve) => void it.world.setTimer(600_000, () => resolve('painted'))),
    { timeoutMs: 900_000 },
  )
  const model = answers(
    [...ask('1', 'paint', { color: 'red' }), end('tool-calls')],
    [...say('Well.'), end('stop')],
  )
  const it = inProcess({ model, tools: [tool.withoutExecute()] })
  const client = it.client({ tools: [tool] })
  const sent = client.send('Go.')
  await it.world.advance(599_000)
  await sent
  expect(statesOf(client.getSnapshot())).toEqual(['paint: executing'])
  await it.world.advance(2_000)
  expect(textOf(client.getSnapshot())).toBe('Well.')
  expect([...begun.values()]).toEqual([1])
})

test('a reader that does not read costs no more than a megabyte [P30]', async () => {
  const plain = hosts.at(-1) ?? host
  const it = await bench(plain, { model: answers() })
  const headers = { 'content-type': 'application/json', authorization: 'ann' }
  const body = JSON.stringify(hello())
  await it.server.fetch(new Request(it.url, { method: 'POST', headers, body }))
  await until(() => it.server.health().links === 1)
  const text = 'x'.repeat(256 * 1024)
  for (let n = 1; n <= 40; n++)
    await it.post(
      post({
        type: 'send',
        turnId: `t${n}`,
        message: { id: `m${n}`, parts: [{ type: 'text', text }] },
      }),
    )
  await it.world.settle()
  expect(it.server.health().links).toBe(0)
})

describe('a page that finds something else at the address', () => {
  test('says so instead of an open connection', async () => {
    const it = await bench(host, { model: answers() })
    const transport = httpTransport({
      url: it.url,
      fetch: async () =>
        new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } }),
    })
    const client = it.client({ transport })
    await untilSnapshot(client, ({ error }) => error !== null)
    expect(client.getSnapshot().connection).toBe('reconnecting')
    expect(client.getSnapshot().error?.text).toContain('text/html')
  })
})

test('a page of the same origin is let in over HTTP/2, where no header is called Host', async () => {
  const it = await bench(host, { model: answers() })
  const listener = toNodeListener(it.server.fetch)
  const secure = createServer((request, response) => void listener(request, response))
  await new Promise<void>((resolve) => void secure.listen(0, '127.0.0.1', resolve))
  // It listens on a port.
  const { port } = secure.address() as AddressInfo
  const origin = `http://127.0.0.1:${port}`
  const session = connect(origin)
  onTestFinished(() => {
    session.destroy()
    secure.close()
  })
  const request = session.request({
    ':method': 'POST',
    ':path': '/tools',
    'content-type': 'application/json',
    authorization: 'ann',
    origin,
  })
  let [status, text] = [0, '']
  request.on('response', (headers) => {
    status = Number(headers[':status'])
  })
  request.setEncoding('utf8').on('data', (chunk) => {
    text += String(chunk)
  })
  request.end(JSON.stringify(hello()))
  await until(() => status > 0)
  expect(status).toBe(200)
  await until(() => text.includes('conversation-opened'))
  expect(it.server.health().links).toBe(1)
  request.close()
  await until(() => it.server.health().links === 0)
})

test('a second turn follows the first with all that was said', async () => {
  const { tool } = painter()
  const model = answers(
    [...ask('1', 'paint', { color: 'red' }), end('tool-calls')],
    [...say('First.'), end('stop')],
    [...ask('1', 'paint', { color: 'blue' }), end('tool-calls')],
    [...say('Second.'), end('stop')],
  )
  const it = await bench(host, { model, tools: [tool.withoutExecute()] })
  const client = it.client({ tools: [tool] })
  await turn(client, 'One.')
  const snapshot = await turn(client, 'Two.')
  expect(snapshot.calls.map(({ toolCallId }) => toolCallId)).toEqual(['1', '1_2'])
  expect(model.requests[3]?.messages.map(({ role }) => role)).toEqual([
    'user',
    'assistant',
    'assistant',
    'user',
    'assistant',
  ])
})
