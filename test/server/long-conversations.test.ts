// What a turn costs does not grow with the turns before it, as far as that is in our hands.
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import type { Store } from '../../src/ports/index.ts'
import { createToolServer } from '../../src/server/index.ts'
import { memoryStore } from '../../src/stores/index.ts'
import { scriptedModel } from '../../src/testing/index.ts'
import { defineTool } from '../../src/tools/index.ts'

const look = defineTool({
  name: 'look',
  description: 'Looks.',
  inputSchema: z.object({}),
  readOnly: true,
  execute: () => 'seen',
})

/** A store that counts the events that are read from it. */
function countingStore() {
  const inner = memoryStore()
  const counts = { read: 0 }
  const store: Store = {
    durability: 'process',
    commit: (...given) => inner.commit(...given),
    watch: (...given) => inner.watch(...given),
    async read(...given) {
      const events = await inner.read(...given)
      counts.read += events.length
      return events
    },
  }
  return { store, counts, inner }
}

/** A server whose model asks for a tool and then says how many messages it was told. */
function open(store: Store, toolCallId = 'call') {
  const model = scriptedModel(
    ({ messages }, { step }) =>
      step === 0
        ? { toolCalls: [{ toolName: 'look', toolCallId }] }
        : { text: `${messages.length} messages` },
    { record: false },
  )
  const server = createToolServer({ model, tools: [look], store })
  return {
    server,
    /** One turn, after which nobody here needs the conversation. */
    turn: async (): Promise<string> => {
      const { text } = await server.run({ conversationId: 'c', message: 'Go.' }).result
      while (server.health().conversations > 0) await new Promise(setImmediate)
      return text
    },
  }
}

describe('a conversation that nobody needed for a while', () => {
  test('is not read again from its start for each turn', async () => {
    const { store, counts, inner } = countingStore()
    const { server, turn } = open(store)
    for (let n = 0; n < 40; n++) await turn()
    const before = counts.read
    expect(await turn()).toBe('122 messages')
    // Its last event, by which it is known, and nothing else; the log has far more.
    expect(counts.read - before).toBeLessThanOrEqual(5)
    expect((await inner.read('c', 0)).length).toBeGreaterThan(400)
    await server.close()
  })

  test('goes on with what another server did in it meanwhile', async () => {
    const store = memoryStore()
    const [one, other] = [open(store), open(store)]
    for (let n = 0; n < 30; n++) await one.turn()
    await other.turn()
    expect(await one.turn()).toBe('95 messages')
    await one.server.close()
    await other.server.close()
  })

  test('is another one where it was deleted and began anew under its id, shorter or longer', async () => {
    for (const turns of [1, 50]) {
      const store = memoryStore()
      const [one, other] = [open(store), open(store)]
      for (let n = 0; n < 30; n++) await one.turn()
      await store.deleteConversations({ conversationId: 'c' })
      for (let n = 0; n < turns; n++) await other.turn()
      expect(await one.turn()).toBe(`${turns * 3 + 2} messages`)
      await one.server.close()
      await other.server.close()
    }
  })
})

test('calls of a provider that repeats an id in every answer are numbered on, also after a restart', async () => {
  const store = memoryStore()
  for (let start = 0; start < 2; start++) {
    const { server, turn } = open(store, 'call_0')
    for (let n = 0; n < 6; n++) await turn()
    await server.close()
  }
  const { items } = await store.executions({ limit: 100 })
  const ids = items.map(({ toolCallId }) => toolCallId).toSorted((a, b) => a.length - b.length)
  expect(new Set(ids)).toEqual(
    new Set(['call_0', ...Array.from({ length: 11 }, (_, n) => `call_0_${n + 2}`)]),
  )
  expect(items).toHaveLength(12)
})
