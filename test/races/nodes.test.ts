import { expect, test } from 'vitest'
import type { ConversationEvent } from '../../src/protocol/index.ts'
import { memoryStore } from '../../src/stores/index.ts'
import { RawLink } from '../client/raw-link.ts'
import type { RaceNode } from './race-node.ts'
import { that } from './race-wire.ts'
import { Rig, settledOnce } from './rig.ts'

const has = (events: readonly ConversationEvent[], type: ConversationEvent['type']): boolean =>
  events.some((event) => event.type === type)

/** Lets `fault` happen to the first commit of the node that holds an event of `type`. */
function strike(
  node: RaceNode,
  type: ConversationEvent['type'],
  fault: RaceNode['onCommit'],
): void {
  let isOver = false
  node.onCommit = (events, commit) => {
    if (isOver || !has(events, type)) return commit()
    isOver = true
    return fault(events, commit)
  }
}

const ambiguous: readonly (readonly [string, (node: RaceNode) => RaceNode['onCommit']])[] = [
  ['the commit was not done and its answer lost', () => async () => 'unknown'],
  [
    'the commit was done and its answer lost',
    () => async (_, commit) => {
      await commit()
      return 'unknown'
    },
  ],
  [
    'the node died before the commit',
    (node) => async () => {
      node.isDead = true
      return 'unknown'
    },
  ],
  [
    'the node died behind the commit',
    (node) => async (_, commit) => {
      await commit()
      node.isDead = true
      return 'unknown'
    },
  ],
]
const commits = ['turn-started', 'step-finished', 'call-granted', 'call-settled'] as const

test.each(
  ambiguous.flatMap(([what, fault]) => commits.map((type) => [what, type, fault] as const)),
)('race 20: %s, at "%s", and the call is run once all the same', async (_, type, fault) => {
  const rig = new Rig()
  const other = rig.startNode()
  const tab = rig.open('tab')
  const watching = rig.open('watching', { to: other.wire(), tools: [] })
  await rig.world.advance(100)
  strike(rig.node, type, fault(rig.node))
  await rig.say(tab, 3_000)
  if (rig.node.isDead) {
    tab.wire.to = other.wire()
    tab.wire.cut()
  }
  await rig.world.advance(60_000)
  expect(watching.client.getSnapshot().status).toBe('ready')
  expect(await rig.verdict()).toEqual(settledOnce(['tab']))
  expect(rig.errors).toEqual([])
})

test('race 20: a node dies in the middle of a call, and another one says soon that nobody knows, over a durable store too', async () => {
  const rig = new Rig({ store: { ...memoryStore(), durability: 'durable' } })
  rig.node.isDead = true
  const [first, second] = ['first', 'second'].map((name) =>
    rig.startNode({ tools: [rig.tool(name)] }),
  )
  rig.workMs = 10_000
  await rig.say(rig.open('tab', { tools: [], to: first!.wire() }), 2_000)
  first!.isDead = true
  const other = rig.open('other', { tools: [], to: second!.wire() })
  await rig.world.advance(90_000)
  expect(rig.begins).toEqual(['first'])
  expect((await rig.log('call-settled')).map(({ state }) => state)).toEqual(['outcome-unknown'])
  expect(other.client.getSnapshot().status).toBe('ready')
})

test('race 21: two nodes get an answer of the model for the same step, and one of the two counts', async () => {
  const rig = new Rig()
  rig.workMs = 60_000
  const other = rig.startNode()
  rig.open('watching', { to: other.wire(), tools: [] })
  const tab = rig.open('tab')
  await rig.world.advance(100)
  // Whichever is first has its answer, and is away from before its commit until the other has one, too.
  let sleeper: RaceNode | null = null
  for (const node of [rig.node, other])
    strike(node, 'step-finished', async (_, commit) => {
      if (sleeper) return commit()
      sleeper = node
      node.freezer.freeze()
      await node.freezer.passed()
      return commit()
    })
  await rig.say(tab, 1_000)
  expect(await rig.log('step-finished')).toEqual([])
  await rig.world.advance(40_000)
  expect((await rig.log('step-started')).map(({ step }) => step).slice(0, 2)).toEqual([1, 1])
  // Its answer comes while the calls of the other one are open.
  expect((await rig.log('step-finished')).length).toBe(1)
  for (const node of [rig.node, other]) node.freezer.thaw()
  await rig.world.advance(100_000)
  expect(await rig.verdict()).toEqual(settledOnce(['tab']))
  expect(await rig.log('call-created')).toHaveLength(1)
})

test.each([
  ['while the call is suspect, and its result counts', 45_000, 'output-available'],
  ['when the call is closed, and its result is dropped', 200_000, 'outcome-unknown'],
])('race 22: a node that paused with a handler running wakes %s', async (_, pauseMs, outcome) => {
  const rig = new Rig({ tools: [] })
  rig.workMs = 5_000
  const paused = rig.startNode({ tools: [rig.tool('paused')] })
  const other = rig.startNode({ tools: [rig.tool('other')] })
  const tab = rig.open('tab', { to: paused.wire(), tools: [] })
  rig.open('watching', { to: other.wire(), tools: [] })
  await rig.say(tab, 1_000)
  const [runner] = rig.begins
  const sleeper = runner === 'paused' ? paused : other
  sleeper.freezer.freeze()
  await rig.world.advance(pauseMs)
  expect(await rig.log('call-suspected')).toHaveLength(1)
  sleeper.freezer.thaw()
  await rig.world.advance(60_000)
  expect(await rig.verdict()).toEqual(settledOnce([runner ?? ''], outcome))
})

test.each([
  ['while its lease may be renewed, and begins then', 45_000, 1, 'output-available'],
  ['when the call is closed, and does not begin', 200_000, 0, 'outcome-unknown'],
])(
  'race 22: a node that paused with a grant wakes %s [P44]',
  async (_, pauseMs, begins, outcome) => {
    const rig = new Rig({ tools: [] })
    const nodes = ['one', 'two'].map((name) => rig.startNode({ tools: [rig.tool(name)] }))
    for (const node of nodes)
      strike(node, 'call-granted', async (__, commit) => {
        const answer = await commit()
        if (answer === 'committed') node.freezer.freeze()
        return answer
      })
    const [tab] = nodes.map((node, n) => rig.open(`tab ${n}`, { to: node.wire(), tools: [] }))
    await rig.say(tab!, pauseMs)
    expect(await rig.log('call-suspected')).toHaveLength(1)
    for (const node of nodes) node.freezer.thaw()
    await rig.world.advance(60_000)
    expect(rig.begins).toHaveLength(begins)
    expect(await rig.verdict()).toEqual(settledOnce(rig.begins, outcome))
    expect(await rig.log('call-renewed')).toHaveLength(begins)
  },
)

test('race 23: the hints of the store are lost, and the tabs of both nodes still see and do everything', async () => {
  const rig = new Rig()
  const other = rig.startNode()
  const tab = rig.open('tab', { tools: [] })
  rig.open('far', { to: other.wire() })
  await rig.world.advance(100)
  for (const node of [rig.node, other]) node.hasHints = false
  await rig.say(tab, 60_000)
  expect(await rig.verdict()).toEqual(settledOnce(['far']))
})

test('race 28: a tab comes back to a node that reads an old state of the log, and catches up with it', async () => {
  const rig = new Rig()
  const behind = rig.startNode()
  const tab = rig.open('tab')
  await rig.say(tab, 500)
  let isBehind = true
  behind.onRead = (events, after) => (isBehind ? events.slice(0, Math.max(0, 5 - after)) : events)
  tab.wire.to = behind.wire()
  tab.wire.cut()
  await rig.world.advance(8_000)
  isBehind = false
  await rig.world.advance(60_000)
  expect(await rig.verdict()).toEqual(settledOnce(['tab']))
})

test('race 31: the last two calls of a step end at the same moment at two nodes, and the model goes on once', async () => {
  const rig = new Rig({
    assign: 'any',
    steps: [{ toolCalls: [{ toolName: 'work' }, { toolName: 'work' }] }, { text: 'Done.' }],
  })
  const other = rig.startNode()
  const [near, far] = [rig.open('near'), rig.open('far', { to: other.wire() })]
  await rig.world.advance(100)
  // The near tab gets the first that it asks for, the far one the other.
  let claims = 0
  near.wire.up = (frame) => {
    if (frame.includes('"result"')) return 'hold'
    return frame.includes('"claim"') && claims++ > 0 ? 'drop' : 'pass'
  }
  far.wire.up = that('hold', ['"claim"'])
  await rig.say(near, 500)
  far.wire.release()
  far.wire.up = that('hold', ['"result"'])
  await rig.world.advance(5_000)
  expect([...rig.begins].toSorted()).toEqual(['far', 'near'])
  near.wire.release()
  far.wire.release()
  await rig.world.advance(60_000)
  const { begins, ...rest } = settledOnce(rig.begins)
  expect(await rig.verdict()).toEqual({
    begins,
    ...rest,
    outcomes: [...rest.outcomes, ...rest.outcomes],
  })
  expect(await rig.log('step-started')).toHaveLength(2)
})

test('race 45: a server shuts down with a commit under way, and its tab goes on at the next', async () => {
  const rig = new Rig()
  const next = rig.startNode()
  const tab = rig.open('tab')
  await rig.world.advance(100)
  let finish = (): void => {}
  strike(rig.node, 'call-settled', async (_, commit) => {
    await new Promise<void>((resolve) => {
      finish = resolve
    })
    return commit()
  })
  await rig.say(tab, 2_000)
  tab.wire.to = next.wire()
  const closed = rig.node.server.close()
  await rig.world.advance(100)
  finish()
  await rig.world.advance(60_000)
  await closed
  expect(tab.wire.opened).toBe(2)
  expect(await rig.verdict()).toEqual(settledOnce(['tab']))
})

test.each([
  ['once', 20_000, ['tab'], 'tab, attempt 1'],
  ['once', -20_000, ['tab'], 'tab, attempt 1'],
] as const)(
  'race 51: a node whose clock is off looks at a %s call (%i ms), and the call still runs once',
  async (_, skewMs, begins, output) => {
    const rig = new Rig()
    const other = rig.startNode()
    other.skewMs = skewMs
    rig.workMs = 100_000
    rig.open('watching', { to: other.wire(), tools: [] })
    const tab = rig.open('tab')
    await rig.say(tab, 150_000)
    expect(await rig.verdict()).toEqual(settledOnce(begins))
    expect((await rig.log('call-settled'))[0]?.output).toBe(output)
  },
)

test('race 51: a node whose clock is ahead offers an idempotent call again, and one attempt counts', async () => {
  const rig = new Rig({ tool: { idempotent: true } })
  const other = rig.startNode()
  other.skewMs = 25_000
  rig.workMs = 100_000
  rig.open('watching', { to: other.wire() })
  const tab = rig.open('tab')
  await rig.say(tab, 600_000)
  const { begins, ...rest } = await rig.verdict()
  expect(begins.length).toBeLessThanOrEqual(3)
  expect(rest).toMatchObject({ continuations: 1, words: ['Done.'], viewsEqual: true })
  expect(rest.outcomes).toHaveLength(1)
})

test('race 52: a store loses what a living node has seen, and the conversation goes on from what is left', async () => {
  // The store holds one conversation, and the other one pushes it out.
  const rig = new Rig({ store: memoryStore({ maxConversations: 1 }) })
  const tab = rig.open('tab')
  await rig.say(tab, 5_000)
  expect(await rig.verdict()).toEqual(settledOnce(['tab']))
  const other = rig.open('other', { conversationId: 'elsewhere' })
  await rig.world.advance(1_000)
  expect(await rig.store.read('talk', 0)).toEqual([])
  rig.tabs.splice(rig.tabs.indexOf(other), 1)
  other.client.close()
  // This message opens the conversation anew, before the server knows of the tab's tool again.
  await rig.say(tab, 20_000, 'And now?')
  await rig.say(tab, 20_000, 'And the tool?')
  expect(await rig.verdict()).toEqual({
    ...settledOnce(['tab', 'tab']),
    outcomes: ['input-invalid', 'output-available'],
    continuations: 2,
  })
  expect(tab.client.getSnapshot()).toMatchObject({ status: 'ready', error: null })
  expect(rig.errors).toMatchObject([{ code: 'STORE_FAILED' }])
})

test.each([
  ['while it runs', 500],
  ['when all was over', 10_000],
])(
  'race 52: a store forgets the grant of a call %s, and the living node ends the turn all the same',
  async (_, ms) => {
    let inner = memoryStore()
    const rig = new Rig({
      store: {
        durability: 'crash-lossy',
        commit: (...args) => inner.commit(...args),
        read: (...args) => inner.read(...args),
        watch: () => () => {},
      },
    })
    rig.workMs = 5_000
    const tab = rig.open('tab')
    await rig.say(tab, ms)
    const log = await inner.read('talk', 0)
    inner = memoryStore()
    await inner.commit(
      'talk',
      0,
      log.slice(
        0,
        log.findIndex(({ type }) => type === 'call-granted'),
      ),
    )
    // The next commit shows it: the result, or what a passer-by says, who brings no news for the older log.
    tab.wire.up = that('drop', ['"claim"'])
    const raw = await RawLink.open(rig.node.wire() as Parameters<typeof RawLink.open>[0])
    if (ms > 5_000) await raw.ask({ type: 'sync', hash: 'h', tools: [] })
    await rig.world.settle()
    raw.close()
    await rig.world.advance(90_000)
    expect(await rig.verdict()).toEqual(settledOnce(['tab'], 'timed-out'))
  },
)

test('race 52: a store comes back with an older log, and everybody starts over from what it has', async () => {
  const rig = new Rig()
  const tab = rig.open('tab')
  await rig.say(tab, 500)
  expect(rig.begins).toEqual(['tab'])
  const log = await rig.store.read('talk', 0)
  const granted = log.findIndex(({ type }) => type === 'call-granted')
  // The replica that takes over never heard of the grant, and its node of nothing else.
  const older = new Rig()
  await older.store.commit('talk', 0, log.slice(0, granted))
  tab.wire.to = older.node.wire()
  await rig.node.server.close()
  await rig.world.advance(1_000)
  await older.world.advance(1_000)
  await rig.world.advance(10_000)
  await older.world.advance(200_000)
  await rig.world.advance(20_000)
  const settled = await older.log('call-settled')
  expect(settled).toHaveLength(1)
  // What was begun under the lost grant is not begun again.
  expect([...rig.begins, ...older.begins]).toEqual(['tab'])
})
