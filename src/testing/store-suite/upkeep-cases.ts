import { isToolwireError } from '../../base/index.ts'
import type { Store, StoreQueries, StoreUpkeep } from '../../ports/index.ts'
import type { ConversationEvent } from '../../protocol/index.ts'
import { demand, demandEqual } from '../suite-case.ts'
import type { StoreCase } from './bench.ts'
import { events, opened, turn } from './events.ts'

interface Kept {
  readonly store: Store
  readonly queries: StoreQueries
  readonly upkeep: StoreUpkeep
}

/** The case, where the store has an upkeep. Marked, so that a bundler leaves out cases that nobody runs. */
/* @__NO_SIDE_EFFECTS__ */
function upkeepCase(name: string, run: (kept: Kept) => Promise<void>): StoreCase {
  return {
    name,
    run: ({ store, queries, upkeep }) =>
      queries && upkeep ? run({ store, queries, upkeep }) : Promise.resolve(),
  }
}

/** Three conversations of two owners, and an audit. */
async function fill(store: Store): Promise<void> {
  for (const [n, owner] of ['ann', 'bob', 'ann'].entries()) {
    const { asked, rest } = turn({ turnId: `t${n}`, at: n * 1_000, principalId: owner })
    await store.commit(`c${n}`, 0, [opened(n * 1_000, owner), ...asked, ...rest])
  }
  const record = { type: 'outcome', at: 1, conversationId: 'c0', chain: 'x', seq: 1 }
  // An audit is a log of its own, which holds records.
  await store.commit('audit:log', 0, [record as unknown as ConversationEvent])
}

async function idsOf(queries: StoreQueries): Promise<readonly string[]> {
  const { items } = await queries.conversations()
  return items.map(({ id }) => id)
}

export const upkeepCases: readonly StoreCase[] = [
  upkeepCase(
    'deletes everything of a user, and nothing else',
    async ({ store, queries, upkeep }) => {
      await fill(store)
      demandEqual(await upkeep.deleteConversations({ ownerId: 'ann' }), 2, 'Deleted conversations')
      demandEqual(await idsOf(queries), ['c1'], 'What is left')
      demandEqual(await store.read('c0', 0), [], 'A log that was deleted')
      demandEqual((await queries.executions({ principal: 'ann' })).items, [], 'Their executions')
      demandEqual((await queries.executions({})).items.length, 1, 'The executions of others')
      demandEqual((await store.read('audit:log', 0)).length, 1, 'The audit')
      demandEqual(await upkeep.deleteConversations({ ownerId: 'ann' }), 0, 'Deleted again')
    },
  ),
  upkeepCase(
    'deletes one conversation, which may begin anew',
    async ({ store, queries, upkeep }) => {
      await fill(store)
      demandEqual(await upkeep.deleteConversations({ conversationId: 'c1' }), 1, 'Deleted')
      demandEqual(await idsOf(queries), ['c2', 'c0'], 'What is left')
      demandEqual(await store.commit('c1', 3, events(1)), 'conflict', 'A commit to what is gone')
      demandEqual(await store.commit('c1', 0, events(1)), 'committed', 'A new beginning')
    },
  ),
  upkeepCase('deletes what nobody changed for long', async ({ store, queries, upkeep }) => {
    await fill(store)
    const filter = { unchangedSince: 2_000, ownerId: 'ann' }
    demandEqual(await upkeep.deleteConversations(filter), 1, 'Deleted conversations')
    demandEqual(await idsOf(queries), ['c2', 'c1'], 'What is left')
  }),
  upkeepCase('deletes nothing where it is not told what', async ({ store, queries, upkeep }) => {
    await fill(store)
    const refused = await upkeep.deleteConversations({}).then(
      () => false,
      (error) => isToolwireError(error) && error.code === 'INVALID_OPTIONS',
    )
    demand(refused, 'A deletion of nothing in particular was not refused with INVALID_OPTIONS.')
    demandEqual((await idsOf(queries)).length, 3, 'Conversations that are left')
  }),
  upkeepCase('deletes an audit as a whole', async ({ store, queries, upkeep }) => {
    await fill(store)
    await upkeep.deleteAudit('log')
    demandEqual(await store.read('audit:log', 0), [], 'The audit')
    demandEqual((await queries.auditRecords('log')).items, [], 'Its records')
    demandEqual((await idsOf(queries)).length, 3, 'Conversations that are left')
  }),
  upkeepCase('makes anew what follows from the logs', async ({ store, queries, upkeep }) => {
    await fill(store)
    const look = async (): Promise<unknown> => [
      await queries.conversations(),
      await queries.executions(),
      await queries.history('c0'),
      await queries.auditRecords('log'),
    ]
    const before = await look()
    await upkeep.rebuild()
    demandEqual(await look(), before, 'What follows from the logs')
  }),
]
