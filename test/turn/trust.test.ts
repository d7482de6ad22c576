import { expect, test } from 'vitest'
import type { NewCall } from '../../src/protocol/index.ts'
import { Bench, newCall, otherTab, policy, tab } from './bench.ts'

const asked = (change: Partial<NewCall> = {}): Bench =>
  new Bench().start().model([newCall({ callId: 'c', approvalId: 'q', ...change })])

const yes = {
  type: 'decide',
  callId: 'c',
  approvalId: 'q',
  approved: true,
  argsHash: 'hash-c',
  from: tab,
} as const

const edit = { input: { n: 2 }, argsHash: 'hash-2', conflictKeys: [] }

test('a client that does not know that the input was changed is not granted the call [P76]', () => {
  const bench = asked()
  expect(bench.do({ ...yes, edit })).toBe('accepted')
  const claim = { type: 'claim', callId: 'c', attempt: 1, from: otherTab } as const
  expect(bench.do({ ...claim, n: 1 })).toBe('denied')
  expect(bench.do({ ...claim, n: 2, argsHash: 'hash-c' })).toBe('denied')
  expect(bench.do({ ...claim, n: 3, argsHash: 'hash-2' })).toBe('granted')
})

test('an input that nobody checked is refused, and the question stays', () => {
  const bench = asked()
  expect(bench.do({ ...yes, input: { n: 2 } })).toBe('denied')
  expect(bench.stateOf('c')).toBe('approval-requested')
})

test('a decision for another question, input or call changes nothing', () => {
  const bench = asked()
  const { length } = bench.log
  expect(bench.do({ ...yes, approvalId: 'other' })).toBe('conflict')
  expect(bench.do({ ...yes, argsHash: 'other' })).toBe('conflict')
  expect(bench.do({ ...yes, callId: 'other' })).toBe('gone')
  expect(bench.log).toHaveLength(length)
})

test('a yes for the session is kept once, however often it comes, and is taken back as a whole', () => {
  const bench = asked({ toolHash: 'x' })
  for (let n = 0; n < 3; n++) bench.do({ ...yes, keep: 'session', scope: 'bob' })
  expect(bench.state.consents).toEqual([
    { consentId: 'q', toolName: 'edit', toolHash: 'x', scope: 'bob' },
  ])
  bench.do({ type: 'revoke', revokeId: 'r', toolName: 'edit', from: tab })
  expect(bench.state.consents).toEqual([])
})

const sync = (version: number, hash: string, epoch = 1) =>
  ({
    type: 'sync',
    version,
    hash: `all of ${hash}`,
    tools: [{ name: 'edit', hash }],
    from: { clientId: 'tab', epoch },
  }) as const

test('a catalogue that was overtaken by a newer one, or by a later life, is not taken [P72]', () => {
  const bench = new Bench().start()
  expect(bench.do(sync(2, 'b'))).toBe('accepted')
  expect(bench.do(sync(1, 'a'))).toBe('superseded')
  expect(bench.do(sync(1, 'c', 2))).toBe('accepted')
  expect(bench.do(sync(9, 'b'))).toBe('superseded')
  expect(bench.state.catalogs.get('tab')?.tools).toEqual([{ name: 'edit', hash: 'c' }])
})

test('a hash alone is enough where the catalogue is known, and else asks for all of it [P72]', () => {
  const bench = new Bench().start()
  bench.do(sync(1, 'a'))
  const { tools: _, ...known } = sync(2, 'a')
  const { tools: __, ...unknown } = sync(2, 'b')
  const { length } = bench.log
  expect(bench.do(known)).toBe('accepted')
  expect(bench.do({ ...known, capabilities: ['browser'] })).toBe('gone')
  expect(bench.do(unknown)).toBe('gone')
  expect(bench.log).toHaveLength(length)
})

test('a call settles as stale once nobody has its tool as it was, and not before [P74]', () => {
  const bench = new Bench().start().model([newCall({ callId: 'c', toolHash: 'x' })])
  bench.do(sync(1, 'y'))
  // The other tab has the old one.
  expect(bench.stateOf('c')).toBe('queued')
  expect(bench.claim('c', tab)).toBe('denied')
  bench.do({ ...sync(1, 'y'), from: otherTab })
  expect(bench.log.find(({ type }) => type === 'call-settled')).toMatchObject({
    state: 'output-error',
    errorCode: 'stale-tool',
  })
})

test('a call under way is left alone when its tool changes', () => {
  const bench = new Bench().start().model([newCall({ callId: 'c', toolHash: 'x' })])
  bench.claim('c')
  for (const from of [tab, otherTab]) bench.do({ ...sync(1, 'y'), from })
  expect(bench.result('c')).toBe('accepted')
  expect(bench.settled('c')).toEqual(['output-available'])
})

test('who offered a tool and never came for its call is not counted on any more [P75]', () => {
  const bench = new Bench().start().model([newCall({ callId: 'c' })])
  bench.wait(policy.offerTimeoutMs)
  expect(bench.settled('c')).toEqual(['timed-out'])
  expect([...bench.state.catalogs.values()].map(({ isAway }) => isAway)).toEqual([true, true])
  bench.do({ type: 'return', clientId: 'tab' })
  bench.do({ type: 'return', clientId: 'tab' })
  expect(bench.log.filter(({ type }) => type === 'client-returned')).toHaveLength(1)
  expect(bench.state.catalogs.get('tab')?.isAway).toBeUndefined()
})

test('catalogues of clients that never come back are forgotten, the oldest first', () => {
  const bench = new Bench().start()
  for (let n = 0; n < 100; n++) {
    const clientId = `client-${n}`
    bench.do({ ...sync(1, 'x'), from: { clientId, epoch: 1 } })
    bench.do({ type: 'leave', clientId })
  }
  expect(bench.state.catalogs.size).toBe(2 + 32)
  expect(bench.state.catalogs.has('client-99')).toBe(true)
})

test('a host that is against a call ends it before it runs, and not while it does', () => {
  const outcome = { state: 'denied', errorCode: 'not-permitted' } as const
  const bench = new Bench().start().model([newCall({ callId: 'a' }), newCall({ callId: 'b' })])
  bench.claim('a')
  expect(bench.do({ type: 'refuse', callId: 'a', outcome })).toBe('closed')
  expect(bench.do({ type: 'refuse', callId: 'b', outcome })).toBe('accepted')
  expect([bench.stateOf('a'), bench.stateOf('b')]).toEqual(['executing', 'denied'])
})
