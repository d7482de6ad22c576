import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import * as z from 'zod'
import { type ToolServerOptions, createToolServer, toNodeListener } from '../../src/server/index.ts'
import { memoryStore } from '../../src/stores/index.ts'
import { scriptedModel } from '../../src/testing/index.ts'
import { defineTool } from '../../src/tools/index.ts'
import { httpTransport } from '../../src/transports/http.ts'
import { memoryTransport } from '../../src/transports/memory.ts'
import { webSocketConnection } from '../../src/transports/websocket.ts'
import { hello, post } from '../http/wire.ts'
import { Attacker, until } from './rig.ts'

const canary = 'canary-3f9a7c51e2'

async function listening(options: Partial<ToolServerOptions> = {}) {
  const errors: unknown[] = []
  const store = memoryStore()
  const server = createToolServer({
    store,
    model: scriptedModel([{ text: 'Hi.' }]),
    tools: [],
    authenticate: ({ headers }) =>
      headers.get('authorization') === `Bearer ${canary}` ? { id: 'me' } : null,
    onError: ({ error }) => errors.push(error),
    ...options,
  })
  const listener = toNodeListener(server.fetch)
  const http = createServer((request, response) => void listener(request, response))
  const sockets = new WebSocketServer({ noServer: true })
  http.on('upgrade', (request, socket, head) => {
    void server.authorize(request).then((principal) => {
      if (!principal) socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
      else
        sockets.handleUpgrade(request, socket, head, (ws) =>
          server.accept(webSocketConnection(ws), principal),
        )
    })
  })
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(async () => {
    await server.close()
    http.closeAllConnections()
    http.close()
  })
  const { port } = http.address() as AddressInfo
  const request = (headers: Record<string, string>, method = 'POST', body: unknown = hello()) =>
    // Node's own client, since `fetch` sets Host and Origin as it likes.
    new Promise<number>((resolve, reject) => {
      void import('node:http').then(({ request: ask }) => {
        const asked = ask({ port, host: '127.0.0.1', method, headers }, (response) => {
          response.destroy()
          resolve(response.statusCode ?? 0)
        })
        asked.on('error', reject)
        asked.end(method === 'POST' ? JSON.stringify(body) : undefined)
      })
    })
  const upgrade = (headers: Record<string, string>) =>
    new Promise<number>((resolve) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { headers })
      socket.on('open', () => {
        socket.terminate()
        resolve(101)
      })
      socket.on('unexpected-response', (_, { statusCode }) => resolve(statusCode ?? 0))
      socket.on('error', () => {})
    })
  return { server, store, errors, port, request, upgrade }
}

const json = { 'content-type': 'application/json', authorization: `Bearer ${canary}` }

test('T-11 a page of another origin gets in by no way: not by POST, not by preflight, not by a socket [P79]', async () => {
  const it = await listening({ allowedOrigins: ['https://app.test'] })
  const own = `127.0.0.1:${it.port}`
  const foreign = [
    'https://evil.test',
    'null',
    'http://app.test',
    'https://app.test.evil.test',
    'https://app.test:444',
    'https://APP.test',
    'https://аpp.test',
    'https://app.test/',
    `http://${own}0`,
    `http://127.0.0.1`,
    'file://',
    '*',
    'chrome-extension://abc',
  ]
  for (const origin of foreign.map((o) => encodeURI(o))) {
    const headers = { ...json, origin, host: own }
    expect([
      origin,
      await it.request(headers),
      await it.request(headers, 'OPTIONS'),
      await it.upgrade(headers),
    ]).toEqual([origin, 403, 403, 403])
  }
  for (const origin of ['https://app.test', `http://${own}`]) {
    const headers = { ...json, origin, host: own }
    expect([origin, await it.request(headers), await it.upgrade(headers)]).toEqual([
      origin,
      200,
      101,
    ])
  }
})

test('T-11 a name that was made to point here (DNS rebinding) is refused, unless it is listed', async () => {
  const evil = { ...json, origin: 'http://evil.test:8080', host: 'evil.test:8080' }
  const it = await listening()
  expect([await it.request(evil), await it.upgrade(evil)]).toEqual([403, 403])
  const local = { ...json, origin: 'http://localhost:8080', host: 'localhost:8080' }
  expect([await it.request(local), await it.upgrade(local)]).toEqual([200, 101])
  const behindTls = { ...json, origin: 'https://tools.test', host: 'tools.test' }
  expect(await it.request(behindTls)).toBe(200)
  const listed = await listening({ allowedHosts: ['evil.test:8080'] })
  expect([await listed.request(evil), await listed.upgrade(evil)]).toEqual([200, 101])
})

test('T-11 a form of another page cannot post: its content types are refused', async () => {
  const it = await listening()
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'])
    expect(await it.request({ ...json, 'content-type': type })).toBe(415)
})

test('T-12 a token stands in no log, no error, no event and no frame', async () => {
  const said: string[] = []
  const it = await listening({
    onEvent: ({ event }) => said.push(JSON.stringify(event)),
    onError: ({ error }) => said.push(String(error)),
  })
  const url = `http://127.0.0.1:${it.port}/`
  const frames: unknown[] = []
  const attacker = await Attacker.open(
    httpTransport({ url, headers: { authorization: `Bearer ${canary}` } }),
  )
  await attacker.ask({
    type: 'send',
    turnId: 't',
    message: { id: 'm', parts: [{ type: 'text', text: 'Hi' }] },
  })
  await attacker.ask({ type: 'nonsense' })
  await it.request({ ...json, authorization: `Bearer ${canary}x` })
  frames.push(...attacker.frames)
  expect(JSON.stringify([said, frames, await it.store.read('talk', 0)])).not.toContain(canary)
})

test('T-10 a socket that says nothing is closed after five seconds, and nothing of it stays', async () => {
  const { virtualClock } = await import('../../src/testing/index.ts')
  const world = virtualClock()
  const server = createToolServer({ world, model: scriptedModel([]), tools: [] })
  let closed = 0
  for (let n = 0; n < 100; n++)
    server.accept(
      {
        frames: { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) },
        send: async () => {},
        close: () => closed++,
      },
      { id: 'me' },
    )
  await world.advance(5_001)
  expect(closed).toBeGreaterThanOrEqual(100)
  expect(server.health()).toMatchObject({ links: 0, conversations: 0 })
  expect(world.pendingTimers).toBe(0)
})

test('T-13 text with line ends in every field comes through a stream as data, never as a field of it', async () => {
  const evil =
    'a\r\ndata: {"k":"bye","why":"shutdown"}\r\n\r\nevent: x\nid: 9\rretry: 1\n\n\u2028\0'
  const it = await listening({ model: scriptedModel([{ text: evil }]) })
  const url = `http://127.0.0.1:${it.port}/`
  const attacker = await Attacker.open(
    httpTransport({ url, headers: { authorization: `Bearer ${canary}` } }),
  )
  await attacker.ask({
    type: 'send',
    turnId: evil,
    message: { id: evil, parts: [{ type: 'text', text: evil }] },
  })
  await until(() =>
    attacker.frames.some((frame) => frame.k === 'e' && frame.e.type === 'turn-finished'),
  )
  expect(attacker.frames.filter(({ k }) => k === 'bye')).toEqual([])
  const finished = attacker.frames.find(
    (frame) => frame.k === 'e' && frame.e.type === 'step-finished',
  )
  expect(JSON.stringify(finished)).toContain(JSON.stringify(evil).slice(1, -1))
})

test('T-14 a reader that reads nothing is cut, and does not hold what is meant for it', async () => {
  const text = 'x'.repeat(100_000)
  const server = createToolServer({
    model: scriptedModel([{ text: text.repeat(30), deltaChars: 100_000 }]),
    tools: [],
  })
  onTestFinished(() => server.close())
  let isCut = false
  const frames = [
    hello(),
    post({
      type: 'send',
      turnId: 't',
      message: { id: 'm', parts: [{ type: 'text', text: 'Hi' }] },
    }),
  ]
  server.accept(
    {
      frames: (async function* slow() {
        yield* frames
        await new Promise<never>(() => {})
      })(),
      send: () => new Promise<never>(() => {}),
      close() {
        isCut = true
      },
    },
    { id: 'me' },
  )
  await until(() => isCut)
  await until(() => server.health().links <= 1)
})

test('the list of tools for people who look for a fault is for the owner of the conversation only', async () => {
  const own = defineTool({
    name: 'own',
    description: 'Own.',
    inputSchema: z.object({}),
    execute: () => 1,
  })
  const server = createToolServer({
    model: scriptedModel([]),
    tools: [own],
    authenticate: ({ headers }) => {
      const id = headers.get('authorization')
      return id === null ? null : { id }
    },
  })
  onTestFinished(() => server.close())
  const wire = memoryTransport()
  server.accept(wire, { id: 'me' })
  const attacker = await Attacker.open(wire)
  await attacker.ask({ type: 'sync', hash: 'h', tools: [{ name: 'theirs', hash: 'x' }] })
  const ask = (headers: object, conversationId = 'talk'): Promise<Response> =>
    server.fetch(
      new Request('http://localhost/', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ k: 'tools', conversationId }),
      }),
    )
  const response = await ask({ authorization: 'me' })
  expect(await response.json()).toMatchObject({
    server: [{ name: 'own' }],
    clients: [{ clientId: 'attacker', tools: [], refused: [{ name: 'theirs' }] }],
  })
  const answers = [
    await ask({}),
    await ask({ authorization: 'you' }),
    await ask({ authorization: 'you' }, 'nowhere'),
  ]
  expect(answers.map(({ status }) => status)).toEqual([401, 404, 404])
  expect(await answers[1]?.text()).toBe(await answers[2]?.text())
})
