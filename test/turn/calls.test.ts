import { describe, expect, test } from 'vitest'
import { evolve, isLegal } from '../../src/turn/index.ts'
import { Bench, newCall, node, otherTab, tab } from './bench.ts'

function offered(change: Parameters<typeof newCall>[0] = {}): Bench {
  return new Bench().start().model([newCall({ callId: 'c', ...change })])
}

describe('a claim', () => {
  test('is granted to the first of two tabs, and the other is told that it is held [P40][P41]', () => {
    const bench = offered()
    expect(bench.claim('c', tab)).toBe('granted')
    expect(bench.claim('c', otherTab)).toBe('held')
    expect(bench.call('c')?.phase).toMatchObject({ state: 'executing', holder: 'tab' })
  })

  test('repeated by its holder renews the lease and starts nothing anew', () => {
    const bench = offered()
    bench.claim('c')
    bench.now += 10_000
    expect(bench.claim('c')).toBe('granted')
    expect(bench.log.filter(({ type }) => type === 'call-granted')).toHaveLength(1)
    expect(bench.call('c')?.phase).toMatchObject({ leaseUntil: bench.now + 30_000 })
  })

  test('by a later life of the holder is granted only with the proof that nothing began [P42]', () => {
    const bench = offered()
    bench.claim('c')
    const reborn = { clientId: 'tab', epoch: 2 }
    expect(bench.claim('c', reborn)).toBe('held')
    expect(
      bench.do({ type: 'claim', callId: 'c', attempt: 1, n: 1, noBegin: true, from: reborn }),
    ).toBe('granted')
    expect(bench.claim('c', tab)).toBe('held')
  })

  test('by a client that does not offer the tool is denied', () => {
    const bench = offered({ toolName: 'delete' })
    expect(bench.claim('c')).toBe('denied')
  })

  test('of a client tool by a server node is denied, and the other way round', () => {
    expect(offered().claim('c', node)).toBe('denied')
    expect(offered({ executor: 'server' }).claim('c', tab)).toBe('denied')
    expect(offered({ executor: 'server' }).claim('c', node)).toBe('granted')
  })

  test('for another attempt is lost, after the end closed, and for an unknown call gone', () => {
    const bench = offered()
    expect(bench.claim('c', tab, 2)).toBe('lost')
    expect(bench.claim('nothing')).toBe('gone')
    const two = new Bench().start().model([newCall({ callId: 'a' }), newCall({ callId: 'b' })])
    two.run('a')
    expect(two.claim('a')).toBe('closed')
  })

  test('is refused once a cancel was asked for [P43]', () => {
    const bench = offered()
    bench.claim('c')
    bench.do({ type: 'cancel', callId: 'c', from: otherTab })
    const reborn = { clientId: 'tab', epoch: 2 }
    expect(
      bench.do({ type: 'claim', callId: 'c', attempt: 1, n: 1, noBegin: true, from: reborn }),
    ).toBe('cancel')
    expect(bench.claim('c')).toBe('cancel')
  })
})

describe('a result', () => {
  test('settles the call once; the same again is accepted, another one superseded [P52]', () => {
    const bench = new Bench().start().model([newCall({ callId: 'c' }), newCall({ callId: 'open' })])
    bench.claim('c')
    expect(bench.result('c', tab, 1, 'first')).toBe('accepted')
    expect(bench.result('c', tab, 1, 'first')).toBe('accepted')
    expect(bench.result('c', tab, 1, 'second')).toBe('superseded')
    expect(bench.settled('c')).toEqual(['output-available'])
    expect(bench.call('c')?.phase).toMatchObject({ output: 'first' })
  })

  test('counts only from the holder of the attempt', () => {
    const bench = offered()
    expect(bench.result('c', tab)).toBe('lost')
    bench.claim('c', tab)
    expect(bench.result('c', otherTab)).toBe('lost')
    expect(bench.result('c', tab, 2)).toBe('lost')
    expect(bench.stateOf('c')).toBe('executing')
  })

  test('for another input is a conflict', () => {
    const bench = offered()
    bench.claim('c')
    const forged = {
      type: 'result',
      callId: 'c',
      attempt: 1,
      argsHash: 'other',
      state: 'output-available',
      output: 1,
      from: tab,
    } as const
    expect(bench.do(forged)).toBe('conflict')
    expect(bench.stateOf('c')).toBe('executing')
  })

  test('that is falsy is a result', () => {
    for (const output of [0, '', false, null]) {
      const bench = new Bench()
        .start()
        .model([newCall({ callId: 'c' }), newCall({ callId: 'open' })])
      bench.claim('c')
      bench.result('c', tab, 1, output)
      expect(bench.call('c')?.phase).toMatchObject({ state: 'output-available', output })
    }
  })

  test('after the turn is over finds the call gone', () => {
    const bench = offered().run('c').model()
    expect(bench.state.turn).toBeNull()
    expect(bench.result('c')).toBe('gone')
  })
})

describe('an executor that falls silent', () => {
  test('loses a call that must not run twice to suspicion, and then to unknown [P55]', () => {
    const bench = offered()
    bench.claim('c')
    bench.wait(30_000)
    expect(bench.call('c')?.phase).toMatchObject({
      state: 'executing',
      suspectUntil: bench.now + 90_000,
    })
    bench.wait(90_000)
    expect(bench.settled('c')).toEqual(['outcome-unknown'])
  })

  test('is waited for another lease at most where it is a server, which has no journal [P55]', () => {
    const bench = offered({ executor: 'server' })
    bench.claim('c', node)
    bench.wait(30_000)
    expect(bench.call('c')?.phase).toMatchObject({ suspectUntil: bench.now + 30_000 })
    bench.wait(29_999)
    expect(bench.settled('c')).toEqual([])
    bench.wait(1)
    expect(bench.settled('c')).toEqual(['outcome-unknown'])
  })

  test('may hand in its result while it is only suspect', () => {
    const bench = offered()
    bench.claim('c')
    bench.wait(80_000)
    expect(bench.result('c')).toBe('accepted')
    expect(bench.settled('c')).toEqual(['output-available'])
  })

  test('that beats again is trusted again, and has time to hand in what it has', () => {
    const bench = offered({ timeoutMs: 1_000 })
    bench.claim('c')
    bench.wait(30_500)
    expect(bench.do({ type: 'beat', callId: 'c', attempt: 1, n: 1, from: tab })).toBe('granted')
    bench.wait(1)
    expect(bench.stateOf('c')).toBe('executing')
  })

  test('loses an idempotent call to the next one, three times at the most [P56]', () => {
    const bench = offered({ effect: 'idempotent' })
    for (const attempt of [1, 2]) {
      expect(bench.claim('c', tab, attempt)).toBe('granted')
      bench.wait(30_000)
      expect(bench.call('c')?.phase).toMatchObject({ state: 'queued', attempt: attempt + 1 })
    }
    expect(bench.result('c', tab, 1)).toBe('lost')
    bench.claim('c', tab, 3)
    bench.wait(30_000)
    expect(bench.settled('c')).toEqual(['outcome-unknown'])
  })
})

describe('a deadline', () => {
  test('ends a call that nobody claims', () => {
    const bench = offered().wait(60_000)
    expect(bench.log.at(-1)).toMatchObject({
      type: 'call-settled',
      state: 'timed-out',
      errorCode: 'not-started',
    })
  })

  test.each([
    ['nobody claims again', (bench: Bench) => bench.wait(60_000)],
    [
      'is refused when it is to run again',
      (bench: Bench) => bench.do({ type: 'refuse', callId: 'c', outcome: { state: 'denied' } }),
    ],
  ])(
    'ends a call that ran already and %s as unknown, and not as one that did not run [P56]',
    (_, end) => {
      const bench = offered({ effect: 'idempotent' })
      bench.claim('c')
      bench.wait(30_000)
      expect(bench.call('c')?.phase).toMatchObject({ state: 'queued', attempt: 2 })
      end(bench)
      expect(bench.settled('c')).toEqual(['outcome-unknown'])
    },
  )

  test('ends a call whose holder lives but never finishes [P49]', () => {
    const bench = offered({ timeoutMs: 40_000 })
    bench.claim('c')
    for (let i = 1; i <= 8; i++) {
      bench.do({ type: 'beat', callId: 'c', attempt: 1, n: i, from: tab })
      bench.wait(10_000)
    }
    expect(bench.settled('c')).toEqual(['timed-out'])
  })
})

describe('a cancel', () => {
  test('before the grant is final at once, and nothing begins afterwards [P5][P60]', () => {
    const bench = new Bench().start().model([newCall({ callId: 'c' }), newCall({ callId: 'open' })])
    bench.do({ type: 'cancel', callId: 'c', from: tab })
    expect(bench.settled('c')).toEqual(['cancelled'])
    expect(bench.claim('c')).toBe('closed')
  })

  test('after the grant waits for the holder, whose result is kept', () => {
    const bench = offered()
    bench.claim('c')
    bench.do({ type: 'cancel', callId: 'c', from: otherTab })
    expect(bench.do({ type: 'beat', callId: 'c', attempt: 1, n: 1, from: tab })).toBe('cancel')
    expect(bench.result('c')).toBe('accepted')
    expect(bench.settled('c')).toEqual(['output-available'])
  })

  test('after the grant ends the call no sooner than the lease does [P60]', () => {
    const bench = offered()
    bench.claim('c')
    bench.do({ type: 'cancel', callId: 'c', from: otherTab })
    bench.now += 5_000
    bench.do({ type: 'beat', callId: 'c', attempt: 1, n: 1, from: tab })
    bench.wait(24_999)
    expect(bench.stateOf('c')).toBe('executing')
    bench.wait(1)
    expect(bench.settled('c')).toEqual(['cancelled'])
  })

  test('of an idempotent call keeps it from being offered again', () => {
    const bench = offered({ effect: 'idempotent' })
    bench.claim('c')
    bench.now += 1_000
    bench.do({ type: 'cancel', callId: 'c', from: otherTab })
    bench.wait(29_000)
    expect(bench.call('c')?.phase).toMatchObject({ state: 'executing' })
    bench.wait(1_000)
    expect(bench.settled('c')).toEqual(['cancelled'])
  })

  test('after the end changes nothing', () => {
    const bench = new Bench().start().model([newCall({ callId: 'c' }), newCall({ callId: 'open' })])
    bench.run('c')
    expect(bench.do({ type: 'cancel', callId: 'c', from: tab })).toBe('accepted')
    expect(bench.settled('c')).toEqual(['output-available'])
  })
})

describe('an approval', () => {
  const asked = (): Bench => offered({ approvalId: 'a' })
  const decision = (change: object = {}): Parameters<Bench['do']>[0] => ({
    type: 'decide',
    callId: 'c',
    approvalId: 'a',
    approved: true,
    argsHash: 'hash-c',
    from: tab,
    ...change,
  })

  test('is asked for before the call is offered [P39]', () => {
    const bench = asked()
    expect(bench.stateOf('c')).toBe('approval-requested')
    expect(bench.claim('c')).toBe('lost')
  })

  test('offers the call once, however often it is given', () => {
    const bench = asked()
    expect(bench.do(decision())).toBe('accepted')
    expect(bench.do(decision())).toBe('accepted')
    expect(bench.do(decision({ approved: false }))).toBe('closed')
    expect(bench.log.filter(({ type }) => type === 'call-queued')).toHaveLength(1)
  })

  test('that is denied settles the call with the reason', () => {
    const bench = asked()
    bench.do(decision({ approved: false, reason: 'too risky' }))
    expect(bench.log.at(-1)).toMatchObject({
      state: 'denied',
      errorText: expect.stringContaining('too risky'),
    })
    expect(bench.do(decision())).toBe('closed')
  })

  test('for another question or another input is a conflict', () => {
    expect(asked().do(decision({ approvalId: 'b' }))).toBe('conflict')
    expect(asked().do(decision({ argsHash: 'other' }))).toBe('conflict')
  })

  test('expires, and comes too late afterwards', () => {
    const bench = new Bench()
      .start()
      .model([newCall({ callId: 'c', approvalId: 'a' }), newCall({ callId: 'b', approvalId: 'b' })])
    bench.do({ type: 'cancel', callId: 'b', from: tab })
    bench.wait(600_000)
    expect(bench.settled('c')).toEqual(['denied'])
    expect(bench.do(decision())).toBe('closed')
  })
})

describe('conflicting calls', () => {
  const two = (): Bench =>
    new Bench()
      .start()
      .model([
        newCall({ callId: 'a', conflictKeys: ['hero'] }),
        newCall({ callId: 'b', conflictKeys: ['hero', 'title'] }),
        newCall({ callId: 'c', conflictKeys: ['title'] }),
        newCall({ callId: 'd' }),
      ])

  test('run in the order of the model, and the others at once [P38]', () => {
    const bench = two()
    expect(['a', 'b', 'c', 'd'].map((id) => bench.stateOf(id))).toEqual([
      'queued',
      'input-available',
      'input-available',
      'queued',
    ])
    bench.run('a')
    expect(bench.stateOf('b')).toBe('queued')
    expect(bench.stateOf('c')).toBe('input-available')
    bench.run('b')
    expect(bench.stateOf('c')).toBe('queued')
  })

  test('behind a cancelled one go on', () => {
    const bench = two()
    bench.do({ type: 'cancel', callId: 'a', from: tab })
    expect(bench.stateOf('b')).toBe('queued')
  })
})

test('a settled call takes no further event', () => {
  const bench = new Bench().start().model([newCall({ callId: 'c' }), newCall({ callId: 'open' })])
  bench.run('c')
  const before = bench.call('c')
  const late = {
    type: 'call-settled',
    callId: 'c',
    state: 'output-error',
    errorText: 'late',
    at: 1,
  } as const
  expect(isLegal(bench.state, late)).toBe(false)
  const after = evolve(bench.state, late)
  expect(after.turn?.calls[0]).toBe(before)
  expect(after.version).toBe(bench.state.version + 1)
})
