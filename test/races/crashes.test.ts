import { expect, test } from 'vitest'
import { memoryLedger } from '../../src/client/index.ts'
import { Rig, type Tab, settledOnce } from './rig.ts'
import { that } from './race-wire.ts'

/** The writes of a journal in the life of one tab that runs one call, in order. */
const writes = { epoch: 1, begin: 2, end: 3 } as const

/** Kills the tab at a write of its journal, before it is done or right behind it. */
function killAt({ realm }: Tab, write: keyof typeof writes, moment: 'before' | 'behind'): void {
  let count = 0
  realm.onStep = (step) => {
    if (step !== 'update' || ++count !== writes[write]) return
    if (moment === 'before') realm.kill()
    // The write is done by then, and nobody has heard of it.
    else queueMicrotask(() => realm.kill())
  }
}

async function crash(...[write, moment]: [keyof typeof writes, 'before' | 'behind']): Promise<Rig> {
  const rig = new Rig()
  const tab = rig.open('tab')
  killAt(tab, write, moment)
  await rig.say(tab, 5_000)
  expect(tab.realm.isDead).toBe(true)
  rig.open('reloaded', { realm: tab.realm.reload() })
  await rig.world.advance(20_000)
  return rig
}

test('race 5: a tab that crashes between grant and begin runs the call in its next life', async () => {
  const rig = await crash('begin', 'before')
  expect(await rig.verdict()).toEqual(settledOnce(['reloaded']))
})

test('race 6: a tab that crashes between the line "begun" and the effect leaves a call of unknown outcome', async () => {
  const rig = await crash('begin', 'behind')
  expect(await rig.verdict()).toEqual(settledOnce([], 'outcome-unknown'))
})

test('race 7: a tab that crashes between the effect and the line "ended" does not repeat the effect', async () => {
  const rig = await crash('end', 'before')
  expect(await rig.verdict()).toEqual(settledOnce(['tab'], 'outcome-unknown'))
})

test('race 8: a tab that crashes between the line "ended" and the sending hands the result in later', async () => {
  const rig = await crash('end', 'behind')
  expect(await rig.verdict()).toEqual(settledOnce(['tab']))
  expect((await rig.log('call-settled'))[0]?.output).toBe('tab, attempt 1')
})

test('race 29: a reload without a durable journal leaves the call unknown and never runs it again', async () => {
  const rig = new Rig()
  const tab = rig.open('tab', { ledger: memoryLedger(rig.world) })
  await rig.say(tab, 500)
  const reloaded = tab.realm.reload()
  rig.open('reloaded', { realm: reloaded, ledger: memoryLedger(reloaded.world) })
  await rig.world.advance(200_000)
  expect(await rig.verdict()).toEqual(settledOnce(['tab'], 'outcome-unknown'))
})

test('race 30: the last executor closes for ever, and every call ends all the same', async () => {
  const calls = [{ toolName: 'work' }, { toolName: 'work' }]
  const rig = new Rig({ steps: [{ toolCalls: calls }, { text: 'Done.' }] })
  const tab = rig.open('tab')
  await rig.world.advance(100)
  // One call is running, the other was never claimed.
  let claims = 0
  tab.wire.up = (frame) => (frame.includes('"claim"') && claims++ > 0 ? 'drop' : 'pass')
  await rig.say(tab, 500)
  expect(rig.begins).toEqual(['tab'])
  tab.realm.kill()
  await rig.world.advance(200_000)
  rig.open('late', { tools: [] })
  await rig.world.advance(1_000)
  expect(await rig.verdict()).toEqual({
    ...settledOnce(['tab']),
    outcomes: ['timed-out', 'outcome-unknown'],
  })
})

test('race 46: a worker that is killed with a grant in hand, and revived by an alarm, runs the call once', async () => {
  const rig = new Rig()
  const worker = rig.open('worker')
  killAt(worker, 'begin', 'before')
  await rig.say(worker, 45_000)
  expect(await rig.log('call-suspected')).toHaveLength(1)
  const revived = rig.open('revived', { realm: worker.realm.reload() })
  await rig.world.advance(20_000)
  expect(await rig.verdict()).toEqual(settledOnce(['revived']))
  expect(revived.wire.sent.some((frame) => frame.includes('"noBegin":true'))).toBe(true)
})

test('race 47: a page that is frozen while it runs a call goes on where it was', async () => {
  const rig = new Rig()
  const tab = rig.open('tab')
  await rig.say(tab, 500)
  tab.freezer.freeze()
  await rig.world.advance(45_000)
  expect(await rig.log('call-suspected')).toHaveLength(1)
  tab.freezer.thaw()
  await rig.world.advance(20_000)
  expect(await rig.verdict()).toEqual(settledOnce(['tab']))
})

test('race 50: a laptop that slept with a grant on its way begins nothing under it, whatever its clock says', async () => {
  let skewMs = 0
  const rig = new Rig()
  const tab = rig.open('tab', { skewMs: () => skewMs })
  await rig.world.advance(100)
  // A wall clock that jumps makes a fresh grant no older.
  tab.wire.down = that('hold', ['"r"', 'claim:'], 1)
  await rig.say(tab, 1_000)
  skewMs = 3_600_000
  tab.wire.release()
  await rig.world.advance(5_000)
  expect(await rig.verdict()).toEqual(settledOnce(['tab']))
  // Time that passed in the sleep does, though the wall clock was set back.
  tab.wire.down = that('hold', ['"r"', 'claim:'], 1)
  await rig.say(tab, 1_000, 'Again.')
  tab.freezer.freeze()
  await rig.world.advance(600_000)
  skewMs = -3_600_000
  tab.wire.release()
  tab.freezer.thaw()
  await rig.world.advance(60_000)
  expect(rig.begins).toEqual(['tab'])
  expect((await rig.log('call-settled')).map(({ state }) => state)).toEqual([
    'output-available',
    'outcome-unknown',
  ])
})
