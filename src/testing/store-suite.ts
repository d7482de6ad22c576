import type { Store, StoreQueries, StoreUpkeep } from '../ports/index.ts'
import { commitCases } from './store-suite/commit-cases.ts'
import { queryCases } from './store-suite/query-cases.ts'
import type { StoreBench, StoreCase } from './store-suite/bench.ts'
import { upkeepCases } from './store-suite/upkeep-cases.ts'
import { watchCases } from './store-suite/watch-cases.ts'
import type { SuiteCase } from './suite-case.ts'

export interface StoreSuiteOptions {
  /** Of the store, for the names of the cases. */
  readonly name: string
  /** Opens an empty store, anew for each case. */
  readonly open: () => StoreBench | Promise<StoreBench>
  /** How long a case waits for what has to come, in milliseconds. Default 5,000. */
  readonly patienceMs?: number
}

/**
 * Every promise of the `Store` port as a case, and those of `StoreQueries` and `StoreUpkeep`, for whoever writes a
 * store: `for (const { name, run } of storeSuite(options)) test(name, run)`.
 *
 * A case that needs what the bench has not passes: a second way to the data, the queries, the upkeep.
 */
export function storeSuite(options: StoreSuiteOptions): readonly SuiteCase[] {
  const { name, open, patienceMs = 5_000 } = options
  const cases: readonly StoreCase[] = [
    ...commitCases,
    ...watchCases(patienceMs),
    ...queryCases,
    ...upkeepCases,
  ]
  return cases.map((each) => ({
    name: `${name}: ${each.name}`,
    run: async () => {
      const bench = await open()
      try {
        await each.run({ ...bench, ...able(bench.store) })
      } finally {
        await bench.close?.()
      }
    },
  }))
}

/** What the store can do beside the log. */
function able(store: Store & Partial<StoreQueries & StoreUpkeep>): {
  queries?: StoreQueries
  upkeep?: StoreUpkeep
} {
  return {
    ...(store.conversations && { queries: store as StoreQueries }),
    ...(store.deleteConversations && { upkeep: store as unknown as StoreUpkeep }),
  }
}
