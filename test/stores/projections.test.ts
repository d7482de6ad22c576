// What a store says beside the log is what the log says, whatever happened and however it was committed.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Execution, Store, StoreQueries, StoreUpkeep } from '../../src/ports/index.ts'
import type { Command, ConversationEvent } from '../../src/protocol/index.ts'
import { memoryStore } from '../../src/stores/index.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import { emptyConversation, evolve, messagesOf } from '../../src/turn/index.ts'
import { Bench, newCall, node, otherTab, tab } from '../turn/bench.ts'

const ids = ['c1', 'c2', 'c3', 'c4']
const callId = fc.constantFrom(...ids)
const from = fc.constantFrom(tab, otherTab, node)
const attempt = fc.integer({ min: 1, max: 2 })

const action: fc.Arbitrary<Command | number | 'answer'> = fc.oneof(
  fc.integer({ min: 1, max: 70_000 }),
  fc.constant('answer' as const),
  fc.record({ type: fc.constant('claim' as const), callId, attempt, n: fc.constant(1), from }),
  fc.record({
    type: fc.constant('result' as const),
    callId,
    attempt,
    argsHash: fc.constant('h'),
    state: fc.constantFrom('output-available' as const, 'output-error' as const),
    output: fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue()),
    from,
  }),
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

function play(actions: readonly (Command | number | 'answer')[]): Bench {
  const bench = new Bench()
    .start()
    .model([
      newCall({ callId: 'c1', argsHash: 'h' }),
      newCall({ callId: 'c2', argsHash: 'h', effect: 'idempotent', executor: 'server' }),
      newCall({ callId: 'c3', argsHash: 'h', approvalId: 'a' }),
      newCall({ callId: 'c4', argsHash: 'h', settled: { state: 'input-invalid' } }),
    ])
  for (const next of actions)
    if (typeof next === 'number') bench.wait(next)
    else if (next !== 'answer') bench.do(next)
    else if (bench.state.turn && !bench.state.turn.running) bench.model()
  return bench
}

/** Commits the log in pieces of these sizes. */
async function keep(
  store: Store,
  log: readonly ConversationEvent[],
  sizes: readonly number[],
): Promise<void> {
  for (let at = 0, piece = 0; at < log.length; piece++) {
    const size = sizes[piece % sizes.length] ?? 1
    expect(await store.commit('a', at, log.slice(at, at + size))).toBe('committed')
    at += size
  }
}

const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

async function look(store: Store & StoreQueries & StoreUpkeep): Promise<unknown> {
  return json([
    await store.conversations(),
    (await store.history('a', { limit: 1_000 })).items,
    (await store.executions({ limit: 1_000 })).items,
  ])
}

describe('what a store says beside the log', () => {
  test('is what the log says, by itself, from piece to piece, and made anew', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { maxLength: 30 }),
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 5 }),
        async (actions, sizes) => {
          const { log } = play(actions)
          const sqlite = await sqliteStore({ file: ':memory:' })
          const memory = memoryStore()
          await keep(sqlite, log, sizes)
          await keep(memory, log, [1_000])

          const state = log.reduce(evolve, emptyConversation)
          const { items } = await sqlite.history('a', { limit: 1_000 })
          expect(json(items)).toEqual(json(messagesOf(state)))
          const [conversation] = (await sqlite.conversations()).items
          expect(conversation).toMatchObject({
            ownerId: state.ownerId,
            version: state.version,
            tokens: state.tokens,
            turn: state.turn && { turnId: state.turn.turnId },
          })
          const executions = (await sqlite.executions({ limit: 1_000 })).items
          expect(granted(executions)).toEqual(grantedIn(log))

          const seen = await look(sqlite)
          expect(await look(memory)).toEqual(seen)
          await sqlite.rebuild()
          expect(await look(sqlite)).toEqual(seen)
          await sqlite.close()
        },
      ),
      { numRuns: 150 },
    )
  })
})

/** How often each call was given to somebody. */
function granted(executions: readonly Execution[]): unknown {
  return Object.fromEntries(executions.map((one) => [one.callId, one.attempts]))
}

function grantedIn(log: readonly ConversationEvent[]): unknown {
  return Object.fromEntries(
    ids.map((id) => [
      id,
      log.filter((event) => event.type === 'call-granted' && event.callId === id).length,
    ]),
  )
}
