import { expect, test } from 'vitest'
import * as z from 'zod'
import { memoryLimiter } from '../../src/guards/memory-limiter.ts'
import { defineTool } from '../../src/tools/index.ts'
import { Rig, settledOnce } from './rig.ts'

const twoCalls = [
  {
    toolCalls: [
      { toolName: 'work', input: {} },
      { toolName: 'work', input: {} },
    ],
  },
  { text: 'Done.' },
]

test('race 57: the circuit opens between the offer of a call and its grant, and the call never begins', async () => {
  const rig = new Rig({ steps: twoCalls, limits: { circuit: { failures: 1 } } })
  const broken = defineTool({
    name: 'work',
    description: 'works',
    inputSchema: z.object({}),
    execute: () => {
      rig.begins.push('tab')
      throw new Error('broken')
    },
  })
  const tab = rig.open('tab', { tools: [broken] })
  await rig.world.advance(100)
  let claims = 0
  tab.wire.up = (frame) => (frame.includes('"claim"') && ++claims === 2 ? 'hold' : 'pass')
  await rig.say(tab, 1_000)
  expect(await rig.log('call-queued')).toHaveLength(2)
  expect(await rig.log('call-settled')).toMatchObject([{ errorCode: 'handler-error' }])
  expect(rig.node.server.health().circuits).toMatchObject({ work: { state: 'open' } })
  tab.wire.release()
  await rig.world.advance(5_000)
  expect(await rig.log('call-settled')).toMatchObject([
    { errorCode: 'handler-error' },
    { state: 'output-error', errorCode: 'circuit-open' },
  ])
  expect(await rig.verdict()).toMatchObject({
    begins: ['tab'],
    outcomes: ['output-error', 'output-error'],
    continuations: 1,
    words: ['Done.'],
    viewsEqual: true,
  })
})

test('race 57: so it is for a server tool that waits for room while the circuit opens', async () => {
  const rig = new Rig({
    steps: twoCalls,
    limits: { circuit: { failures: 1 }, maxConcurrent: 1 },
    tools: [
      defineTool({
        name: 'work',
        description: 'works',
        inputSchema: z.object({}),
        execute: () => {
          rig.begins.push('node')
          return new Promise((_, reject) => rig.world.setTimer(500, () => reject(new Error('x'))))
        },
      }),
    ],
  })
  const tab = rig.open('tab', { tools: [] })
  await rig.say(tab, 5_000)
  expect(await rig.log('call-settled')).toMatchObject([
    { errorCode: 'handler-error' },
    { errorCode: 'circuit-open' },
  ])
  expect(rig.begins).toEqual(['node'])
})

const oncePerMinute = { limit: 1, windowMs: 60_000, by: 'user' } as const

test('race 58: a tab dies with the one place of a rate limit, and the next attempt needs no other', async () => {
  const rig = new Rig({ assign: 'any', tool: { idempotent: true, rateLimit: oncePerMinute } })
  const tabs = [rig.open('first'), rig.open('second')]
  rig.workMs = 10_000
  await rig.say(tabs[0]!, 2_000)
  const [holder = ''] = rig.begins
  const [dying, living] = holder === 'first' ? tabs : tabs.toReversed()
  dying?.realm.kill()
  await rig.world.advance(60_000)
  expect(await rig.verdict()).toEqual(settledOnce([holder, living!.name]))
})

test('race 58: a node dies with the place that all nodes share, and another one goes on with it', async () => {
  const rig = new Rig({ tool: { idempotent: true, rateLimit: oncePerMinute } })
  const limiter = memoryLimiter(rig.world)
  rig.node.isDead = true
  const [first, second] = ['first', 'second'].map((name) =>
    rig.startNode({ tools: [rig.tool(name)], limiter }),
  )
  const tab = rig.open('tab', { tools: [], to: first!.wire() })
  rig.workMs = 10_000
  await rig.say(tab, 2_000)
  expect(rig.begins).toEqual(['first'])
  first!.isDead = true
  const other = rig.open('other', { tools: [], to: second!.wire() })
  await rig.world.advance(120_000)
  expect(rig.begins).toEqual(['first', 'second'])
  expect((await rig.log('call-settled')).map(({ output }) => output)).toEqual(['second, attempt 2'])
  expect(other.client.getSnapshot().status).toBe('ready')
})

test('race 58: a call that dies for good takes its place with it only until the window is over', async () => {
  const rig = new Rig({
    limits: { orphanTimeoutMs: 5_000 },
    tool: { rateLimit: oncePerMinute },
  })
  const tab = rig.open('tab')
  rig.workMs = 10_000
  await rig.say(tab, 2_000)
  tab.realm.kill()
  const next = rig.open('next')
  await rig.world.advance(40_000)
  expect((await rig.log('call-settled')).map(({ state }) => state)).toEqual(['outcome-unknown'])
  await rig.say(next, 1_000)
  expect(await rig.log('call-settled')).toMatchObject([{}, { errorCode: 'rate-limited' }])
  await rig.world.advance(20_000)
  await rig.say(next, 15_000)
  expect(rig.begins).toEqual(['tab', 'next'])
})
