import { expect, test } from 'vitest'
import { memoryLedger } from '../../src/client/index.ts'
import { RawLink } from '../client/raw-link.ts'
import { that } from './race-wire.ts'
import { Rig, settledOnce } from './rig.ts'

test('race 32: a message that comes while a call is suspect waits for its turn, which comes', async () => {
  const rig = new Rig()
  // Another device of the user, whose journal knows nothing of the first.
  const [tab, other] = [rig.open('tab'), rig.open('other', { ledger: memoryLedger(rig.world) })]
  await rig.say(tab, 500)
  tab.realm.kill()
  await rig.world.advance(45_000)
  expect(await rig.log('call-suspected')).toHaveLength(1)
  await rig.say(other, 1_000, 'And now this.')
  expect(await rig.log('turn-queued')).toHaveLength(1)
  expect(await rig.log('call-settled')).toEqual([])
  await rig.world.advance(200_000)
  expect(await rig.verdict()).toEqual({
    ...settledOnce(['tab', 'other']),
    outcomes: ['outcome-unknown', 'output-available'],
    continuations: 2,
  })
  const said = other.client.getSnapshot().messages.filter(({ role }) => role === 'user')
  expect(said.map(({ parts }) => parts)).toMatchObject([
    [{ text: 'Go.' }],
    [{ text: 'And now this.' }],
  ])
})

test('race 33: a turn is stopped with a call open and the message sent again, and the old result changes nothing', async () => {
  const rig = new Rig()
  const tab = rig.open('tab')
  rig.workMs = 10_000
  await rig.say(tab, 500)
  tab.wire.up = that('hold', ['"result"'], 1)
  const stopped = tab.client.stop()
  await rig.world.advance(1_000)
  await stopped
  const again = rig.say(tab, 60_000)
  tab.wire.release()
  await again
  await rig.world.advance(60_000)
  expect(await rig.verdict()).toEqual({
    ...settledOnce(['tab', 'tab']),
    outcomes: ['cancelled', 'output-available'],
    // The stopped turn went on with nothing.
    continuations: 1,
  })
  expect((await rig.log('turn-finished')).map(({ reason }) => reason)).toEqual(['stopped', 'stop'])
})

test('race 35: an answer to a question that nobody answered in time runs nothing', async () => {
  const rig = new Rig({ tool: { approval: true }, limits: { approvalTimeoutMs: 20_000 } })
  const tab = rig.open('tab')
  await rig.say(tab, 500)
  tab.wire.up = that('hold', ['"decide"'])
  const { toolCallId = '' } = tab.client.getSnapshot().calls[0] ?? {}
  const answered = tab.client.approve(toolCallId).then(
    () => 'too late, and no harm',
    (error: unknown) => error,
  )
  await rig.world.advance(21_000)
  tab.wire.release()
  await rig.world.advance(20_000)
  await answered
  expect(await rig.verdict()).toEqual(settledOnce([], 'denied'))
})

test('race 36: consent to another input than the one that is asked about is refused, and the question stays', async () => {
  const rig = new Rig({ tool: { approval: true } })
  const tab = rig.open('tab')
  await rig.say(tab, 500)
  const raw = await RawLink.open(rig.node.wire() as Parameters<typeof RawLink.open>[0])
  const { callId = '', approvalId = '' } = (await rig.log('call-approval-requested'))[0] ?? {}
  const decision = { type: 'decide', callId, approvalId, approved: true } as const
  await raw.ask({ ...decision, argsHash: 'of an input that was edited meanwhile' })
  await rig.world.advance(1_000)
  expect(raw.replies).toEqual([['decide', 'conflict']])
  expect(rig.begins).toEqual([])
  const { toolCallId = '' } = tab.client.getSnapshot().calls[0] ?? {}
  await Promise.all([tab.client.approve(toolCallId), rig.world.advance(5_000)])
  expect(await rig.verdict()).toEqual(settledOnce(['tab']))
})

test('race 55: a message whose reply is lost twice, each time with its link, is one message', async () => {
  const rig = new Rig()
  const tab = rig.open('tab')
  await rig.world.advance(100)
  let lost = 0
  tab.wire.down = (frame) => {
    if (!frame.includes('"k":"r"') || !frame.includes('send:') || lost === 2) return 'pass'
    lost++
    tab.wire.cut()
    return 'drop'
  }
  await rig.say(tab, 60_000)
  expect(tab.wire.opened).toBe(3)
  expect(tab.wire.sent.filter((frame) => frame.includes('"send"'))).toHaveLength(3)
  expect(await rig.verdict()).toEqual(settledOnce(['tab']))
  expect(await rig.log('turn-started')).toHaveLength(1)
})

test('race 60: two conversations get the same call id from the provider, and neither disturbs the other', async () => {
  const toolCalls = [{ toolName: 'work', toolCallId: 'call_1' }]
  const rig = new Rig({ steps: [{ toolCalls }, { text: 'Done.' }] })
  const tab = rig.open('tab')
  // The same realm and journal follow another conversation, too.
  const { client: second } = rig.open('second', { conversationId: 'elsewhere' })
  rig.tabs.pop()
  second.send('Go.').catch(() => {})
  await rig.say(tab, 500)
  const { toolCallId = '' } = second.getSnapshot().calls[0] ?? {}
  expect(tab.client.getSnapshot().calls[0]?.toolCallId).toBe(toolCallId)
  await Promise.all([second.cancel(toolCallId), rig.world.advance(20_000)])
  expect(rig.begins.toSorted()).toEqual(['second', 'tab'])
  expect(await rig.verdict()).toEqual(settledOnce(rig.begins))
  expect(second.getSnapshot().calls.map(({ state }) => state)).toEqual(['cancelled'])
})
