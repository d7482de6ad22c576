import { isCatastrophic } from './catastrophic.ts'
import { PatternMatcher } from './pattern-matcher.ts'
import { PatternProblem } from './pattern.ts'
import { schemaProblem } from './schema-problem.ts'
import { type Budget, spend } from './validation-budget.ts'

/** One pattern of a foreign schema, ready to be matched within a budget. */
export interface ForeignPattern {
  readonly source: string
  test(text: string): boolean
}

/** Of all patterns of a schema together, in states. */
const maxSize = 20_000

/** The patterns of one foreign schema. */
export class ForeignPatterns {
  readonly #budget: Budget
  readonly #known = new Map<string, ForeignPattern>()
  // Shared by all, as a schema may have thousands.
  readonly #search = { steps: 50_000 }
  #size = 0

  constructor(budget: Budget) {
    this.#budget = budget
  }

  /** @throws {@link ToolwireError} naming the path, where the pattern is not supported or catastrophic */
  get(source: string, path: string): ForeignPattern {
    const known = this.#known.get(source)
    if (known) return known
    // We could match it, but others who are given this schema might not survive it.
    if (isCatastrophic(source, this.#search))
      throw schemaProblem(
        path,
        `"${source}" can take exponential time`,
        'Let the parts of a repeat match different text.',
      )
    const pattern = this.#compile(source, path)
    this.#known.set(source, pattern)
    return pattern
  }

  #compile(source: string, path: string): ForeignPattern {
    try {
      const matcher = new PatternMatcher(source)
      this.#size += matcher.size
      if (this.#size > maxSize) throw new PatternProblem('with the others is too large')
      const test = (text: string): boolean => {
        spend(this.#budget, 'matching', matcher.cost * (text.length + 1))
        return matcher.test(text)
      }
      return { source, test }
    } catch (error) {
      throw schemaProblem(
        path,
        `the pattern ${error instanceof Error ? error.message : String(error)}`,
        'Use neither look-behind, back references, inline flags nor large counts.',
      )
    }
  }
}
