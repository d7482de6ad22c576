import { type PatternGraph, type PatternState, parsePattern } from './pattern.ts'

/** Work that may still be done, shared by all patterns of a schema. */
export interface SearchBudget {
  steps: number
}

/**
 * Whether a backtracking engine can take exponential time on `source`: whether it can go round a loop
 * in two ways on the same text. False where that cannot be told: whoever runs foreign patterns must do it
 * in linear time anyway.
 */
export function isCatastrophic(source: string, budget: SearchBudget = { steps: 100_000 }): boolean {
  try {
    return new Ambiguity(parsePattern(source, true), budget).found()
  } catch {
    return false
  }
}

/** Characters that stand for all others when it is asked whether two classes overlap. */
const samples = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code))
samples.push('é', 'ж', 'א', '漢', '\u00a0', '\u2028', '\u{1f600}')

/** Two ways through the same text, and whether they have differed. */
type Pair = readonly [one: number, other: number, differ: boolean]

class Ambiguity {
  readonly #states: readonly PatternState[]
  readonly #budget: SearchBudget
  readonly #classes = new Map<string, bigint>()
  readonly #followers = new Map<number, ReadonlyMap<number, number>>()

  constructor(graph: PatternGraph, budget: SearchBudget) {
    this.#states = graph.states
    this.#budget = budget
  }

  /** One character of each loop is enough: whatever is on a cycle comes past every ambiguity of that cycle. */
  found(): boolean {
    return this.#states.some((state) => {
      if (state.kind !== 'split' || state.bodyFrom === undefined) return false
      const [first] = this.#reach(state.options[0] ?? 0).keys()
      return first !== undefined && this.#returnsInTwoWays(first)
    })
  }

  #returnsInTwoWays(home: number): boolean {
    const seen = new Set<string>()
    const open: Pair[] = [[home, home, false]]
    for (let pair = open.pop(); pair; pair = open.pop())
      for (const next of this.#advance(pair)) {
        const [one, other, differ] = next
        if (differ && one === home && other === home) return true
        const key = next.join()
        if (!seen.has(key)) open.push(next)
        seen.add(key)
      }
    return false
  }

  #advance([one, other, differ]: Pair): Pair[] {
    if (!(this.#class(one) & this.#class(other))) return []
    const others = [...this.#follow(other).keys()]
    return [...this.#follow(one)].flatMap(([a, ways]) =>
      others.map((b): Pair => {
        this.#spend(1)
        return [a, b, differ || a !== b || (one === other && ways > 1)]
      }),
    )
  }

  /** The characters that may come after a character, and in how many ways. */
  #follow(from: number): ReadonlyMap<number, number> {
    const known = this.#followers.get(from)
    if (known) return known
    const state = this.#states[from]
    const found = this.#reach(state && 'next' in state ? state.next : 0)
    this.#followers.set(from, found)
    return found
  }

  #reach(from: number): ReadonlyMap<number, number> {
    const found = new Map<number, number>()
    // A loop whose body took nothing ends there, in the engines too, so this comes to an end.
    const walk = (index: number, entered: readonly number[]): void => {
      this.#spend(1)
      const state = this.#states[index]
      if (state?.kind === 'char') found.set(index, (found.get(index) ?? 0) + 1)
      else if (state?.kind === 'assert' || state?.kind === 'look') walk(state.next, entered)
      else if (state?.kind === 'split' && !entered.includes(index)) {
        const inside = state.bodyFrom === undefined ? entered : [...entered, index]
        state.options.forEach((option, way) => walk(option, way === 0 ? inside : entered))
      }
    }
    walk(from, [])
    return found
  }

  /** The samples that a character state takes, one bit each. A class holds one character: it cannot backtrack. */
  #class(index: number): bigint {
    const state = this.#states[index]
    const token = state?.kind === 'char' ? state.token : '[]'
    let bits = this.#classes.get(token)
    if (bits === undefined) {
      this.#spend(samples.length)
      const one = new RegExp(token, 'u')
      bits = samples.reduce((all, sample) => (all << 1n) | BigInt(one.test(sample)), 0n)
      this.#classes.set(token, bits)
    }
    return bits
  }

  #spend(steps: number): void {
    this.#budget.steps -= steps
    if (this.#budget.steps < 0) throw new Error('Out of budget.')
  }
}
