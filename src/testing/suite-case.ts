import { ToolwireError, canonicalJson } from '../base/index.ts'

/** One check of a conformance suite, for any test runner: `test(suiteCase.name, suiteCase.run)`. */
export interface SuiteCase {
  readonly name: string
  /** @throws {@link ToolwireError} `SUITE_FAILED`, which says what was promised and what came. */
  readonly run: () => Promise<void>
}

/** Fails the case with `problem` unless `holds`. */
export function demand(holds: boolean, problem: string): asserts holds {
  if (holds) return
  throw new ToolwireError('SUITE_FAILED', problem, {
    hint: 'The interface that the adapter implements says what it promises.',
  })
}

/** Fails the case unless both are the same JSON. */
export function demandEqual(actual: unknown, expected: unknown, what: string): void {
  const [came, wanted] = [actual, expected].map((value) => canonicalJson(value ?? null))
  demand(came === wanted, `${what}: ${came} came, and ${wanted} was to come.`)
}

/** Fails the case with the first of `problems`, where there is one. */
export function demandNone(problems: readonly string[]): void {
  const [first] = problems
  demand(
    first === undefined,
    `${first}${problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''}`,
  )
}
