import { expect, test } from 'vitest'
import { ToolwireError } from '../../src/base/index.ts'
import { that } from './race-wire.ts'
import { Rig, settledOnce } from './rig.ts'

test('race 17: a duplicated tab, which has a copy of the storage, is another client, and one of them runs the call', async () => {
  const rig = new Rig({ assign: 'any' })
  const tab = rig.open('tab')
  await rig.world.advance(100)
  const copy = rig.open('copy', { realm: tab.realm.duplicate() })
  await rig.world.advance(100)
  await rig.say(tab, 20_000)
  const { begins } = await rig.verdict()
  expect(begins).toHaveLength(1)
  expect(await rig.verdict()).toEqual(settledOnce(begins))
  const ids = [tab, copy].map(({ wire }) => wire.sent.join('\n'))
  expect(ids[0]).not.toBe(ids[1])
  expect(await rig.log('catalog-changed')).toHaveLength(2)
})

test('race 18: a copy of a tab does not call unknown what the first tab is still running', async () => {
  const rig = new Rig()
  const tab = rig.open('tab')
  rig.workMs = 100_000
  await rig.say(tab, 500)
  rig.open('copy', { realm: tab.realm.duplicate() })
  // Suspected meanwhile, as where its beats are lost, the call is still nobody else's to settle.
  tab.wire.up = that('drop', ['"beat"'])
  await rig.world.advance(60_000)
  expect(await rig.log('call-suspected')).toHaveLength(1)
  tab.wire.release()
  await rig.world.advance(60_000)
  expect(await rig.verdict()).toEqual(settledOnce(['tab']))
})

test('race 19: a tab dies with its result written down, and its copy hands that in', async () => {
  const rig = new Rig()
  const tab = rig.open('tab')
  await rig.say(tab, 500)
  const copy = rig.open('copy', { realm: tab.realm.duplicate() })
  tab.wire.up = that('drop', ['"result"'])
  await rig.world.advance(5_000)
  tab.realm.kill()
  await rig.world.advance(60_000)
  expect(await rig.verdict()).toEqual(settledOnce(['tab']))
  expect((await rig.log('call-settled'))[0]?.output).toBe('tab, attempt 1')
  expect(copy.wire.sent.some((frame) => frame.includes('"holder"'))).toBe(true)
})

test('race 34: a question is answered in two tabs at once, and the first answer counts', async () => {
  for (const isYesFirst of [true, false]) {
    const rig = new Rig({ tool: { approval: true } })
    const [yes, no] = [rig.open('yes'), rig.open('no')]
    await rig.world.advance(100)
    for (const { wire } of [yes, no]) wire.up = that('hold', ['"decide"'])
    await rig.say(yes, 500)
    const { toolCallId = '' } = yes.client.getSnapshot().calls[0] ?? {}
    const answers = [yes.client.approve(toolCallId), no.client.deny(toolCallId, 'No.')]
    await rig.world.settle()
    const order = isYesFirst ? [yes, no] : [no, yes]
    for (const { wire } of order) {
      wire.release()
      await rig.world.settle()
    }
    await rig.world.advance(20_000)
    await Promise.all(answers)
    expect(await rig.log('call-decided')).toHaveLength(1)
    expect(await rig.verdict()).toEqual(
      isYesFirst ? settledOnce(['yes']) : settledOnce([], 'denied'),
    )
  }
})

test('race 39: the credentials of a tab expire while it runs a call, and after the refresh its result comes', async () => {
  const rig = new Rig()
  const tab = rig.open('tab')
  await rig.say(tab, 500)
  tab.wire.refuse = new ToolwireError('UNAUTHORIZED', 'The token is too old.')
  tab.wire.cut()
  await rig.world.advance(5_000)
  expect(tab.client.getSnapshot()).toMatchObject({
    connection: 'closed',
    error: { code: 'UNAUTHORIZED' },
  })
  // Another tab signs in anew; the first one is reloaded by its user then.
  rig.open('other')
  await rig.world.advance(1_000)
  rig.open('reloaded', { realm: tab.realm.reload() })
  await rig.world.advance(10_000)
  expect(await rig.verdict()).toEqual(settledOnce(['tab']))
})

test('race 40: another user signs in while a result waits, and it goes to nobody but its own conversation', async () => {
  const rig = new Rig()
  const [stranger, own] = [rig.node.wire('somebody else'), rig.node.wire()]
  const tab = rig.open('tab', { to: own })
  await rig.say(tab, 500)
  tab.wire.up = that('drop', ['"result"'])
  await rig.world.advance(1_000)
  const before = await rig.store.read('talk', 0)
  tab.wire.to = stranger
  tab.wire.release()
  tab.wire.cut()
  await rig.world.advance(5_000)
  expect(tab.client.getSnapshot().connection).toBe('closed')
  expect(await rig.store.read('talk', 0)).toEqual(before)
  // The first user is back.
  rig.open('back', { realm: tab.realm.reload(), to: own })
  await rig.world.advance(10_000)
  expect(await rig.verdict()).toEqual(settledOnce(['tab']))
})
