import { describe, expect, test } from 'vitest'
import { RawLink } from '../client/raw-link.ts'
import { Bench, newCall, otherTab, policy, tab as holder } from '../turn/bench.ts'
import { that } from './race-wire.ts'
import { Rig, settledOnce } from './rig.ts'

test('race 9: a result is accepted and the reply lost, it is sent again, and counts once', async () => {
  const rig = new Rig()
  const tab = rig.open('tab')
  tab.wire.down = that('drop', ['"r"', 'result:'], 2)
  await rig.say(tab, 60_000)
  expect(tab.wire.sent.filter((frame) => frame.includes('"result"'))).toHaveLength(3)
  expect(await rig.verdict()).toEqual(settledOnce(['tab']))
  expect(rig.origin.stored.size).toBe(1)
})

describe('race 10: a result comes at the moment at which the lease runs out', () => {
  const play = (effect: 'once' | 'idempotent', order: readonly ('sweep' | 'result')[]): Bench => {
    const bench = new Bench().start().model([newCall({ callId: 'c', effect })])
    bench.claim('c')
    bench.now += policy.leaseMs
    for (const step of order) {
      if (step === 'sweep') bench.do({ type: 'tick' })
      else bench.result('c')
    }
    return bench
  }
  test.each([
    ['race 10: and before the sweep it counts', ['result', 'sweep'] as const],
    [
      'race 10: and behind the sweep of a call that runs once it counts, too',
      ['sweep', 'result'] as const,
    ],
  ])('%s', (_, order) => {
    expect(play('once', order).settled('c')).toEqual(['output-available'])
  })

  test('race 10: and behind the sweep of a call that may run again the next attempt decides', () => {
    const bench = play('idempotent', ['sweep', 'result'])
    expect(bench.settled('c')).toEqual([])
    bench.claim('c', otherTab, 2)
    bench.result('c', otherTab, 2)
    expect(bench.settled('c')).toEqual(['output-available'])
  })
})

test.each([
  ['the result first', ['tab', 'other'], 0, 'output-available'],
  ['the cancel first', ['other', 'tab'], 0, 'output-available'],
  ['the result after the grace', ['other', 'tab'], 31_000, 'cancelled'],
])('race 11: result and cancel at once, %s, give one outcome', async (_, order, ms, outcome) => {
  const rig = new Rig()
  const [tab, other] = [rig.open('tab'), rig.open('other')]
  await rig.world.advance(100)
  tab.wire.up = that('hold', ['"result"'])
  other.wire.up = that('hold', ['"cancel"'])
  await rig.say(tab, 2_000)
  other.client.cancel(other.client.getSnapshot().calls[0]?.toolCallId ?? '').catch(() => {})
  await rig.world.settle()
  for (const name of order) {
    for (const { wire } of [tab, other].filter((one) => one.name === name)) wire.release()
    await rig.world.advance(ms)
  }
  await rig.world.advance(40_000)
  expect(await rig.verdict()).toEqual(settledOnce(['tab'], outcome))
})

test('race 12: a call is cancelled while a claim for it is under way, and never begins', async () => {
  const rig = new Rig()
  const [tab, other] = [rig.open('tab'), rig.open('other', { tools: [] })]
  await rig.world.advance(100)
  tab.wire.up = that('hold', ['"claim"'])
  await rig.say(tab, 500)
  await other.client.cancel(other.client.getSnapshot().calls[0]?.toolCallId ?? '')
  tab.wire.release()
  await rig.world.advance(20_000)
  expect(await rig.verdict()).toEqual(settledOnce([], 'cancelled'))
})

test('race 13: a call is cancelled between grant and begin, never begins, and ends at once', async () => {
  const rig = new Rig()
  const [tab, other] = [rig.open('tab'), rig.open('other', { tools: [] })]
  await rig.world.advance(100)
  tab.wire.down = that('hold', ['"r"', 'claim:'])
  await rig.say(tab, 500)
  expect(await rig.log('call-granted')).toHaveLength(1)
  await other.client.cancel(other.client.getSnapshot().calls[0]?.toolCallId ?? '')
  tab.wire.release()
  await rig.world.settle()
  expect(await rig.verdict()).toEqual(settledOnce([], 'cancelled'))
})

test('race 14: a cancel that arrives after the result changes nothing', async () => {
  const rig = new Rig()
  const [tab, other] = [rig.open('tab'), rig.open('other', { tools: [] })]
  await rig.world.advance(100)
  other.wire.up = that('hold', ['"cancel"'])
  await rig.say(tab, 500)
  const { toolCallId = '' } = other.client.getSnapshot().calls[0] ?? {}
  const cancelled = other.client.cancel(toolCallId)
  await rig.world.advance(5_000)
  other.wire.release()
  await rig.world.settle()
  await cancelled
  expect(await rig.verdict()).toEqual(settledOnce(['tab']))
})

test('race 15: a second attempt runs while the result of the first is under way, and one of them counts', async () => {
  const rig = new Rig({ tool: { idempotent: true }, limits: { leaseMs: 10_000 } })
  const tab = rig.open('tab')
  rig.open('other')
  await rig.world.advance(100)
  tab.wire.up = (frame) =>
    frame.includes('"beat"') ? 'drop' : frame.includes('"result"') ? 'hold' : 'pass'
  await rig.say(tab, 10_700)
  expect(rig.begins).toEqual(['tab', 'other'])
  tab.wire.release()
  await rig.world.advance(20_000)
  expect(await rig.verdict()).toEqual(settledOnce(['tab', 'other']))
  expect((await rig.log('call-settled'))[0]?.output).toBe('other, attempt 2')
})

test('race 16: "unknown" of a stale attempt does not end the attempt that runs', () => {
  const bench = new Bench().start().model([newCall({ callId: 'c', effect: 'idempotent' })])
  bench.claim('c')
  bench.wait(policy.leaseMs)
  expect(bench.claim('c', otherTab, 2)).toBe('granted')
  const stale = { type: 'result', callId: 'c', attempt: 1, argsHash: 'hash-c' } as const
  expect(bench.do({ ...stale, state: 'outcome-unknown', from: holder })).toBe('lost')
  expect(bench.result('c', otherTab, 2)).toBe('accepted')
  expect(bench.settled('c')).toEqual(['output-available'])
})

/** A raw client that runs the one call as it likes, beside a tab that looks on. */
async function byHand() {
  const rig = new Rig()
  const watching = rig.open('watching', { tools: [] })
  const raw = await RawLink.open(rig.node.wire() as Parameters<typeof RawLink.open>[0])
  const { hash } = rig.tool('raw').descriptor
  await raw.ask({ type: 'sync', hash: 'h', tools: [{ name: 'work', hash }] })
  await rig.say(watching, 500)
  const { callId = '', argsHash = '' } = (await rig.log('call-created'))[0]?.call ?? {}
  await raw.ask({ type: 'claim', callId, attempt: 1, n: 1 })
  await rig.world.settle()
  const progress = (n: number): Promise<void> =>
    raw.ask({ type: 'beat', callId, attempt: 1, n, progress: `${n} of 9` })
  const result = {
    type: 'result',
    callId,
    attempt: 1,
    argsHash,
    state: 'output-available',
    output: 1,
  } as const
  const shown = (): unknown => watching.client.getSnapshot().calls.at(-1)?.progress
  return { rig, raw, watching, progress, shown, end: () => raw.ask(result) }
}

test('race 53: progress that comes after the end of a call is answered and not shown', async () => {
  const { rig, raw, watching, progress, shown, end } = await byHand()
  await progress(1)
  await rig.world.settle()
  expect(shown()).toBe('1 of 9')
  await end()
  await rig.world.settle()
  const before = watching.client.getSnapshot().calls
  await progress(2)
  await rig.world.settle()
  expect(raw.replies.at(-1)?.[1]).toMatch(/closed|gone/)
  expect(watching.client.getSnapshot().calls).toEqual(before)
  expect(raw.frames.filter(({ k }) => k === 'p')).toHaveLength(1)
  expect((await rig.verdict()).outcomes).toEqual(['output-available'])
})

test('race 54: progress that comes out of order never goes back', async () => {
  const { rig, watching, progress, shown } = await byHand()
  watching.wire.down = that('hold', ['"p"', '1 of 9'])
  await progress(1)
  await progress(2)
  await rig.world.settle()
  expect(shown()).toBe('2 of 9')
  watching.wire.release()
  await rig.world.settle()
  expect(shown()).toBe('2 of 9')
})
