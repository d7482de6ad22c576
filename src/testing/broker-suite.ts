import type { BrokerBench, BrokerTraits } from './broker-suite/bench.ts'
import { cutCases } from './broker-suite/cut-cases.ts'
import { limitCases } from './broker-suite/limit-cases.ts'
import { messageCases } from './broker-suite/message-cases.ts'
import { runCases } from './broker-suite/run-cases.ts'
import { Stand, type StandCase } from './broker-suite/stand.ts'
import type { SuiteCase } from './suite-case.ts'

export interface BrokerSuiteOptions {
  /** Of the broker, for the names of the cases. */
  readonly name: string
  /** Two nodes that share one broker, anew for each case, with names that no other case has used. */
  readonly open: () => BrokerBench | Promise<BrokerBench>
  readonly traits?: BrokerTraits
  /** How long a case waits for what has to come, in milliseconds. Default 5,000. */
  readonly patienceMs?: number
}

/**
 * Every promise of the `Broker` port as a case, for whoever writes a broker:
 * `for (const { name, run } of brokerSuite(options)) test(name, run)`.
 *
 * Messages have to come whole, in order and only to who listens; limits and leases are counted once for all nodes;
 * and a broker that is cut off says so, holds nobody up, and comes back. What is optional in the port, and a cut
 * that the bench cannot make, passes where it is absent. Limits and leases take real time, some tenths of a second.
 */
export function brokerSuite(options: BrokerSuiteOptions): readonly SuiteCase[] {
  const { name, open, patienceMs = 5_000 } = options
  const traits = { maxMessageBytes: 1_000_000, ...options.traits }
  const cases: readonly StandCase[] = [
    ...messageCases(traits),
    ...limitCases,
    ...runCases,
    ...cutCases,
  ]
  return cases.map((each) => ({
    name: `${name}: ${each.name}`,
    run: () => Stand.with({ open, patienceMs }, each.run),
  }))
}
