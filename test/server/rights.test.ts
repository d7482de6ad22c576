import { expect, test } from 'vitest'
import * as z from 'zod'
import type { Principal } from '../../src/protocol/index.ts'
import { type ToolServerOptions, createToolServer } from '../../src/server/index.ts'
import { scriptedModel } from '../../src/testing/index.ts'
import { ToolError, defineTool } from '../../src/tools/index.ts'
import type { ExecuteContext } from '../../src/tools/index.ts'
import { setup } from './setup.ts'

const call = { toolCalls: [{ toolName: 'work' }] }
const steps = [call, { text: 'Done.' }]

const work = (options: object = {}) =>
  defineTool({
    name: 'work',
    description: 'Works.',
    inputSchema: z.object({}),
    execute: () => 'worked',
    ...options,
  })

async function run(
  options: Partial<ToolServerOptions>,
  principal: Principal = { id: 'me' },
): Promise<unknown> {
  const server = createToolServer({ model: scriptedModel(steps), tools: [work()], ...options })
  const { calls } = await server.run({ conversationId: 'talk', message: 'Go.', principal }).result
  await server.close()
  return calls[0]?.output ?? calls[0]?.errorCode
}

test('roles and permissions of the principal decide, unless the host decides', async () => {
  const tools = [work({ permission: ['work', 'role:boss'] })]
  const boss = { id: 'me', roles: ['boss'], permissions: ['work'] }
  expect(await run({ tools }, boss)).toBe('worked')
  expect(await run({ tools }, { ...boss, roles: [] })).toBe('not-permitted')
  expect(await run({ tools }, { ...boss, permissions: [] })).toBe('not-permitted')
  expect(await run({ tools, permissions: () => true })).toBe('worked')
  expect(await run({ tools, permissions: () => Promise.reject(new Error('down')) }, boss)).toBe(
    'handler-error',
  )
})

test.each(['server', 'client'] as const)(
  'a right that is lost while a person is asked is missed where the call begins, on the %s [P78]',
  async (side) => {
    let may = true
    const tool = work({ permission: 'work', approval: true })
    const { client, say, world } = setup({
      steps,
      ...(side === 'server' ? { serverTools: [tool] } : { clientTools: [tool] }),
      permissions: () => may,
    })
    await say('Go.')
    may = false
    void client.approve(client.getSnapshot().calls[0]?.toolCallId ?? '')
    await world.advance(1_000)
    expect(client.getSnapshot().calls).toMatchObject([
      { state: 'denied', errorCode: 'not-permitted' },
    ])
  },
)

test('a principal that does not fit the schema gets nowhere, and tools see what the schema made of it', async () => {
  const principalSchema = z.object({ id: z.string(), team: z.string().toUpperCase() })
  const tools = [work({ execute: (_: unknown, { principal }: ExecuteContext) => principal })]
  expect(await run({ tools, principalSchema }, { id: 'me', team: 'a', extra: 1 })).toEqual({
    id: 'me',
    team: 'A',
  })
  await expect(run({ tools, principalSchema }, { id: 'me', team: 5 })).rejects.toMatchObject({
    code: 'UNAUTHORIZED',
  })
  const errors: unknown[] = []
  const server = createToolServer({
    model: scriptedModel(steps),
    tools,
    principalSchema,
    authenticate: () => ({ id: 'me', team: 5 }),
    onError: ({ error }) => errors.push(error),
  })
  const request = new Request('http://localhost/', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })
  expect((await server.fetch(request)).status).toBe(401)
  expect(await server.authorize(new Request('http://localhost/'))).toBeNull()
  expect(errors).toHaveLength(2)
})

test('a tool is switched on for a share of people, the same ones each time, and more of them when it grows', async () => {
  const people = Array.from({ length: 400 }, (_, n) => ({ id: `user-${n}` }))
  const on = async (share: number): Promise<readonly string[]> => {
    const found: string[] = []
    for (const principal of people) {
      const model = scriptedModel([{ text: 'Hi.' }])
      const server = createToolServer({ model, tools: [work()], rollout: { work: share } })
      await server.run({ message: 'Go.', principal }).result
      if ((model.requests[0]?.tools ?? []).length > 0) found.push(principal.id)
      await server.close()
    }
    return found
  }
  const [few, many, nobody] = [await on(0.1), await on(0.5), await on(0)]
  expect(few.length / people.length).toBeCloseTo(0.1, 1)
  expect(many.length / people.length).toBeCloseTo(0.5, 1)
  expect(few.every((id) => many.includes(id))).toBe(true)
  expect(nobody).toEqual([])
  expect(
    await run({ rollout: { work: ({ id }: Principal | { id: string }) => id === 'you' } as never }),
  ).toBe('unknown-tool')
})

test('a step has the tools that are active in it, and a call of another is unknown', async () => {
  const model = scriptedModel([call, { text: 'Done.' }])
  const server = createToolServer({
    model,
    tools: [work(), work({ name: 'rest' })],
    activeTools: ({ steps: finished }) => (finished.length === 0 ? ['rest'] : null),
  })
  const { calls } = await server.run({ message: 'Go.' }).result
  expect(model.requests.map(({ tools }) => tools?.map(({ name }) => name))).toEqual([
    ['rest'],
    ['work', 'rest'],
  ])
  expect(calls[0]?.errorCode).toBe('unknown-tool')
})

const secret = 'sk-canary-81f2a9'

test('T-24 a credential comes from the host for this principal, and is in no log, result, progress or error', async () => {
  const asked: object[] = []
  const seen: unknown[] = []
  const said: unknown[] = []
  const leaks = [
    (value: string) => ({ echoed: `Bearer ${value}`, [value]: 1 }),
    (value: string) => {
      throw new Error(`401 for ${value}`)
    },
    (value: string) => {
      throw new ToolError(`The key ${value} was refused.`)
    },
  ]
  for (const leak of leaks) {
    const tool = work({
      async execute(_: unknown, { credential, progress }: ExecuteContext) {
        const first = await credential?.('crm')
        const fresh = await credential?.('crm', { refresh: true })
        seen.push(first?.value, fresh?.value)
        progress(`with ${fresh?.value}`)
        said.push(JSON.stringify(fresh))
        return leak(fresh?.value ?? '')
      },
    })
    const server = createToolServer({
      model: scriptedModel(steps),
      tools: [tool],
      credentials(request) {
        asked.push(request)
        return { type: 'bearer', value: request.refresh ? secret : `old-${secret}` }
      },
      onEvent: (info) => said.push(JSON.stringify(info)),
      onError: ({ error }) =>
        said.push(error instanceof Error ? [error.message, error.stack] : error),
    })
    const { messages } = await server.run({ message: 'Go.', principal: { id: 'me' } }).result
    said.push(messages)
    await server.close()
  }
  expect(seen.slice(0, 2)).toEqual([`old-${secret}`, secret])
  expect(asked[1]).toEqual({
    name: 'crm',
    principal: { id: 'me' },
    toolName: 'work',
    refresh: true,
  })
  expect(JSON.stringify(said)).toContain('[secret]')
  expect(JSON.stringify(said)).not.toContain(secret)
})

test('a user without a credential is told so, and a token that ran out is asked for anew', async () => {
  const tool = work({
    execute: async (_: unknown, { credential }: ExecuteContext) =>
      (await credential?.('crm'))?.type,
  })
  expect(await run({ tools: [tool] })).toBe('no-credential')
  expect(await run({ tools: [tool], credentials: () => null })).toBe('no-credential')
  let given = 0
  const twice = work({
    async execute(_: unknown, { credential }: ExecuteContext) {
      await credential?.('crm')
      await credential?.('crm')
      return given
    },
  })
  const credentials = () => ({ type: 'bearer', value: `token-${++given}`, expiresAt: 1 }) as const
  expect(await run({ tools: [twice], credentials })).toBe(2)
})
