import type { SuiteCase } from './suite-case.ts'
import type { TransportBench, TransportTraits } from './transport-suite/bench.ts'
import { cutCases } from './transport-suite/cut-cases.ts'
import { endingCases } from './transport-suite/ending-cases.ts'
import { frameCases } from './transport-suite/frame-cases.ts'
import { openingCases } from './transport-suite/opening-cases.ts'
import { sharingCases } from './transport-suite/sharing-cases.ts'
import { Stand, type StandCase } from './transport-suite/stand.ts'

export interface TransportSuiteOptions {
  /** Of the transport, for the names of the cases. */
  readonly name: string
  /** Sets up both halves of the transport, anew for each case. */
  readonly open: () => TransportBench | Promise<TransportBench>
  /** What this wire cannot do. Default: it can do everything. */
  readonly traits?: TransportTraits
  /** How long a case waits for what has to come, in milliseconds. Default 5,000. */
  readonly patienceMs?: number
}

/**
 * Every promise of the `Transport` and `Listener` ports as a case, for whoever writes a transport:
 * `for (const { name, run } of transportSuite(options)) test(name, run)`.
 *
 * The cases send what a client and a server send: a hello, commands that are answered, progress. They hold the
 * transport to frames that arrive whole and in order, to an end that both sides hear of, and to links that do
 * not mix. A case that needs `cut` or `refuse` passes where the bench has none. An unhandled rejection is for
 * the test runner to report.
 */
export function transportSuite(options: TransportSuiteOptions): readonly SuiteCase[] {
  const { name, open, patienceMs = 5_000 } = options
  const traits = {
    ordersCommands: true,
    tellsCloseFromCut: true,
    maxFrameBytes: 1_000_000,
    ...options.traits,
  }
  const cases: readonly StandCase[] = [
    ...openingCases,
    ...frameCases(traits),
    ...sharingCases,
    ...endingCases(traits),
    ...cutCases(traits),
  ]
  return cases.map((each) => ({
    name: `${name}: ${each.name}`,
    run: () => Stand.with({ open, patienceMs }, each.run),
  }))
}
