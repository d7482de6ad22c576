// The suite passes a good store, and finds each fault that a store may have.
import { expect, test } from 'vitest'
import type { Store, StoreQueries, StoreUpkeep } from '../../src/ports/index.ts'
import { memoryStore } from '../../src/stores/index.ts'
import { storeSuite } from '../../src/testing/index.ts'

type Whole = Store & StoreQueries & StoreUpkeep

async function failuresOf(open: () => Store & Partial<Whole>): Promise<readonly string[]> {
  const failed: string[] = []
  for (const { name, run } of storeSuite({
    name: 'x',
    open: () => ({ store: open() }),
    patienceMs: 50,
  }))
    await run().catch((error: unknown) => {
      expect(error).toMatchObject({ code: 'SUITE_FAILED' })
      failed.push(name)
    })
  return failed
}

/** A store that does one thing wrong. */
function faulty(fault: (good: Whole) => Partial<Whole>): () => Whole {
  return () => {
    const good = memoryStore()
    return { ...good, ...fault(good) }
  }
}

const faults: Record<string, () => Whole> = {
  'compares nothing': faulty((good) => ({
    commit: async (id, _, events) => good.commit(id, (await good.read(id, 0)).length, events),
  })),
  'leaves gaps': faulty((good) => ({
    commit: async (id, version, events) => {
      const { length } = await good.read(id, 0)
      return good.commit(id, Math.min(version, length), events)
    },
  })),
  'compares and sets apart': faulty((good) => ({
    commit: async (id, version, events) => {
      const { length } = await good.read(id, 0)
      await Promise.resolve()
      if (length !== version) return 'conflict'
      const append = async () => good.commit(id, (await good.read(id, 0)).length, events)
      while ((await append()) !== 'committed');
      return 'committed'
    },
  })),
  'keeps half of a commit': faulty((good) => ({
    commit: (id, version, events) => good.commit(id, version, events.slice(0, 1)),
  })),
  'forgets where to read from': faulty((good) => ({ read: (id) => good.read(id, 0) })),
  'knows no case': faulty((good) => ({
    commit: (id, version, events) => good.commit(id.toLowerCase(), version, events),
    read: (id, after) => good.read(id.toLowerCase(), after),
  })),
  'cuts texts at a zero': faulty((good) => ({
    read: async (id, after) => {
      const text = JSON.stringify(await good.read(id, after))
      return JSON.parse(text.replaceAll('\\u0000b', ''))
    },
  })),
  'tells nobody': faulty(() => ({ watch: () => () => {} })),
  'tells on': faulty((good) => ({
    watch: (id, listener) => {
      good.watch(id, listener)
      return () => {}
    },
  })),
  'loses the last of a page': faulty((good) => ({
    executions: async (filter) => {
      const { items, next } = await good.executions(filter)
      return { items: next === null ? items : items.slice(0, -1), next }
    },
  })),
  'deletes too little': faulty(() => ({ deleteConversations: async () => 1 })),
  'deletes too much': faulty((good) => ({
    deleteConversations: async (filter) => {
      await good.deleteAudit('log')
      return good.deleteConversations(filter)
    },
  })),
}

test('a good store passes, and one that is only a log', async () => {
  expect(await failuresOf(memoryStore)).toEqual([])
  const onlyLog = (): Store => {
    const good = memoryStore()
    return {
      durability: good.durability,
      commit: (id, version, events) => good.commit(id, version, events),
      read: (id, after) => good.read(id, after),
      watch: (id, listener) => good.watch(id, listener),
    }
  }
  expect(await failuresOf(onlyLog)).toEqual([])
})

test.each(Object.entries(faults))('a store that %s is found out', async (_, open) => {
  expect(await failuresOf(open)).not.toEqual([])
})
