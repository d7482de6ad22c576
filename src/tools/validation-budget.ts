/** Work that is left to do in one validation. */
export interface Budget {
  /** Visits of schemas. */
  steps: number
  /** States of patterns, times characters. */
  matching: number
}

export class OutOfBudget extends Error {}

/** @throws {@link OutOfBudget} */
export function spend(budget: Budget, what: keyof Budget, amount: number): void {
  budget[what] -= amount
  if (budget[what] < 0) throw new OutOfBudget()
}
