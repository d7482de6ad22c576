import type { Store } from '../ports/index.ts'
import type { ConversationEvent } from '../protocol/index.ts'

export interface MemoryStoreOptions {
  /** Conversations that are kept; beyond that the one that was longest without a commit is forgotten. */
  readonly maxConversations?: number
}

/** Keeps conversations in this process: for tests, scripts, and hosts that need nothing after a restart. */
export function memoryStore({ maxConversations = 10_000 }: MemoryStoreOptions = {}): Store {
  const logs = new Map<string, ConversationEvent[]>()
  const watchers = new Map<string, Set<() => void>>()

  return {
    durability: 'process',

    async commit(conversationId, expectedVersion, events) {
      const log = logs.get(conversationId) ?? []
      if (log.length !== expectedVersion) return 'conflict'
      log.push(...events)
      // A Map keeps the order of insertion, so the first key is the one longest without a commit.
      logs.delete(conversationId)
      logs.set(conversationId, log)
      const [oldest] = logs.keys()
      if (logs.size > maxConversations && oldest !== undefined) logs.delete(oldest)
      for (const listener of watchers.get(conversationId) ?? []) listener()
      return 'committed'
    },

    async read(conversationId, afterVersion) {
      return logs.get(conversationId)?.slice(afterVersion) ?? []
    },

    watch(conversationId, listener) {
      const listeners = watchers.get(conversationId) ?? new Set()
      watchers.set(conversationId, listeners.add(listener))
      return () => {
        listeners.delete(listener)
        if (listeners.size === 0) watchers.delete(conversationId)
      }
    },
  }
}
