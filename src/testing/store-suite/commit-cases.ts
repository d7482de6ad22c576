import type { Store } from '../../ports/index.ts'
import type { ConversationEvent } from '../../protocol/index.ts'
import { demand, demandEqual } from '../suite-case.ts'
import type { StoreCase } from './bench.ts'
import { events, opened } from './events.ts'

async function demandLog(
  store: Store,
  id: string,
  expected: readonly ConversationEvent[],
): Promise<void> {
  demandEqual(await store.read(id, 0), expected, `The log of "${id}"`)
}

async function demandAnswer(answer: Promise<string>, expected: string): Promise<void> {
  demandEqual(await answer, expected, 'The answer to a commit')
}

/** Texts that a database may take for something else. */
const oddTexts = ['a\u0000b', '\ud800', "'; drop table x; --", '\\u0000', '🙂', '\u2028', '1e400']
const oddIds = ['a', 'A', 'a ', ' a', 'ä', 'a\u0308', '%', '_', "a'b", 'a"b', '🙂', 'a/b?c#d', '0']

export const commitCases: readonly StoreCase[] = [
  {
    name: 'appends where the log has the expected length, and reads it back in order',
    run: async ({ store }) => {
      const [first, second, third] = events(3)
      if (!first || !second || !third) return
      await demandAnswer(store.commit('a', 0, [first, second]), 'committed')
      await demandAnswer(store.commit('a', 2, [third]), 'committed')
      await demandLog(store, 'a', [first, second, third])
      demandEqual(await store.read('a', 2), [third], 'What is behind the second event')
      demandEqual(await store.read('a', 3), [], 'What is behind the last event')
      demandEqual(await store.read('b', 0), [], 'The log of a conversation that is not there')
    },
  },
  {
    name: 'changes nothing where the log has another length',
    run: async ({ store }) => {
      const log = events(3)
      await demandAnswer(store.commit('a', 1, events(1)), 'conflict')
      await store.commit('a', 0, log)
      for (const expected of [0, 1, 2, 4, 99])
        await demandAnswer(store.commit('a', expected, events(2, 50)), 'conflict')
      await demandLog(store, 'a', log)
    },
  },
  {
    name: 'compares without a change where there is nothing to append',
    run: async ({ store }) => {
      await demandAnswer(store.commit('a', 0, []), 'committed')
      await demandAnswer(store.commit('a', 1, []), 'conflict')
      await demandAnswer(store.commit('a', 0, events(1)), 'committed')
      await demandAnswer(store.commit('a', 1, []), 'committed')
      await demandLog(store, 'a', events(1))
    },
  },
  {
    name: 'lets one of many commits at once through',
    run: async ({ store, another }) => {
      const other = (await another?.()) ?? store
      for (let version = 0; version < 5; version++) {
        const answers = await Promise.all(
          Array.from({ length: 12 }, (_, index) =>
            (index % 2 ? other : store).commit('a', version, [opened(version * 100 + index)]),
          ),
        )
        const committed = answers.filter((answer) => answer === 'committed').length
        demandEqual(committed, 1, `Commits that went through at version ${version}`)
        demandEqual((await store.read('a', 0)).length, version + 1, 'The length of the log')
      }
    },
  },
  {
    name: 'loses nothing of many conversations at once',
    run: async ({ store, another }) => {
      const other = (await another?.()) ?? store
      const ids = Array.from({ length: 20 }, (_, index) => `conversation-${index}`)
      await Promise.all(
        ids.map(async (id, index) => {
          for (let version = 0; version < 5; version++)
            await demandAnswer(
              ((index + version) % 2 ? other : store).commit(id, version, [opened(version)]),
              'committed',
            )
        }),
      )
      for (const id of ids)
        await demandLog(
          store,
          id,
          [0, 1, 2, 3, 4].map((at) => opened(at)),
        )
    },
  },
  {
    name: 'keeps conversations apart whose ids look alike',
    run: async ({ store }) => {
      for (const [at, id] of oddIds.entries()) await store.commit(id, 0, [opened(at)])
      for (const [at, id] of oddIds.entries()) await demandLog(store, id, [opened(at)])
    },
  },
  {
    name: 'gives every text back as it was',
    run: async ({ store }) => {
      const log = oddTexts.map((text, at) => opened(at, text))
      await store.commit('a', 0, log)
      await demandLog(store, 'a', log)
    },
  },
  {
    name: 'takes a large event, and many at once',
    run: async ({ store }) => {
      const large = opened(1, 'ü'.repeat(1_000_000))
      await demandAnswer(store.commit('a', 0, [large]), 'committed')
      await demandAnswer(store.commit('a', 1, events(3_000)), 'committed')
      const log = await store.read('a', 0)
      demandEqual(log.length, 3_001, 'The length of the log')
      demandEqual(log.at(-1), opened(3_000), 'The last event')
      demand(JSON.stringify(log[0]) === JSON.stringify(large), 'The large event came back changed.')
    },
  },
  {
    name: 'shows what one commits to the other',
    run: async ({ store, another }) => {
      const other = await another?.()
      if (!other) return
      await store.commit('a', 0, events(2))
      await demandLog(other, 'a', events(2))
      await demandAnswer(other.commit('a', 1, events(1)), 'conflict')
      await demandAnswer(other.commit('a', 2, events(1, 9)), 'committed')
      await demandLog(store, 'a', [...events(2), ...events(1, 9)])
    },
  },
]
