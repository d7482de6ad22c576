import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { jsonSchema } from '../../src/tools/json-schema.ts'
import { type AnyTool, ToolRegistry, defineTool } from '../../src/tools/index.ts'
import { createToolClient, memoryLedger } from '../../src/client/index.ts'
import type { ClientCommand } from '../../src/protocol/index.ts'
import { createToolServer } from '../../src/server/index.ts'
import { memoryStore } from '../../src/stores/index.ts'
import { type ScriptStep, scriptedModel, virtualClock } from '../../src/testing/index.ts'
import { memoryTransport } from '../../src/transports/index.ts'
import { answers, ask, end, gate, say } from '../http/scripted.ts'
import { recorded } from '../http/wire.ts'
import type { ToolServerOptions } from '../../src/server/index.ts'

const tool = (name: string, options: object = {}): AnyTool =>
  defineTool({
    name,
    description: `does ${name}`,
    inputSchema: z.object({}),
    execute: () => `${name} done`,
    ...options,
  })

/** A server that takes tools from clients, with a client whose frames are written down. */
function bench(
  steps: readonly ScriptStep[],
  { takes = true, ...options }: Partial<ToolServerOptions> & { readonly takes?: boolean } = {},
) {
  const world = virtualClock()
  const store = memoryStore()
  const model = scriptedModel(steps)
  const server = createToolServer({
    world,
    store,
    model,
    tools: [],
    ...(takes && { acceptTool: () => 'accept' as const }),
    ...options,
  })
  const wire = memoryTransport()
  server.accept(wire, { id: 'me' })
  const open = (tools: readonly AnyTool[], rest: object = {}) => {
    const errors: unknown[] = []
    const link = recorded(wire)
    const client = createToolClient({
      world,
      transport: link,
      tools,
      conversationId: 'talk',
      onError: ({ error }) => errors.push(error),
      ...rest,
    })
    return { client, link, errors }
  }
  const log = async (type: string) =>
    (await store.read('talk', 0)).filter((event) => event.type === type)
  const offered = (n: number) => model.requests[n]?.tools?.map(({ name }) => name) ?? []
  return { world, server, model, open, log, offered }
}

const call = (toolName: string): ScriptStep => ({ toolCalls: [{ toolName, input: {} }] })
const syncs = (commands: readonly ClientCommand[]) =>
  commands.filter((command) => command.type === 'sync')

test('a client tells its whole catalogue once, and its hash alone where the server has it [P72]', async () => {
  const place = { ...(await memoryLedger(virtualClock()).enter('talk')), epoch: 1 }
  const { world, open, log } = bench([])
  const first = open([tool('a', { outputSchema: z.string(), title: 'A' }), tool('b')])
  await world.advance(100)
  const [hash, whole] = syncs(first.link.commands)
  expect(hash).not.toHaveProperty('tools')
  expect(whole).toMatchObject({ tools: [{ name: 'a', descriptor: { title: 'A' } }, { name: 'b' }] })
  first.client.close()
  // A reload: the same client, with the same tools.
  const ledger = { level: 'J0', enter: async () => ({ ...place, epoch: 2 }) }
  open([tool('c')], { ledger: { ...ledger, enter: async () => place } })
  await world.advance(100)
  const again = open([tool('c')], { ledger })
  await world.advance(100)
  expect(syncs(again.link.commands)).not.toEqual([])
  expect(syncs(again.link.commands).some((command) => 'tools' in command)).toBe(false)
  expect(await log('catalog-changed')).toHaveLength(2)
})

test('an older catalogue never replaces a newer one, and every change has its number and its time [P72]', async () => {
  const { world, open, log } = bench([])
  const { client } = open([tool('a')])
  await world.advance(100)
  client.tools.register(tool('b'))
  await world.advance(100)
  const changes = await log('catalog-changed')
  expect(changes).toMatchObject([
    { version: 1, epoch: 1, at: expect.any(Number) },
    { version: 2, epoch: 1, at: expect.any(Number) },
  ])
})

test('tools that come one by one go up together, and what is there again goes by its hash', async () => {
  const { world, open } = bench([])
  const { client, link } = open([])
  await world.advance(100)
  const before = syncs(link.commands).length
  const stops = ['a', 'b', 'c'].map((name) => client.tools.register(tool(name)))
  await world.advance(100)
  expect(syncs(link.commands).slice(before)).toMatchObject([{ tools: [{}, {}, {}] }])
  const again = stops[0]
  again?.()
  client.tools.register(tool('a'))
  await world.advance(100)
  expect(syncs(link.commands)).toHaveLength(before + 2)
  expect(syncs(link.commands).at(-1)).not.toHaveProperty('tools')
})

test('a tool that comes between two steps is offered in the next, and one that went is not', async () => {
  const change = { run: (): void => {} }
  const a = tool('a', {
    execute: () => {
      change.run()
      return 1
    },
  })
  const { world, open, offered } = bench([call('a'), { text: 'Done.' }])
  const { client } = open([a])
  const registered = client.tools.register(tool('gone'))
  change.run = () => {
    registered()
    client.tools.register(tool('new'))
  }
  void client.send('Go.')
  await world.advance(1_000)
  expect(offered(0)).toEqual(['a', 'gone'])
  expect(offered(1).toSorted()).toEqual(['a', 'new'])
})

test('a call whose tool changed before anybody ran it settles as stale, with the new definition [P74]', async () => {
  let ran = 0
  const click = (inputSchema: z.ZodObject): AnyTool =>
    tool('click', { inputSchema, approval: true, execute: () => ++ran })
  const { world, open } = bench([call('click'), { text: 'Done.' }])
  const { client } = open([])
  const withdraw = client.tools.register(click(z.object({ x: z.number().optional() })))
  void client.send('Go.')
  await world.advance(1_000)
  expect(client.getSnapshot().calls[0]?.state).toBe('approval-requested')
  withdraw()
  client.tools.register(click(z.object({ target: z.string() })))
  await world.advance(1_000)
  const { calls, messages } = client.getSnapshot()
  expect(calls[0]).toMatchObject({ state: 'output-error', errorCode: 'stale-tool' })
  expect(calls[0]?.errorText).toContain('"target"')
  expect(messages.at(-1)?.parts).toMatchObject([{ text: 'Done.' }])
  expect(ran).toBe(0)
})

test('a call of a tool that vanished while the model wrote settles as unknown, naming those that are left [P74]', async () => {
  const withdrawn = gate()
  const slow = answers(
    async function* slowly() {
      await withdrawn.passed
      yield* ask('1', 'scrape', {})
      yield end('tool-calls')
    },
    [...say('Done.'), end('stop')],
  )
  const { world, open } = bench([], { model: slow })
  const { client } = open([tool('drag')])
  const withdraw = client.tools.register(tool('scrape'))
  void client.send('Go.')
  await world.settle()
  withdraw()
  await world.settle()
  withdrawn.open()
  await world.advance(1_000)
  expect(slow.requests[0]?.tools?.map(({ name }) => name)).toEqual(['drag', 'scrape'])
  expect(client.getSnapshot().calls).toMatchObject([
    { state: 'input-invalid', errorCode: 'unknown-tool', errorText: expect.stringMatching(/drag/) },
  ])
})

test('a call of a tool that vanished while it waited settles as unknown once nobody came [P74]', async () => {
  const { world, open } = bench([call('a'), { text: 'Done.' }])
  const { client } = open([tool('b')])
  const withdraw = client.tools.register(tool('a', { approval: true }))
  void client.send('Go.')
  await world.advance(500)
  withdraw()
  void client.approve(client.getSnapshot().calls[0]?.toolCallId ?? '')
  await world.advance(61_000)
  expect(client.getSnapshot().calls).toMatchObject([
    { state: 'output-error', errorCode: 'unknown-tool', errorText: expect.stringMatching(/: b\./) },
  ])
})

test('a client that lacks what a tool requires never has it offered or granted [P73]', async () => {
  const needy = tool('needy', { requires: ['browser'] })
  const { world, open, offered } = bench([{ text: '1' }, { text: '2' }], {
    tools: [needy.withoutExecute()],
  })
  const plain = open([needy])
  void plain.client.send('Go.')
  await world.advance(500)
  expect(offered(0)).toEqual([])
  expect(String(plain.errors)).toContain('requires browser')
  open([needy], { capabilities: ['browser'] })
  await world.advance(500)
  void plain.client.send('Go.')
  await world.advance(500)
  expect(offered(1)).toEqual(['needy'])
})

test('a client that is gone for a lease takes its tools with it, and brings them back by its link alone [P75]', async () => {
  const { world, open, offered, log } = bench([{ text: '1' }, { text: '2' }, { text: '3' }])
  const watching = open([])
  const owner = open([tool('a')])
  await world.advance(100)
  void watching.client.send('Go.')
  await world.advance(500)
  owner.client.close()
  await world.advance(31_000)
  void watching.client.send('Go.')
  await world.advance(500)
  expect([offered(0), offered(1)]).toEqual([['a'], []])
  expect(await log('client-left')).toHaveLength(1)
})

test('a tool of a client beside one of the server gets a name of its own, and each runs where it is [P73]', async () => {
  const own = tool('read', { execute: () => 'from the server' })
  const { world, open, offered } = bench(
    [{ toolCalls: [{ toolName: 'read' }, { toolName: 'client__read' }] }, { text: 'Done.' }],
    { tools: [own] },
  )
  const { client } = open([
    tool('read', { description: 'reads the page', execute: () => 'from the client' }),
  ])
  void client.send('Go.')
  await world.advance(1_000)
  expect(offered(0).toSorted()).toEqual(['client__read', 'read'])
  expect(client.getSnapshot().calls.map(({ output }) => output)).toEqual([
    'from the server',
    'from the client',
  ])
})

test('what a declared tool gives back is checked against the schema that was accepted', async () => {
  const lying = { ...tool('count', { outputSchema: z.number() }), validateOutput: okay }
  const { world, open } = bench([call('count'), { text: 'Done.' }])
  const { client } = open([{ ...lying, execute: () => 'many' }])
  void client.send('Go.')
  await world.advance(1_000)
  expect(client.getSnapshot().calls[0]).toMatchObject({
    state: 'output-error',
    errorCode: 'invalid-output',
  })
})

const okay = async (value: unknown) => ({ value })

describe('of a tool that clients run and the server knows, the definition of a client counts for another tool', () => {
  const click = (inputSchema: z.ZodObject, execute: () => unknown = () => 'old'): AnyTool =>
    tool('click', { inputSchema, execute })
  const known = click(z.object({ x: z.number() }))
  const changed = click(z.object({ target: z.string() }), () => 'new')
  const clicks = { toolCalls: [{ toolName: 'click', input: { x: 1 } }] }

  test('which is not offered under the old one, and is refused with the reason [P73]', async () => {
    const { world, open, offered } = bench([{ text: '1' }], {
      tools: [known.withoutExecute()],
      takes: false,
    })
    const { client, errors } = open([changed])
    void client.send('Go.')
    await world.advance(500)
    expect(offered(0)).toEqual([])
    expect(String(errors)).toContain('The server has another definition of it.')
  })

  test('which the host may take: the model is told it under a name of its own [P73]', async () => {
    const { world, open, offered } = bench(
      [
        { toolCalls: [{ toolName: 'client__click', input: { target: 'a' } }] },
        clicks,
        { text: 'Done.' },
      ],
      { tools: [known.withoutExecute()] },
    )
    const { client } = open([changed])
    void client.send('Go.')
    await world.advance(1_000)
    expect(offered(0)).toEqual(['client__click'])
    expect(client.getSnapshot().calls).toMatchObject([
      { toolName: 'client__click', output: 'new' },
      { toolName: 'click', errorCode: 'stale-tool' },
    ])
    expect(client.getSnapshot().calls[1]?.errorText).toMatch(/now "client__click": .*"target"/)
  })

  test('beside which the old one goes on where another client has it [P74]', async () => {
    const { world, open, offered } = bench(
      [
        {
          toolCalls: [
            { toolName: 'click', input: { x: 1 } },
            { toolName: 'client__click', input: { target: 'a' } },
          ],
        },
        { text: 'Done.' },
      ],
      { tools: [known.withoutExecute()] },
    )
    open([known])
    const { client } = open([changed])
    void client.send('Go.')
    await world.advance(1_000)
    expect(offered(0).toSorted()).toEqual(['click', 'client__click'])
    expect(client.getSnapshot().calls.map(({ output }) => output)).toEqual(['old', 'new'])
  })

  test('which makes calls of the old one stale, asked for before or after [P74]', async () => {
    for (const verdict of [undefined, 'quarantine', 'accept'] as const) {
      let ran = 0
      const asking = tool('click', { approval: true, execute: () => ++ran })
      const { world, open } = bench([call('click'), call('click'), { text: 'Done.' }], {
        tools: [asking.withoutExecute()],
        ...(verdict ? { acceptTool: () => verdict } : { takes: false }),
      })
      const { client } = open([])
      const withdraw = client.tools.register(asking)
      void client.send('Go.')
      await world.advance(500)
      withdraw()
      client.tools.register(changed)
      await world.advance(1_000)
      const { calls } = client.getSnapshot()
      expect(calls.map(({ errorCode }) => errorCode)).toEqual(['stale-tool', 'stale-tool'])
      // What the host did not take is not shown to the model either.
      for (const { errorText = '' } of calls)
        expect(errorText.includes('"target"')).toBe(verdict === 'accept')
      expect(ran).toBe(0)
    }
  })

  test('also where it is the server that changed, and the client has not said anything since', async () => {
    const store = memoryStore()
    const place = await memoryLedger(virtualClock()).enter('talk')
    const ledger = (epoch: number) =>
      ({ level: 'J0', enter: async () => ({ ...place, epoch }) }) as const
    const one = bench([{ text: '1' }], { store, tools: [known.withoutExecute()] })
    const { client } = one.open([known], { ledger: ledger(1) })
    void client.send('Go.')
    await one.world.advance(500)
    expect(one.offered(0)).toEqual(['click'])
    client.close()
    const two = bench([{ text: '2' }], {
      store,
      tools: [changed.withoutExecute()],
      takes: false,
    })
    two.server.run({ conversationId: 'talk', message: 'Go.', principal: { id: 'me' } })
    await two.world.advance(500)
    expect(two.offered(0)).toEqual([])
  })
})

test('in quarantine a tool is known, and never offered', async () => {
  const { world, open, offered, log } = bench([{ text: '1' }], { acceptTool: () => 'quarantine' })
  const { client } = open([tool('a')])
  void client.send('Go.')
  await world.advance(500)
  expect(offered(0)).toEqual([])
  expect(await log('catalog-changed')).toMatchObject([{ tools: [{ isQuarantined: true }] }])
})

test('a plain JSON Schema goes over the wire and comes back as the same definition', async () => {
  const schema = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] }
  const { world, open, errors, model } = { ...bench([{ text: '1' }]), errors: [] as unknown[] }
  const { client } = open([tool('a', { inputSchema: jsonSchema(schema) })], {
    onError: ({ error }: { error: unknown }) => errors.push(error),
  })
  void client.send('Go.')
  await world.advance(500)
  expect(errors).toEqual([])
  expect(model.requests[0]?.tools?.[0]).toEqual(
    new ToolRegistry(client.tools.list()).catalog().tools[0],
  )
})
