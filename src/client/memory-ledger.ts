import { type World, systemWorld } from '../base/index.ts'
import type { Ledger, LedgerEntry } from '../ports/index.ts'

/** A journal in the memory of this realm: enough for everything but a reload. */
export function memoryLedger(world: World = systemWorld): Ledger {
  return {
    level: 'J0',
    async enter() {
      const entries = new Map<string, LedgerEntry>()
      const hasBegun = (callId: string, attempt: number): boolean =>
        (entries.get(callId)?.attempt ?? 0) >= attempt
      return {
        clientId: world.randomId(),
        epoch: 1,
        hasBegun: async (callId, attempt) => hasBegun(callId, attempt),
        async begin(entry) {
          if (hasBegun(entry.callId, entry.attempt)) return false
          entries.set(entry.callId, entry)
          return true
        },
        async end(callId, attempt, outcome) {
          const entry = entries.get(callId)
          if (entry?.attempt === attempt) entries.set(callId, { ...entry, outcome })
        },
        async acknowledge(callId, attempt) {
          if (entries.get(callId)?.attempt === attempt) entries.delete(callId)
        },
        // What this realm did not finish dies with it.
        orphans: async () => [],
        leave() {},
      }
    },
  }
}
