import type { Ledger, LedgerEntry } from '../ports/index.ts'

/** A journal in this page's memory: enough for everything but a reload. */
export function memoryLedger(): Ledger {
  const conversations = new Map<string, Map<string, LedgerEntry>>()
  const of = (conversationId: string): Map<string, LedgerEntry> => {
    const entries = conversations.get(conversationId) ?? new Map<string, LedgerEntry>()
    conversations.set(conversationId, entries)
    return entries
  }
  return {
    level: 'J0',
    async entries(conversationId) {
      return [...of(conversationId).values()]
    },
    async begin(conversationId, entry) {
      const known = of(conversationId).get(entry.callId)
      if (known && known.attempt >= entry.attempt) return false
      of(conversationId).set(entry.callId, entry)
      return true
    },
    async end(conversationId, callId, outcome) {
      const entry = of(conversationId).get(callId)
      if (entry) of(conversationId).set(callId, { ...entry, outcome })
    },
    async acknowledge(conversationId, callId) {
      of(conversationId).delete(callId)
    },
  }
}
