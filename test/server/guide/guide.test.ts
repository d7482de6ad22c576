import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import * as z from 'zod'
import { defaultAcceptLimits } from '../../../src/guards/index.ts'
import { createToolServer, memoryConsents } from '../../../src/server/index.ts'
import { scriptedModel } from '../../../src/testing/index.ts'
import { defineTool } from '../../../src/tools/index.ts'
import { root } from '../../checks/entries.ts'
import { setup } from '../setup.ts'
import { shopApprovals } from './consents.ts'
import { crmTokens, findCustomer } from './crm.ts'
import { egress } from './egress.ts'
import { pinned } from './pins.ts'
import { serveSockets } from './upgrade.ts'

const guide = readFileSync(path.join(root, 'docs/guides/trust.md'), 'utf8')

test.each(['pins.ts', 'upgrade.ts', 'consents.ts', 'egress.ts', 'crm.ts'])(
  'the guide to trust shows the program %s that is tested here',
  (name) => {
    const program = readFileSync(path.join(import.meta.dirname, name), 'utf8')
      .replaceAll('../../../src/index.ts', 'toolwire')
      .replaceAll('../../../src/server/index.ts', 'toolwire/server')
      .replaceAll('../../../src/transports/websocket.ts', 'toolwire/transports/websocket')
    expect(guide).toContain(`\`\`\`ts\n${program}\`\`\``)
  },
)

test('the guide to trust knows the limits', () => {
  for (const limit of Object.values(defaultAcceptLimits))
    if (typeof limit === 'number') expect(guide).toContain(limit.toLocaleString('en'))
})

test('a pinned tool is offered, a new or changed one waits for somebody to read it', async () => {
  const pins = new Map<string, string>()
  const news: string[] = []
  const tool = (name: string, options: object = {}) =>
    defineTool({ name, description: name, inputSchema: z.object({}), execute: () => 1, ...options })
  const read = tool('read')
  pins.set('read', read.descriptor.hash)
  const { client, say, model, errors } = setup({
    steps: [{ text: '1' }],
    tools: [],
    acceptTool: pinned(
      () => pins,
      (name) => news.push(name),
    ),
    clientTools: [read, tool('unread'), tool('wipe', { destructive: true })],
  })
  await say('Go.')
  expect(model.requests[0]?.tools?.map(({ name }) => name)).toEqual(['read'])
  expect(news).toEqual(['unread'])
  expect(JSON.stringify(errors)).toContain('TOOL_REFUSED')
  client.close()
})

test('a socket is for whoever may have one', async () => {
  const tools = createToolServer({
    model: scriptedModel([]),
    tools: [],
    authenticate: ({ headers }) => (headers.get('authorization') ? { id: 'me' } : null),
  })
  const http = createServer()
  serveSockets(http, tools)
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve)
  })
  onTestFinished(async () => {
    await tools.close()
    http.close()
  })
  const { port } = http.address() as AddressInfo
  const open = (headers: Record<string, string>) =>
    new Promise<number>((resolve) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { headers })
      socket.on('error', () => {})
      socket.on('unexpected-response', (_, { statusCode }) => resolve(statusCode ?? 0))
      socket.on('open', () => {
        socket.terminate()
        resolve(101)
      })
    })
  expect(await open({ authorization: 'x' })).toBe(101)
  expect(await open({})).toBe(403)
  expect(await open({ authorization: 'x', origin: 'https://evil.test' })).toBe(403)
})

test('consents of the shop are for a folder, and edits for who may write there', async () => {
  const approvals = shopApprovals(memoryConsents())
  const principal = { id: 'me', permissions: ['write:menu'] }
  const call = { principal, toolName: 'write', input: { path: 'menu/a' } }
  expect(approvals.scope?.(call)).toBe('menu')
  const allowed = (to: string): unknown =>
    typeof approvals.allowEdits === 'function' &&
    approvals.allowEdits({ ...call, edited: { path: to } })
  expect([allowed('menu/b'), allowed('till/b')]).toEqual([true, false])
})

test('a token that the service refuses is asked for anew, once', async () => {
  const loaded: boolean[] = []
  vi.stubGlobal('fetch', async (_: string, { headers }: { headers: { authorization: string } }) =>
    headers.authorization === 'Bearer fresh-token'
      ? Response.json({ found: true })
      : new Response(null, { status: 401 }),
  )
  onTestFinished(() => void vi.unstubAllGlobals())
  const server = createToolServer({
    model: scriptedModel([
      { toolCalls: [{ toolName: 'find_customer', input: { name: 'Ann' } }] },
      { text: 'Done.' },
    ]),
    tools: [findCustomer],
    credentials: crmTokens(async (_, fresh) => {
      loaded.push(fresh)
      return fresh ? 'fresh-token' : 'stale-token'
    }),
  })
  const principal = { id: 'me', permissions: ['crm:read'] }
  const { calls } = await server.run({ message: 'Go.', principal }).result
  await server.close()
  expect(calls[0]?.output).toEqual({ found: true })
  expect(loaded).toEqual([false, true])
})

const elsewhere = [
  'https://evil.example/?q=secret',
  'http://api.example/',
  'https://api.example:8443/',
  'https://api.example.evil.example/',
  'https://evilapi.example/',
  'https://api.example@evil.example/',
  'https://secret@api.example/',
  'https://user:secret@api.example/',
  'https://evil.example/https://api.example/',
  'https://evil.example#https://api.example',
  'https:\\\\evil.example',
  '//evil.example',
  '/relative',
  'https://api\u3002example.evil.example/',
  'https://аpi.example/',
  'data:text/html,<img src=https://evil.example>',
  'javascript:fetch("https://evil.example")',
  'file:///etc/passwd',
  'blob:https://api.example/1',
  '',
]

test('T-25 a guard keeps calls in: out they go to the listed origins alone', async () => {
  const went: string[] = []
  const fetchPage = defineTool({
    name: 'fetch_page',
    description: 'Fetches a page.',
    inputSchema: z.object({ url: z.string() }),
    execute: ({ url }) => went.push(new URL(url).href),
  })
  const inside = ['https://api.example/a?b#c', 'HTTPS://API.EXAMPLE/', 'https://api.example:443/']
  const urls = [...elsewhere, ...inside]
  const rig = setup({
    steps: [
      { toolCalls: urls.map((url) => ({ toolName: 'fetch_page', input: { url } })) },
      { text: 'Done.' },
    ],
    serverTools: [fetchPage],
    guards: [egress(['https://api.example'], new Map([['fetch_page', 'url']]))],
  })
  await rig.say('Go.')
  expect(went).toEqual([
    'https://api.example/a?b#c',
    'https://api.example/',
    'https://api.example/',
  ])
  const refused = rig.client.getSnapshot().calls.filter(({ errorCode }) => errorCode === 'egress')
  expect(refused).toHaveLength(elsewhere.length)
  await rig.end()
})
