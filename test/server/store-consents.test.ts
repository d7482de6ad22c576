import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { type ToolClient, createToolClient } from '../../src/client/index.ts'
import type { Store } from '../../src/ports/index.ts'
import type { Consent, ToolPart } from '../../src/protocol/index.ts'
import { type ToolServer, createToolServer, storeConsents } from '../../src/server/index.ts'
import { memoryStore } from '../../src/stores/index.ts'
import { type SqlStore, postgresStore } from '../../src/stores/postgres.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import { scriptedModel } from '../../src/testing/index.ts'
import { defineTool } from '../../src/tools/index.ts'
import { memoryTransport } from '../../src/transports/index.ts'
import { dropSchema, needsPostgres, newSchema, url } from '../stores/postgres-server.ts'

const consent: Consent = { consentId: 'question', toolName: 'pay', toolHash: 'hash', scope: '' }

const pay = defineTool({
  name: 'pay',
  description: 'Pays.',
  inputSchema: z.object({}),
  approval: true,
  execute: () => 'paid',
})

interface Node {
  readonly server: ToolServer
  readonly open: () => ToolClient
}

/** A server of its own process, as far as it goes: nothing in common with another but the store. */
function nodeOver(store: Store): Node {
  const wire = memoryTransport()
  const server = createToolServer({
    model: scriptedModel((_, { step }) =>
      step === 0 ? { toolCalls: [{ toolName: 'pay' }] } : { text: 'Done.' },
    ),
    tools: [pay],
    store,
    approvals: { standing: storeConsents(store) },
  })
  server.accept(wire, { id: 'me' })
  return { server, open: () => createToolClient({ transport: wire, tools: [] }) }
}

/** What became of the call that a client's message leads to: it ran, or somebody is asked. */
async function callOf(client: ToolClient): Promise<ToolPart | undefined> {
  await client.send('Pay.')
  const last = (): ToolPart | undefined => client.getSnapshot().calls.at(-1)
  await expect.poll(() => last()?.state).toMatch(/approval-requested|output-available/)
  return last()
}

async function overPostgres(run: (store: SqlStore) => Promise<void>): Promise<void> {
  const schema = newSchema()
  const store = await postgresStore({ url, schema })
  try {
    await run(store)
  } finally {
    await store.close()
    await dropSchema(schema)
  }
}

/** What two servers over one store have in common of what was allowed for always. */
async function share(store: Store): Promise<void> {
  const [a, b] = [nodeOver(store), nodeOver(store)]
  const clients = [a.open(), b.open(), b.open(), a.open()] as const
  const [first, second, third, fourth] = clients
  const asked = await callOf(first)
  expect(asked).toMatchObject({ state: 'approval-requested' })
  await first.approve(asked?.toolCallId ?? '', undefined, 'always')
  await expect.poll(() => first.getSnapshot().status).toBe('ready')
  expect(await callOf(second)).toMatchObject({ state: 'output-available' })
  await second.revoke('pay')
  for (const client of [third, fourth])
    expect(await callOf(client)).toMatchObject({ state: 'approval-requested' })
  for (const client of clients) client.close()
  await Promise.all([a.server.close(), b.server.close()])
}

describe('what a person allowed for always, kept in the store', () => {
  test('holds at another server over the same store, and is taken back for all of them', () =>
    share(memoryStore()))

  test('holds at another server over the same PostgreSQL', async (context) => {
    needsPostgres(context)
    await overPostgres(share)
  })

  test('is no conversation, and outlives those of its user', async () => {
    const store = await sqliteStore({ file: ':memory:' })
    await storeConsents(store).add('me', consent)
    expect(await store.conversations()).toMatchObject({ items: [] })
    await store.deleteConversations({ ownerId: 'me' })
    await store.rebuild()
    expect(await storeConsents(store).find('me', 'pay')).toEqual([consent])
    await store.close()
  })

  test('is kept apart by principal and tool, whatever their names are', async () => {
    const standing = storeConsents(memoryStore())
    const long = 'x'.repeat(1_000)
    await standing.add('me', consent)
    await standing.add(long, { ...consent, toolName: '","' })
    for (const [who, tool] of [
      ['you', 'pay'],
      ['me', 'Pay'],
      [`${long}","`, ''],
    ] as const)
      expect(await standing.find(who, tool)).toEqual([])
    expect(await standing.find(long, '","')).toHaveLength(1)
  })

  test('is complete where servers add at the same time, and an answer of the store is lost', async () => {
    const inner = memoryStore()
    let commits = 0
    const store: Store = {
      ...inner,
      commit: async (...asked) => {
        const answer = await inner.commit(...asked)
        return answer === 'committed' && ++commits % 2 === 0 ? 'unknown' : answer
      },
    }
    const ids = Array.from({ length: 10 }, (_, n) => `question ${n}`)
    const add = async (consentId: string): Promise<void> =>
      storeConsents(store).add('me', { ...consent, consentId })
    await Promise.all([...ids, ...ids].map(add))
    const kept = await storeConsents(store).find('me', 'pay')
    expect(kept.map(({ consentId }) => consentId).toSorted()).toEqual(ids)
  })

  test('does not come back when the yes is said again after it was taken back', async () => {
    const store = memoryStore()
    await storeConsents(store).add('me', consent)
    await storeConsents(store).remove('me', 'pay')
    await storeConsents(store).add('me', consent)
    expect(await storeConsents(store).find('me', 'pay')).toEqual([])
    await storeConsents(store).add('me', { ...consent, consentId: 'another' })
    expect(await storeConsents(store).find('me', 'pay')).toHaveLength(1)
  })
})
