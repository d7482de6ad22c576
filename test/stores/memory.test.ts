import { describe, expect, test } from 'vitest'
import type { ConversationEvent } from '../../src/protocol/index.ts'
import { memoryStore } from '../../src/stores/index.ts'

const event = (at: number): ConversationEvent => ({
  type: 'conversation-opened',
  ownerId: 'me',
  logId: 'log',
  at,
})

describe('the memory store', () => {
  test('appends at the expected version only [P10]', async () => {
    const store = memoryStore()
    expect(await store.commit('a', 0, [event(1), event(2)])).toBe('committed')
    expect(await store.commit('a', 0, [event(3)])).toBe('conflict')
    expect(await store.commit('a', 2, [event(3)])).toBe('committed')
    expect(await store.read('a', 0)).toEqual([event(1), event(2), event(3)])
    expect(await store.read('a', 2)).toEqual([event(3)])
    expect(await store.read('b', 0)).toEqual([])
  })

  test('lets one of two commits at once through', async () => {
    const store = memoryStore()
    const commits = [store.commit('a', 0, [event(1)]), store.commit('a', 0, [event(2)])]
    expect((await Promise.all(commits)).toSorted()).toEqual(['committed', 'conflict'])
    expect(await store.read('a', 0)).toHaveLength(1)
  })

  test('tells who watches, until they stop', async () => {
    const store = memoryStore()
    let told = 0
    const stop = store.watch('a', () => told++)
    await store.commit('a', 0, [event(1)])
    await store.commit('b', 0, [event(1)])
    expect(told).toBe(1)
    stop()
    await store.commit('a', 1, [event(2)])
    expect(told).toBe(1)
  })

  test('forgets the conversation that was longest without a commit', async () => {
    const store = memoryStore({ maxConversations: 2 })
    await store.commit('a', 0, [event(1)])
    await store.commit('b', 0, [event(1)])
    await store.commit('a', 1, [event(2)])
    await store.commit('c', 0, [event(1)])
    expect(await store.read('b', 0)).toEqual([])
    expect(await store.read('a', 0)).toHaveLength(2)
  })
})
