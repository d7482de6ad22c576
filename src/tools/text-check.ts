import type { ForeignPattern } from './foreign-patterns.ts'
import { type Budget, spend } from './validation-budget.ts'

/** A format of JSON Schema that is asserted. */
export interface TextFormat {
  readonly name: string
  readonly test: (text: string) => boolean
}

/** What `pattern` and `format` of one schema say of a text. */
export class TextCheck {
  readonly #pattern: ForeignPattern | undefined
  readonly #format: TextFormat | undefined
  readonly #budget: Budget

  constructor(pattern: ForeignPattern | undefined, format: TextFormat | undefined, budget: Budget) {
    this.#pattern = pattern
    this.#format = format
    this.#budget = budget
  }

  accepts(text: string): boolean {
    // The expressions of formats are the interpreter's own, and go back a few dozen steps at most.
    if (this.#format) spend(this.#budget, 'matching', 50 * text.length)
    return (this.#pattern?.test(text) ?? true) && (this.#format?.test(text) ?? true)
  }

  get expectation(): string {
    const parts = [
      this.#pattern && `match the pattern ${this.#pattern.source}`,
      this.#format && `be a valid ${this.#format.name}`,
    ]
    return `Must ${parts.filter(Boolean).join(' and ')}.`
  }
}
