import { type PatternGraph, parsePattern } from './pattern.ts'

/**
 * Whether a backtracking engine can take exponential time on `source`: whether it can go round a loop
 * in two ways on the same text. False where that cannot be told.
 */
export function isCatastrophic(source: string): boolean {
  try {
    return new Ambiguity(parsePattern(source, true)).found()
  } catch {
    // Unknown syntax or out of budget. Whoever runs foreign patterns has an engine that is linear anyway.
    return false
  }
}

/** Characters that stand for all others when it is asked whether two classes overlap. */
const samples = [
  ...Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)),
  ...'éßжא漢한\u00a0\u2028\u{1f600}',
]

class Ambiguity {
  readonly #graph: PatternGraph
  readonly #classes = new Map<string, bigint>()
  readonly #followers = new Map<number, Map<number, number>>()
  #budget = 100_000

  constructor(graph: PatternGraph) {
    this.#graph = graph
  }

  /** All characters of a loop are alike here: whoever is on a cycle sees every ambiguity of that cycle. */
  found(): boolean {
    return this.#graph.states.some((state) => {
      if (state.kind !== 'split' || state.bodyFrom === undefined) return false
      const [first] = this.#reach(state.options[0] ?? 0).keys()
      return first !== undefined && this.#returnsInTwoWays(first)
    })
  }

  /** Walks two paths over the same text from `home`, looking for a way back to it where they differed. */
  #returnsInTwoWays(home: number): boolean {
    const seen = new Set<string>()
    const open: [number, number, boolean][] = [[home, home, false]]
    for (let pair = open.pop(); pair; pair = open.pop()) {
      const [one, other, apart] = pair
      if (!(this.#class(one) & this.#class(other))) continue
      for (const [a, ways] of this.#follow(one))
        for (const b of this.#follow(other).keys()) {
          const differ = apart || a !== b || (one === other && ways > 1)
          if (differ && a === home && b === home) return true
          const key = `${a} ${b} ${differ}`
          if (--this.#budget < 0) throw new Error('out of budget')
          if (!seen.has(key)) open.push([a, b, differ])
          seen.add(key)
        }
    }
    return false
  }

  /** The characters that may come after the character state `from`, and in how many ways (2 stands for more). */
  #follow(from: number): Map<number, number> {
    const known = this.#followers.get(from)
    if (known) return known
    const state = this.#graph.states[from]
    const found = this.#reach(state && 'next' in state ? state.next : 0)
    this.#followers.set(from, found)
    return found
  }

  #reach(from: number): Map<number, number> {
    const found = new Map<number, number>()
    // A loop whose body took nothing ends there, in the engines too, so this comes to an end.
    const walk = (index: number, entered: readonly number[]): void => {
      if (--this.#budget < 0) throw new Error('out of budget')
      const state = this.#graph.states[index]
      if (state?.kind === 'char') found.set(index, (found.get(index) ?? 0) + 1)
      else if (state?.kind === 'split') {
        if (entered.includes(index)) return
        const [body, ...others] = state.options
        for (const other of others) walk(other, entered)
        if (body !== undefined)
          walk(body, state.bodyFrom === undefined ? entered : [...entered, index])
      } else if (state && 'next' in state) walk(state.next, entered)
    }
    walk(from, [])
    return found
  }

  /** The samples that a character state takes, one bit each. A class holds one character: it cannot backtrack. */
  #class(index: number): bigint {
    const state = this.#graph.states[index]
    const token = state?.kind === 'char' ? state.token : '[]'
    let bits = this.#classes.get(token)
    if (bits === undefined) {
      const one = new RegExp(token, 'u')
      bits = samples.reduce((all, sample) => (all << 1n) | BigInt(one.test(sample)), 0n)
      this.#classes.set(token, bits)
    }
    return bits
  }
}
