import type { Page, PageRequest, Store, StoreQueries } from '../../ports/index.ts'
import type { ConversationEvent } from '../../protocol/index.ts'
import { demand, demandEqual } from '../suite-case.ts'
import type { StoreCase } from './bench.ts'
import { callOf, events, opened, turn } from './events.ts'

/** Every item, page by page. */
async function all<T>(ask: (page: PageRequest) => Promise<Page<T>>, limit: number): Promise<T[]> {
  const items: T[] = []
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page: Page<T> = await ask({ limit, ...(cursor !== undefined && { cursor }) })
    demand(page.items.length <= limit, `A page of ${limit} holds ${page.items.length} items.`)
    items.push(...page.items)
    cursor = page.next
  }
  return items
}

/** The case, where the store can be asked at all. Marked, so that a bundler leaves out cases that nobody runs. */
/* @__NO_SIDE_EFFECTS__ */
function queryCase(
  name: string,
  run: (queries: StoreQueries, store: Store) => Promise<void>,
): StoreCase {
  return { name, run: ({ queries, store }) => (queries ? run(queries, store) : Promise.resolve()) }
}

async function commitAll(
  store: Store,
  id: string,
  log: readonly ConversationEvent[],
): Promise<void> {
  // In two commits, so that the second changes what the first left.
  const half = Math.ceil(log.length / 2)
  await store.commit(id, 0, log.slice(0, half))
  demandEqual(await store.commit(id, half, log.slice(half)), 'committed', `The log of "${id}"`)
}

function logOf(spec: Parameters<typeof turn>[0], owner = 'owner'): readonly ConversationEvent[] {
  const { asked, rest } = turn(spec)
  return [opened(spec.at, owner), ...asked, ...rest]
}

const callIds = (items: readonly { readonly callId: string }[]): readonly string[] =>
  items.map(({ callId }) => callId)

export const queryCases: readonly StoreCase[] = [
  queryCase('gives the history with every call in its place', async (queries, store) => {
    const spec = { turnId: 't', at: 1_000, principalId: 'me', isAsked: true }
    const { asked, rest } = turn(spec)
    await store.commit('a', 0, [opened(1_000), ...asked])
    const { input, toolCallId, toolName, argsHash } = callOf(spec)
    const part = { type: 'tool', toolCallId, toolName, input, executor: 'server' }
    const before = await queries.history('a')
    demandEqual(before.items[1]?.parts, [
      {
        ...part,
        state: 'approval-requested',
        approval: { approvalId: 'approval-t', argsHash },
        timings: { createdAt: 1_001 },
      },
    ], 'The call while a person is asked') // prettier-ignore
    await store.commit('a', 1 + asked.length, rest)
    const { items, next } = await queries.history('a')
    demandEqual(
      items.map(({ id }) => id),
      ['user-t', 't-1', 't-2'],
      'The messages',
    )
    const settled = {
      ...part,
      state: 'output-available',
      output: { found: 1 },
      approval: { approvalId: 'approval-t', approved: true, argsHash },
      timings: { createdAt: 1_001, queuedAt: 1_003, startedAt: 1_004, finishedAt: 1_005 },
    }
    demandEqual(items[1]?.parts, [settled], 'The call once it is settled')
    demandEqual(next, null, 'The next page')
    demandEqual((await queries.history('b')).items, [], 'The history of nothing')
  }),
  queryCase('pages through a history from its end', async (queries, store) => {
    const turns = [1, 2, 3].flatMap((n) => {
      const { asked, rest } = turn({ turnId: `t${n}`, at: n * 1_000 })
      return [...asked, ...rest]
    })
    await commitAll(store, 'a', [opened(1), ...turns])
    const first = await queries.history('a', { limit: 2 })
    demandEqual(
      first.items.map(({ id }) => id),
      ['t3-1', 't3-2'],
      'The newest messages',
    )
    const whole = await queries.history('a')
    const backwards = await all((page) => queries.history('a', page), 2)
    demandEqual(
      backwards.map(({ id }) => id).toSorted(),
      whole.items.map(({ id }) => id).toSorted(),
      'The messages of all pages',
    )
  }),
  queryCase(
    'lists conversations, the last changed first, by owner and time',
    async (queries, store) => {
      for (let n = 0; n < 7; n++)
        // Two of them changed at the same moment.
        await store.commit(`c${n}`, 0, [opened(Math.min(n, 5) * 10, n % 2 ? 'odd' : 'even')])
      const listed = await all((page) => queries.conversations(page), 3)
      demandEqual(listed.map(({ id }) => id).slice(2), ['c4', 'c3', 'c2', 'c1', 'c0'], 'The list')
      demandEqual(new Set(listed.map(({ id }) => id)).size, 7, 'Conversations in all pages')
      const odd = await queries.conversations({ ownerId: 'odd', since: 10, until: 50 })
      demandEqual(
        odd.items.map(({ id }) => id),
        ['c3', 'c1'],
        'Those of an owner within a time',
      )
      demandEqual((await queries.conversations({ ownerId: 'o' })).items, [], 'Those of nobody')
    },
  ),
  queryCase('says of a conversation what happened in it', async (queries, store) => {
    await commitAll(store, 'a', logOf({ turnId: 't', at: 1_000 }))
    const { asked } = turn({ turnId: 'u', at: 2_000, principalId: 'me' })
    const { length } = logOf({ turnId: 't', at: 1_000 })
    await store.commit('a', length, asked)
    const { items } = await queries.conversations()
    demandEqual(
      items,
      [
        {
          id: 'a',
          ownerId: 'owner',
          version: length + asked.length,
          createdAt: 1_000,
          updatedAt: 2_001,
          turns: 2,
          tokens: 30,
          turn: { turnId: 'u', principalId: 'me' },
        },
      ],
      'The conversation',
    )
  }),
  queryCase('finds executions by tool, user, state, question and time', async (queries, store) => {
    await commitAll(store, 'a', logOf({ turnId: '1', at: 1_000, principalId: 'ann' }))
    await commitAll(
      store,
      'b',
      logOf({ turnId: '2', at: 2_000, principalId: 'bob', isAsked: true }),
    )
    const third = { turnId: '3', at: 3_000, principalId: 'ann', toolName: 'pay', isAsked: true }
    const { asked } = turn(third)
    await store.commit('c', 0, [opened(3_000), ...asked])
    const find = async (filter: Parameters<StoreQueries['executions']>[0]) =>
      callIds((await queries.executions(filter)).items)
    demandEqual(await find({}), ['call-3', 'call-2', 'call-1'], 'All executions')
    demandEqual(await find({ tool: 'look_up' }), ['call-2', 'call-1'], 'Those of a tool')
    demandEqual(await find({ principal: 'ann' }), ['call-3', 'call-1'], 'Those of a user')
    demandEqual(await find({ principal: 'ann', tool: 'pay' }), ['call-3'], 'Those of both')
    demandEqual(await find({ since: 1_002, until: 3_001 }), ['call-2'], 'Those of a time')
    demandEqual(await find({ state: 'approval-requested' }), ['call-3'], 'Those that wait')
    demandEqual(await find({ asked: true }), ['call-3', 'call-2'], 'Those that were asked about')
    demandEqual(await find({ asked: false }), ['call-1'], 'Those that were not')
    demandEqual(await find({ conversationId: 'b' }), ['call-2'], 'Those of a conversation')
    const paged = await all((page) => queries.executions({ ...page, asked: true }), 1)
    demandEqual(callIds(paged), ['call-3', 'call-2'], 'The executions of all pages')
  }),
  queryCase('keeps everything about an execution', async (queries, store) => {
    const spec = { turnId: 't', at: 1_000, principalId: 'me', isAsked: true }
    await commitAll(store, 'a', logOf(spec))
    const { step: _, timeoutMs, approvalId, ...said } = callOf(spec)
    demandEqual(
      (await queries.executions()).items,
      [
        {
          ...said,
          conversationId: 'a',
          principalId: 'me',
          state: 'output-available',
          output: { found: 1 },
          attempts: 1,
          holder: 'node:a',
          approval: {
            approvalId,
            askedAt: 1_001,
            expiresAt: 2_000,
            approved: true,
            by: 'tab',
            decidedAt: 1_002,
          },
          timings: { createdAt: 1_001, queuedAt: 1_003, startedAt: 1_004, finishedAt: 1_005 },
        },
      ],
      'The execution',
    )
  }),
  queryCase('shows nothing of a commit that met a conflict', async (queries, store) => {
    await store.commit('a', 0, events(2))
    const { asked, rest } = turn({ turnId: 't', at: 9_000 })
    await store.commit('a', 1, [...asked, ...rest])
    demandEqual((await queries.executions()).items, [], 'The executions')
    demandEqual((await queries.history('a')).items, [], 'The history')
    demandEqual((await queries.conversations()).items[0]?.version, 2, 'The version')
  }),
  queryCase('keeps every catalogue', async (queries, store) => {
    const catalog = { clientId: 'tab', tools: [{ name: 'edit', hash: 'x' }], at: 5 }
    await store.commit('a', 0, [
      opened(1),
      { type: 'catalog-changed', hash: 'one', ...catalog },
      { type: 'catalog-changed', hash: 'two', ...catalog },
    ])
    demandEqual(
      await all((page) => queries.catalogs('a', page), 1),
      [
        { ...catalog, hash: 'two', event: 3 },
        { ...catalog, hash: 'one', event: 2 },
      ],
      'The catalogues',
    )
  }),
  queryCase('finds the records of an audit', async (queries, store) => {
    const records = ['ann', 'bob', 'ann'].map((principalId, index) => ({
      type: 'outcome' as const,
      at: index * 10,
      conversationId: `c${index}`,
      toolName: index === 0 ? 'pay' : 'look_up',
      principalId,
      callId: `call-${index}`,
      chain: 'x',
      seq: index + 1,
      previousHash: '',
      hash: String(index),
    }))
    // An audit is a log of its own, which holds records.
    await store.commit('audit:log', 0, records as unknown as readonly ConversationEvent[])
    const find = async (filter: Parameters<StoreQueries['auditRecords']>[1]) =>
      (await queries.auditRecords('log', filter)).items.map(({ seq }) => seq)
    demandEqual((await queries.auditRecords('log')).items, records, 'All records')
    demandEqual(await find({ tool: 'look_up' }), [2, 3], 'Those of a tool')
    demandEqual(await find({ principal: 'ann' }), [1, 3], 'Those of a user')
    demandEqual(await find({ since: 10, until: 20 }), [2], 'Those of a time')
    demandEqual(await find({ conversationId: 'c1' }), [2], 'Those of a conversation')
    demandEqual(await find({ callId: 'call-2', type: 'outcome' }), [3], 'Those of a call')
    demandEqual(await find({ type: 'undo' }), [], 'Those of another kind')
    const paged = await all((page) => queries.auditRecords('log', page), 2)
    demandEqual(paged, records, 'The records of all pages')
    demandEqual((await queries.auditRecords('other')).items, [], 'The records of another audit')
    demandEqual((await queries.conversations()).items, [], 'The conversations')
  }),
]
