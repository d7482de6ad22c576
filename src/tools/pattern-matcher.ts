import { type PatternGraph, PatternProblem, type PatternState, parsePattern } from './pattern.ts'

/**
 * Matches a foreign pattern in time linear in the text and in the pattern, whatever both are.
 *
 * It goes through the text once, backwards, and keeps for each state whether what follows would be accepted
 * from there. Going backwards makes a look-ahead a state like any other: it only depends on what follows.
 */
export class PatternMatcher {
  /** What one character of text costs. */
  readonly size: number
  readonly #graph: PatternGraph
  readonly #loops: readonly number[]
  /** Loops whose body may take nothing: once such a loop holds, its body is to be looked at again. */
  readonly #again: ReadonlySet<number>
  readonly #takes = new Map<string, (codePoint: number) => boolean>()

  /** @throws {@link PatternProblem} for what it cannot handle */
  constructor(source: string) {
    this.#graph = parsePattern(source)
    const { states, order } = this.#graph
    this.size = order.length
    this.#loops = order.filter((index) => bodyFrom(states[index]) !== undefined)
    this.#again = new Set(this.#loops.filter((index) => reaches(states, index)))
    for (const loop of this.#again) {
      const body = order.slice(bodyFrom(states[loop]), order.indexOf(loop))
      if (body.some((index) => states[index]?.kind === 'look'))
        throw new PatternProblem('a look-ahead in a repeat that may be empty is not supported')
    }
    for (const state of states)
      if (state.kind === 'char' && !this.#takes.has(state.token))
        this.#takes.set(state.token, characterClass(state.token))
  }

  test(text: string): boolean {
    let now = new Uint8Array(this.#graph.states.length)
    let after = new Uint8Array(now.length)
    for (let at = text.length; at >= 0; at = previous(text, at)) {
      for (const loop of this.#loops) now[loop] = 0
      this.#evaluate(new Moment(text, at, after), now)
      if (now[this.#graph.start]) return true
      ;[now, after] = [after, now]
    }
    return false
  }

  #evaluate(moment: Moment, now: Uint8Array): void {
    const { states, order } = this.#graph
    for (let step = 0; step < order.length; step++) {
      const index = order[step] ?? 0
      const state = states[index]
      const holds = state ? this.#holds(state, moment, now) : 0
      const isNew = holds > 0 && !now[index]
      now[index] = holds
      if (isNew && this.#again.has(index)) step = (bodyFrom(state) ?? step + 1) - 1
    }
  }

  #holds(state: PatternState, moment: Moment, now: Uint8Array): number {
    switch (state.kind) {
      case 'accept':
        return 1
      case 'char':
        return moment.after[state.next] && this.#takes.get(state.token)?.(moment.codePoint) ? 1 : 0
      case 'assert':
        return now[state.next] && moment.asserts(state.token) ? 1 : 0
      case 'look':
        return now[state.next] && Boolean(now[state.body]) !== state.negative ? 1 : 0
      case 'split':
        return state.options.some((option) => now[option]) ? 1 : 0
    }
  }
}

/** A place in the text, and what is known of the place one character on. */
class Moment {
  readonly after: Uint8Array
  /** -1 at the end. */
  readonly codePoint: number
  readonly #text: string
  readonly #at: number

  constructor(text: string, at: number, after: Uint8Array) {
    this.#text = text
    this.#at = at
    this.after = after
    this.codePoint = text.codePointAt(at) ?? -1
  }

  asserts(token: string): boolean {
    if (token === '^') return this.#at === 0
    if (token === '$') return this.#at === this.#text.length
    const boundary = this.#isWord(this.#at - 1) !== this.#isWord(this.#at)
    return boundary === (token === '\\b')
  }

  #isWord(at: number): boolean {
    return /^\w/.test(this.#text.charAt(at))
  }
}

function bodyFrom(state: PatternState | undefined): number | undefined {
  return state?.kind === 'split' ? state.bodyFrom : undefined
}

/** Whether a loop comes back to itself without taking a character. */
function reaches(states: readonly PatternState[], loop: number): boolean {
  const seen = new Set<number>()
  const start = states[loop]
  const open = start?.kind === 'split' ? start.options.slice(0, 1) : []
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    if (index === loop) return true
    const state = states[index]
    if (!state || seen.has(index)) continue
    seen.add(index)
    if (state.kind === 'split') open.push(...state.options)
    else if (state.kind === 'assert' || state.kind === 'look') open.push(state.next)
  }
  return false
}

function previous(text: string, at: number): number {
  const pair = at > 1 && (text.codePointAt(at - 2) ?? 0) > 0xffff
  return at - (pair ? 2 : 1)
}

/** Native, as a class takes one character and so cannot backtrack; ASCII is looked up. */
function characterClass(token: string): (codePoint: number) => boolean {
  const one = oneCharacter(token)
  const test = (codePoint: number): boolean => one.test(String.fromCodePoint(codePoint))
  const ascii = Array.from({ length: 128 }, (_, code) => test(code))
  return (codePoint) => ascii[codePoint] ?? (codePoint >= 0 && test(codePoint))
}

function oneCharacter(token: string): RegExp {
  try {
    return new RegExp(`^${token}$`, 'u')
  } catch {
    // Many people escape more than the flag allows, as in "\-": without it that is the character itself.
    if (/\\[pu]/i.test(token)) throw new PatternProblem(`"${token}" is not a character class`)
  }
  try {
    return new RegExp(`^${token}$`)
  } catch {
    throw new PatternProblem(`"${token}" is not a character class`)
  }
}
