import { PatternProblem, type PatternState, parsePattern } from './pattern.ts'

/** A place in the text: what is there, which states hold there (`now`), and which hold a character later. */
interface Place {
  at: number
  /** -1 at the end. */
  codePoint: number
  now: Uint8Array
  after: Uint8Array
  readonly text: string
}

/** Whether a state holds: whether the rest of the text is accepted from it. */
type Holds = (place: Place) => boolean

/**
 * Matches a foreign pattern in time linear in the text and in the pattern, whatever both are.
 *
 * It goes through the text once, backwards, and keeps for each state whether what follows is accepted
 * from there. Going backwards makes a look-ahead a state like any other: it only depends on what follows.
 */
export class PatternMatcher {
  /** The number of states. */
  readonly size: number
  /** What one character of text costs at most. */
  readonly cost: number
  readonly #start: number
  readonly #steps: readonly Step[]

  /** @throws {@link PatternProblem} for what it cannot handle */
  constructor(source: string) {
    const { states, order, start } = parsePattern(source)
    const classes = new Map<string, (codePoint: number) => boolean>()
    const rules = states.map((state) => holds(state, classes))
    this.#steps = order.map((index, step) => {
      const state = states[index]
      const from = state?.kind === 'split' ? state.bodyFrom : undefined
      return { index, holds: rules[index] ?? Boolean, next: from ?? step + 1 }
    })
    this.#start = start
    this.size = states.length
    this.cost = order.length * (1 + order.length - states.length)
  }

  test(text: string): boolean {
    const [now, after] = [new Uint8Array(this.size), new Uint8Array(this.size)]
    const place: Place = { text, at: text.length, codePoint: -1, now, after }
    for (;;) {
      this.#evaluate(place)
      if (place.now[this.#start]) return true
      if (place.at === 0) return false
      retreat(place)
    }
  }

  /** Within one place states only ever become true, so this ends. */
  #evaluate(place: Place): void {
    const { now } = place
    for (let count = 0; count < this.#steps.length;) {
      const step = this.#steps[count]
      if (!step) return
      const isNew = !now[step.index] && step.holds(place)
      if (isNew) now[step.index] = 1
      // Of a loop, back to its body, which was looked at before it was known that the loop holds.
      count = isNew ? step.next : count + 1
    }
  }
}

interface Step {
  readonly index: number
  readonly holds: Holds
  /** The step to go on with where the state has come to hold. */
  readonly next: number
}

function retreat(place: Place): void {
  const { text, now, after } = place
  const isPair = place.at > 1 && (text.codePointAt(place.at - 2) ?? 0) > 0xffff
  place.at -= isPair ? 2 : 1
  place.codePoint = text.codePointAt(place.at) ?? -1
  place.now = after.fill(0)
  place.after = now
}

type Classes = Map<string, (codePoint: number) => boolean>

function holds(state: PatternState, classes: Classes): Holds {
  switch (state.kind) {
    case 'accept':
      return () => true
    case 'char': {
      const { token, next } = state
      const takes = classes.get(token) ?? characterClass(token)
      classes.set(token, takes)
      return ({ after, codePoint }) => after[next] === 1 && takes(codePoint)
    }
    case 'assert':
      return (place) => place.now[state.next] === 1 && asserted(state.token, place)
    case 'look': {
      const wanted = state.negative ? 0 : 1
      return ({ now }) => now[state.next] === 1 && now[state.body] === wanted
    }
    case 'split':
      return ({ now }) => state.options.some((option) => now[option] === 1)
  }
}

function asserted(token: string, { text, at }: Place): boolean {
  if (token === '^') return at === 0
  if (token === '$') return at === text.length
  const isWord = (index: number): boolean => /^\w/.test(text.charAt(index))
  return (isWord(at - 1) !== isWord(at)) === (token === '\\b')
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
    if (/\\[pu]/i.test(token))
      throw new PatternProblem(`has "${token}", which is no character class`)
  }
  try {
    return new RegExp(`^${token}$`)
  } catch {
    throw new PatternProblem(`has "${token}", which is no character class`)
  }
}
