import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { askHook } from '../../../src/engine/repair/ask-hook.ts'
import type { RepairHook } from '../../../src/engine/repair/options.ts'
import { virtualClock } from '../../../src/testing/index.ts'

test.each<[string, RepairHook]>([
  ['answers', () => ({ input: {} })],
  ['gives nothing', () => null],
  ['throws', () => Promise.reject(new Error('no'))],
  ['lets its time pass', () => new Promise(() => {})],
])('a hook that %s leaves no timer and no listener behind', async (_, hook) => {
  const world = virtualClock()
  const { signal } = new AbortController()
  const request = {
    call: { toolCallId: 'c', toolName: 't' },
    reason: 'malformed',
    inputText: '',
    issues: [],
    tools: [],
    messages: [],
  } as const
  const asked = askHook(request, { hook, timeoutMs: 1_000, world, signal }).catch(() => null)
  expect(world.pendingTimers).toBe(1)
  expect(getEventListeners(signal, 'abort')).toHaveLength(1)
  await world.advance(1_000)
  await asked
  expect(world.pendingTimers).toBe(0)
  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
})
