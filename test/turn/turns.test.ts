import { describe, expect, test } from 'vitest'
import type { NewCall } from '../../src/protocol/index.ts'
import { continuation, messagesOf, repeatedPeriod } from '../../src/turn/index.ts'
import { Bench, newCall, node, policy, tab } from './bench.ts'

type Ending = (bench: Bench, call: NewCall) => void

/** How one call of a batch may end. */
const endings: Record<string, { call?: Partial<NewCall>; end: Ending }> = {
  'client tool done': { end: (bench, { callId }) => bench.run(callId) },
  'server tool done': {
    call: { executor: 'server' },
    end: (bench, { callId }) => bench.run(callId, node),
  },
  'tool failed': {
    end(bench, { callId, argsHash }) {
      bench.claim(callId)
      const state = 'output-error'
      bench.do({ type: 'result', callId, attempt: 1, argsHash, state, errorText: 'no', from: tab })
    },
  },
  'input invalid': {
    call: { settled: { state: 'input-invalid', errorText: 'no' } },
    end: () => {},
  },
  'not permitted': { call: { settled: { state: 'denied', errorText: 'no' } }, end: () => {} },
  denied: {
    call: { approvalId: 'q' },
    end: (bench, { callId, argsHash }) =>
      bench.do({ type: 'decide', callId, approvalId: 'q', approved: false, argsHash, from: tab }),
  },
  cancelled: {
    end: (bench, { callId }) => bench.do({ type: 'cancel', callId, from: tab }),
  },
  'never claimed': { end: (bench) => bench.wait(60_000) },
}

describe('a turn goes on exactly once per finished batch [P62]', () => {
  const names = Object.keys(endings)
  for (const first of names)
    for (const second of names)
      test(`${first}, ${second}`, () => {
        const calls = [newCall(endings[first]!.call), newCall({ ...endings[second]!.call })]
        if (calls[1]!.approvalId) calls[1] = { ...calls[1]!, approvalId: 'q' }
        const bench = new Bench().start().model(calls)
        endings[first]!.end(bench, calls[0]!)
        endings[second]!.end(bench, calls[1]!)
        const { turn } = bench.state
        expect(turn && continuation(turn)).toBe('step')
        bench.model()
        expect(bench.state.lastTurn).toMatchObject({ reason: 'stop' })
        expect(bench.log.filter(({ type }) => type === 'step-started')).toHaveLength(2)
        for (const { callId } of calls) expect(bench.settled(callId)).toHaveLength(1)
      })
})

describe('without open calls', () => {
  for (const [finish, reason] of [
    ['stop', 'stop'],
    ['length', 'length'],
    ['content-filter', 'content-filter'],
    ['error', 'error'],
  ] as const)
    test(`finish reason ${finish} ends the turn as ${reason}`, () => {
      const bench = new Bench().start().model([], finish)
      expect(bench.state.turn).toBeNull()
      expect(bench.state.lastTurn).toMatchObject({ reason })
    })
})

describe('with calls', () => {
  test('finish reason stop goes on like tool-calls, since many servers say stop', () => {
    const bench = new Bench()
      .start()
      .model([newCall({ callId: 'c' })], 'stop')
      .run('c')
    expect(bench.state.turn && continuation(bench.state.turn)).toBe('step')
  })

  test('a cut answer runs none of them', () => {
    for (const finish of ['error', 'content-filter'] as const) {
      const bench = new Bench().start().model([newCall({ callId: 'c' })], finish)
      expect(bench.settled('c')).toEqual(['cancelled'])
      expect(bench.state.lastTurn).toMatchObject({ reason: finish })
    }
  })

  test('an answer cut for length goes on, so that the model hears that its call was cut', () => {
    const cut = newCall({ settled: { state: 'input-invalid', errorCode: 'truncated-input' } })
    const bench = new Bench().start().model([cut], 'length')
    expect(bench.state.turn && continuation(bench.state.turn)).toBe('step')
  })
})

describe('a step', () => {
  test('is begun once, whoever else tries', () => {
    const bench = new Bench().start()
    const begin = { type: 'step-begin', turnId: 'turn-1', step: 1 } as const
    expect(bench.do({ ...begin, messageId: 'm', owner: 'node:a' })).toBe('granted')
    expect(bench.do({ ...begin, messageId: 'm', owner: 'node:a' })).toBe('granted')
    expect(bench.do({ ...begin, messageId: 'n', owner: 'node:b' })).toBe('held')
    expect(bench.log.filter(({ type }) => type === 'step-started')).toHaveLength(1)
  })

  test('is taken over after its lease, and then the first owner can commit nothing [P63]', () => {
    const bench = new Bench().start()
    const begin = { type: 'step-begin', turnId: 'turn-1', step: 1 } as const
    bench.do({ ...begin, messageId: 'm', owner: 'node:a' })
    bench.wait(policy.leaseMs)
    expect(bench.do({ ...begin, messageId: 'n', owner: 'node:b' })).toBe('granted')
    const commit = {
      type: 'step-commit',
      turnId: 'turn-1',
      parts: [{ type: 'text', text: 'x' }],
      metadata: {},
      calls: [],
      finishReason: 'stop',
      usage: {},
    } as const
    expect(bench.do({ ...commit, messageId: 'm' })).toBe('lost')
    expect(bench.do({ ...commit, messageId: 'n' })).toBe('accepted')
    expect(messagesOf(bench.state)).toHaveLength(2)
  })

  test('does not begin while a call is open', () => {
    const bench = new Bench().start().model([newCall()])
    const begin = {
      type: 'step-begin',
      turnId: 'turn-1',
      step: 2,
      messageId: 'm',
      owner: 'o',
    } as const
    expect(bench.do(begin)).toBe('lost')
  })
})

describe('stop', () => {
  const stop = { type: 'stop', turnId: 'turn-1', from: tab } as const

  test('ends the turn at once where nothing runs, and cancels what is queued [P61]', () => {
    const bench = new Bench().start().model([newCall({ callId: 'c' })])
    bench.do(stop)
    expect(bench.settled('c')).toEqual(['cancelled'])
    expect(bench.state.lastTurn).toMatchObject({ reason: 'stopped' })
    expect(bench.do(stop)).toBe('gone')
  })

  test('waits for a running handler, and begins no further step', () => {
    const bench = new Bench().start().model([newCall({ callId: 'c' })])
    bench.claim('c')
    bench.do(stop)
    bench.do(stop)
    expect(bench.state.turn?.stopRequested).toBe(true)
    bench.result('c')
    expect(bench.state.lastTurn).toMatchObject({ reason: 'stopped' })
    expect(bench.settled('c')).toEqual(['output-available'])
  })

  test('during a model step keeps what was said and runs none of its calls', () => {
    const bench = new Bench().start()
    const ids = { turnId: 'turn-1', messageId: 'm' }
    bench.do({ type: 'step-begin', ...ids, step: 1, owner: 'o' })
    bench.do(stop)
    bench.do({
      type: 'step-commit',
      ...ids,
      parts: [
        { type: 'text', text: 'So far' },
        { type: 'call', callId: 'c' },
      ],
      metadata: {},
      calls: [newCall({ callId: 'c' })],
      finishReason: 'other',
      usage: {},
    })
    expect(bench.settled('c')).toEqual(['cancelled'])
    expect(messagesOf(bench.state).at(-1)?.parts).toMatchObject([
      { text: 'So far' },
      { state: 'cancelled' },
    ])
  })
})

describe('budgets', () => {
  test('end a turn after its last step, with every call settled', () => {
    const bench = new Bench().start({ maxSteps: 2 })
    bench.model([newCall({ callId: 'a' })]).run('a')
    bench.model([newCall({ callId: 'b' })]).run('b')
    expect(bench.state.lastTurn).toMatchObject({ reason: 'max-steps' })
  })

  test('refuse every call beyond the last that is allowed', () => {
    const bench = new Bench().start({ maxCalls: 2 })
    bench.model([newCall({ callId: 'a' }), newCall({ callId: 'b' }), newCall({ callId: 'c' })])
    expect(bench.settled('c')).toEqual(['output-error'])
    bench.run('a').run('b')
    expect(bench.state.lastTurn).toMatchObject({ reason: 'max-calls' })
  })

  test('end a turn that took too many tokens', () => {
    const bench = new Bench().start({ maxTokens: 20 })
    bench.model([newCall({ callId: 'a' })]).run('a')
    bench.model([newCall({ callId: 'b' })]).run('b')
    expect(bench.state.lastTurn).toMatchObject({ reason: 'max-tokens' })
  })
})

describe('repetition', () => {
  test('is found with every period from 1 to 4, and not before the limit', () => {
    const letters = (text: string): readonly string[] => text.split('')
    for (const cycle of ['A', 'AB', 'ABC', 'ABCD']) {
      expect(repeatedPeriod(letters(cycle.repeat(3)), 3)).toBe(0)
      expect(repeatedPeriod(letters(cycle.repeat(4)), 3)).toBe(cycle.length)
      expect(repeatedPeriod(letters(`XYZ${cycle.repeat(4)}`), 3)).toBe(cycle.length)
    }
    expect(repeatedPeriod(letters('ABCDE'.repeat(9)), 3)).toBe(0)
  })

  test('is refused once with a word to the model, and ends the turn the second time', () => {
    const bench = new Bench().start({ maxRepeats: 3 })
    const again = (n: number): NewCall =>
      newCall({ callId: `${n}`, toolName: 'edit', argsHash: n % 2 ? 'odd' : 'even' })
    for (let n = 0; n < 7; n++) {
      bench.model([again(n)])
      if (bench.stateOf(`${n}`) === 'queued') bench.run(`${n}`)
    }
    expect(bench.settled('6')).toEqual(['output-available'])
    bench.model([again(7)])
    expect(bench.log.at(-1)).toMatchObject({ errorCode: 'repeated-call', state: 'output-error' })
    bench.model([again(8)])
    expect(bench.state.lastTurn).toMatchObject({ reason: 'repeated-calls' })
  })
})

describe('a message during a turn', () => {
  test('waits, and starts its turn in the commit that ends the first [P64]', () => {
    const bench = new Bench().start().start({}, 'turn-2')
    expect(bench.state.queue).toHaveLength(1)
    bench.model()
    expect(bench.state.turn?.turnId).toBe('turn-2')
    expect(bench.log.slice(-2).map(({ type }) => type)).toEqual(['turn-finished', 'turn-started'])
    expect(messagesOf(bench.state).map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
  })

  test('that is sent twice is one message', () => {
    const bench = new Bench().start().start().start({}, 'turn-2').start({}, 'turn-2')
    expect(bench.state.queue).toHaveLength(1)
    bench.model().start()
    expect(bench.state.turn?.turnId).toBe('turn-2')
    expect(bench.state.queue).toHaveLength(0)
  })
})

test('a conversation belongs to who opened it [P13]', () => {
  const bench = new Bench().start()
  expect(bench.do({ type: 'open', ownerId: 'me', logId: 'log' })).toBe('accepted')
  expect(bench.do({ type: 'open', ownerId: 'somebody else', logId: 'x' })).toBe('denied')
})
