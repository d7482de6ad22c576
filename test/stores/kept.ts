import { createReadStream, createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Store, StoreQueries, StoreUpkeep } from '../../src/index.ts'
import { exportConversation, importConversation } from '../../src/server/index.ts'

type HostStore = Store & StoreQueries & StoreUpkeep

const dayMs = 24 * 60 * 60 * 1_000

/** What a host asks of its store, and does to it. */
export function archive(store: HostStore): {
  /** How often each tool failed for a user since a moment. */
  failures: (userId: string, since: number) => Promise<Map<string, number>>
  /** Deletes what nobody touched for 90 days; for a job of every night. */
  sweep: (now: number) => Promise<number>
  /** Everything of a user is gone afterwards. */
  forget: (userId: string) => Promise<number>
  save: (conversationId: string, file: string) => Promise<void>
  load: (file: string) => Promise<string>
} {
  return {
    async failures(userId, since) {
      const counts = new Map<string, number>()
      let cursor: string | null | undefined
      while (cursor !== null) {
        const page = await store.executions({
          principal: userId,
          state: 'output-error',
          since,
          ...(cursor !== undefined && { cursor }),
        })
        for (const { toolName } of page.items) counts.set(toolName, (counts.get(toolName) ?? 0) + 1)
        cursor = page.next
      }
      return counts
    },
    sweep: (now) => store.deleteConversations({ unchangedSince: now - 90 * dayMs }),
    forget: (userId) => store.deleteConversations({ ownerId: userId }),
    async save(conversationId, file) {
      const lines = async function* () {
        for await (const line of exportConversation(store, conversationId)) yield `${line}\n`
      }
      await pipeline(Readable.from(lines()), createWriteStream(file))
    },
    load: (file) => importConversation(store, createInterface({ input: createReadStream(file) })),
  }
}
