import { expect, test } from 'vitest'
import { that } from './race-wire.ts'
import { Rig, settledOnce } from './rig.ts'

test('race 1: two tabs claim the same offer at once, each at a node of its own, and one begins', async () => {
  const rig = new Rig({ assign: 'any' })
  const other = rig.startNode()
  const [first, second] = [rig.open('first'), rig.open('second', { to: other.wire() })]
  await rig.world.advance(100)
  for (const { wire } of [first, second]) wire.up = that('hold', ['"claim"'])
  await rig.say(first, 1_000)
  const claims = [first, second].map(({ wire }) => wire.sent.filter((f) => f.includes('"claim"')))
  expect(claims.map(({ length }) => length)).toEqual([1, 1])
  for (const { wire } of [first, second]) wire.release()
  await rig.world.advance(20_000)
  const { begins } = await rig.verdict()
  expect(begins).toHaveLength(1)
  expect(await rig.verdict()).toEqual(settledOnce(begins))
})

test('race 2: the reply that grants a claim is lost, the claim is repeated, and the call begins once', async () => {
  const rig = new Rig()
  const tab = rig.open('tab')
  tab.wire.down = that('drop', ['"r"', 'claim:', 'granted'], 1)
  await rig.say(tab, 9_000)
  expect(rig.begins).toEqual([])
  await rig.world.advance(10_000)
  expect(await rig.verdict()).toEqual(settledOnce(['tab']))
  expect(await rig.log('call-granted')).toHaveLength(1)
})

test('race 3: a grant that arrives when the call is closed already begins nothing', async () => {
  const rig = new Rig({ limits: { leaseMs: 10_000, orphanTimeoutMs: 5_000 } })
  const tab = rig.open('tab')
  await rig.world.advance(100)
  let claims = 0
  tab.wire.up = (frame) => (frame.includes('"claim"') && claims++ > 0 ? 'drop' : 'pass')
  // Everything from the grant on is late, the end of the call included.
  let isLate = false
  tab.wire.down = (frame) => {
    isLate ||= frame.includes('call-granted')
    return isLate ? 'hold' : 'pass'
  }
  await rig.say(tab, 20_000)
  expect((await rig.log('call-settled')).map(({ state }) => state)).toEqual(['outcome-unknown'])
  tab.wire.release()
  await rig.world.advance(60_000)
  expect(await rig.verdict()).toEqual(settledOnce([], 'outcome-unknown'))
})

test.each([
  ['before', ['"r"', 'claim:']],
  ['after', ['"e"', 'call-granted']],
])(
  'race 4: the event of the grant arrives %s its reply, and the call begins once',
  async (_, late) => {
    const rig = new Rig()
    const tab = rig.open('tab')
    await rig.world.advance(100)
    let isLate = false
    tab.wire.down = (frame) => {
      const isIt = late.every((word) => frame.includes(word))
      // Events keep their order among each other.
      isLate ||= isIt
      return isIt || (isLate && late[0] === '"e"' && frame.includes('"k":"e"')) ? 'hold' : 'pass'
    }
    await rig.say(tab, 3_000)
    expect(isLate).toBe(true)
    tab.wire.release()
    await rig.world.advance(20_000)
    expect(await rig.verdict()).toEqual(settledOnce(['tab']))
  },
)

test('race 37: a tool is withdrawn between offer and claim: its tab is refused, another one runs the call', async () => {
  const rig = new Rig()
  const tab = rig.open('tab', { tools: [] })
  const withdraw = tab.client.tools.register(rig.tool('tab', tab.realm))
  await rig.world.advance(100)
  tab.wire.up = that('hold', ['"claim"'])
  await rig.say(tab, 1_000)
  withdraw()
  await rig.world.advance(100)
  tab.wire.release()
  await rig.world.advance(1_000)
  expect(rig.begins).toEqual([])
  rig.open('other')
  await rig.world.advance(5_000)
  expect(await rig.verdict()).toEqual(settledOnce(['other']))
})

test('race 38: a tool is withdrawn while its call runs, and the result still counts', async () => {
  const rig = new Rig()
  const tab = rig.open('tab', { tools: [] })
  const withdraw = tab.client.tools.register(rig.tool('tab', tab.realm))
  await rig.say(tab, 500)
  expect(rig.begins).toEqual(['tab'])
  withdraw()
  await rig.world.advance(10_000)
  expect(await rig.verdict()).toEqual(settledOnce(['tab']))
})
