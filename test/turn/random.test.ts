// Any commands in any order at any time: the machine keeps its promises.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Command } from '../../src/protocol/index.ts'
import {
  decide,
  emptyConversation,
  evolve,
  isSettled,
  projectState,
  restoreState,
} from '../../src/turn/index.ts'
import { Bench, newCall, node, otherTab, tab } from './bench.ts'

const ids = ['c1', 'c2', 'c3', 'c4', 'c5', 'c6']
const callId = fc.constantFrom(...ids)
const from = fc.constantFrom(tab, otherTab, node, { clientId: 'tab', epoch: 2 })
const attempt = fc.integer({ min: 1, max: 3 })

const action: fc.Arbitrary<Command | number> = fc.oneof(
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 70_000 }) },
  fc.record({ type: fc.constant('stop' as const), turnId: fc.constant('turn-1'), from }),
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('claim' as const),
      callId,
      attempt,
      n: fc.constant(1),
      noBegin: fc.boolean(),
      from,
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('result' as const),
      callId,
      attempt,
      argsHash: fc.constant('h'),
      state: fc.constantFrom(
        'output-available' as const,
        'output-error' as const,
        'cancelled' as const,
      ),
      output: fc.integer(),
      from,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('beat' as const),
      callId,
      attempt,
      n: fc.nat(9),
      from,
    }),
  },
  fc.record({ type: fc.constant('release' as const), callId, attempt, from }),
  fc.record({ type: fc.constant('cancel' as const), callId, from }),
  fc.record({
    type: fc.constant('decide' as const),
    callId,
    approvalId: fc.constant('a'),
    approved: fc.boolean(),
    argsHash: fc.constant('h'),
    from,
  }),
)

function bench(): Bench {
  return new Bench()
    .start()
    .model([
      newCall({ callId: 'c1', argsHash: 'h' }),
      newCall({ callId: 'c2', argsHash: 'h', effect: 'idempotent' }),
      newCall({ callId: 'c3', argsHash: 'h', approvalId: 'a' }),
      newCall({ callId: 'c4', argsHash: 'h', executor: 'server', conflictKeys: ['k'] }),
      newCall({ callId: 'c5', argsHash: 'h', conflictKeys: ['k'] }),
      newCall({ callId: 'c6', argsHash: 'h', settled: { state: 'input-invalid' } }),
    ])
}

function play(actions: readonly (Command | number)[]): Bench {
  const played = bench()
  for (const next of actions) {
    if (typeof next === 'number') played.wait(next)
    else act(played, next)
  }
  return played
}

/** Does `command`, and where it may be sent twice, twice: the second time changes nothing. */
function act(played: Bench, command: Command): void {
  const reply = played.do(command)
  if (reply !== 'accepted' || command.type === 'release') return
  const { version } = played.state
  expect(['accepted', 'gone', 'superseded']).toContain(played.do(command))
  expect(played.state.version).toBe(version)
}

test('every call settles once, nothing runs after its end, and silence ends every turn [P2][P4][P37]', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const played = play(actions)
      // Faults are over; time passes, and the model answers whenever it is asked.
      for (let i = 0; i < 40 && played.state.turn; i++) {
        played.wait(60_000)
        if (
          played.state.turn &&
          !played.state.turn.running &&
          played.state.turn.calls.every(isSettled)
        )
          played.model()
      }
      expect(played.state.turn).toBeNull()
      for (const id of ids) expect(played.settled(id)).toHaveLength(1)
      const over = new Set<string>()
      for (const event of played.log) {
        if (!('callId' in event)) continue
        expect(over.has(event.callId)).toBe(false)
        if (event.type === 'call-settled') over.add(event.callId)
      }
    }),
    { numRuns: 2_000 },
  )
})

test('a call that must not run twice is granted to one life of one holder, unless nothing began [P1]', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 80 }), (actions) => {
      const proven = actions.filter(
        (next) =>
          typeof next === 'object' &&
          (next.type === 'release' || (next.type === 'claim' && next.noBegin === true)),
      )
      fc.pre(proven.length === 0)
      const grants = play(actions).log.filter(
        (event) => event.type === 'call-granted' && event.callId === 'c1',
      )
      expect(grants.length).toBeLessThanOrEqual(1)
    }),
    { numRuns: 1_000 },
  )
})

test('the log alone gives the same state, and a snapshot what a client may see of it [P9][P34]', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
      const { log, state } = play(actions)
      expect(log.reduce(evolve, emptyConversation)).toEqual(state)
      const restored = restoreState(JSON.parse(JSON.stringify(projectState(state))))
      expect(restored.version).toBe(state.version)
      expect(restored.turn?.calls).toEqual(
        JSON.parse(JSON.stringify(state.turn?.calls ?? null)) ?? undefined,
      )
    }),
    { numRuns: 300 },
  )
})

test('deciding changes nothing by itself', () => {
  const { state, now } = bench()
  const before = JSON.stringify(state)
  decide(state, { type: 'claim', callId: 'c1', attempt: 1, n: 1, from: tab }, now)
  expect(JSON.stringify(state)).toBe(before)
})
