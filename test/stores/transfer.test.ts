import { describe, expect, test } from 'vitest'
import type { Store } from '../../src/ports/index.ts'
import { exportConversation, importConversation, memoryStore } from '../../src/stores/index.ts'
import { sqliteStore } from '../../src/stores/sqlite.ts'
import { storyOf } from './story.ts'

const log = [
  { type: 'conversation-opened' as const, ownerId: 'me', logId: 'log', at: 1 },
  ...storyOf('t').flat(),
]

async function linesOf(store: Store): Promise<string[]> {
  const lines: string[] = []
  for await (const line of exportConversation(store, 'a')) lines.push(line)
  return lines
}

async function filled(): Promise<ReturnType<typeof memoryStore>> {
  const store = memoryStore()
  await store.commit('a', 0, log)
  return store
}

describe('a conversation that is exported', () => {
  test('is the same in another store', async () => {
    const from = await filled()
    const to = await sqliteStore({ file: ':memory:' })
    expect(await importConversation(to, await linesOf(from))).toBe('a')
    expect(await to.read('a', 0)).toEqual(log)
    expect(await linesOf(to)).toEqual(await linesOf(from))
    expect(await to.history('a')).toEqual(await from.history('a'))
    expect(await to.executions()).toEqual(await from.executions())
    await to.close()
  })

  test('has to be there', async () => {
    await expect(linesOf(memoryStore())).rejects.toMatchObject({ code: 'STORE_FAILED' })
  })

  test('is one JSON object on each line', async () => {
    const lines = await linesOf(await filled())
    expect(lines).toHaveLength(1 + log.length)
    expect(lines.every((line) => !line.includes('\n'))).toBe(true)
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      toolwire: 'conversation',
      format: 1,
      id: 'a',
      events: log.length,
    })
  })
})

describe('an import', () => {
  /** Damages of an export, and what is said of them. */
  const damages: Record<string, [damage: (lines: string[]) => string[], problem: string]> = {
    'that ends too soon': [(lines) => lines.slice(0, -1), 'and 7 were written'],
    'with a cut line': [(lines) => [...lines.slice(0, -1), '{"type":'], 'Line 8 is no JSON'],
    'with a line too many': [(lines) => [...lines, lines.at(-1) ?? ''], 'has 8 events'],
    'of something else': [() => ['{"name":"x"}'], 'not that of an exported conversation'],
    'of no event': [([head = '']) => [head, '{}'], 'Line 2 is no event'],
    'of nothing': [() => [], 'nothing to import'],
    'of an audit': [
      ([head = '', ...rest]) => [head.replace('"a"', '"audit:log"'), ...rest],
      'does not say which conversation',
    ],
  }
  test.each(Object.entries(damages))('%s is refused as a whole', async (_, [damage, problem]) => {
    const lines = damage(await linesOf(await filled()))
    const to = memoryStore()
    await expect(importConversation(to, lines)).rejects.toMatchObject({
      code: 'IMPORT_REFUSED',
      message: expect.stringContaining(problem),
    })
    expect((await to.conversations()).items).toEqual([])
  })

  test('of a newer format is refused', async () => {
    const [head = '', ...rest] = await linesOf(await filled())
    const newer = [head.replace('"format":1', '"format":2'), ...rest]
    await expect(importConversation(memoryStore(), newer)).rejects.toMatchObject({
      code: 'STORE_NEWER',
      hint: expect.stringContaining('Update'),
    })
  })

  test('changes nothing of a conversation that is there', async () => {
    const from = await filled()
    const to = memoryStore()
    await to.commit('a', 0, log.slice(0, 1))
    await expect(importConversation(to, await linesOf(from))).rejects.toMatchObject({
      code: 'IMPORT_REFUSED',
      message: expect.stringContaining('already'),
    })
    expect(await to.read('a', 0)).toEqual(log.slice(0, 1))
  })
})
