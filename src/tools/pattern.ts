/**
 * A regular expression of a schema as a graph of states, for the two uses that must not run it natively:
 * telling whether a backtracking engine could take exponential time, and matching it in linear time.
 */
export interface PatternGraph {
  readonly states: readonly PatternState[]
  readonly start: number
  /**
   * The states in an order in which each comes after those that it leads to without taking a character.
   * A loop comes twice, before its body and after it, as each leads to the other.
   */
  readonly order: readonly number[]
}

/** What a state asks of the text. States are known by their index; 0 accepts. */
export type PatternState =
  /** One character of the class `token`, which is in the syntax of the pattern itself. */
  | { readonly kind: 'char'; readonly token: string; readonly next: number }
  | { readonly kind: 'assert'; readonly token: string; readonly next: number }
  | {
      readonly kind: 'look'
      readonly negative: boolean
      readonly body: number
      readonly next: number
    }
  /** One of `options`. Of a loop the first option is the body, which begins at `order[bodyFrom]`. */
  | { readonly kind: 'split'; readonly options: readonly number[]; readonly bodyFrom?: number }
  | { readonly kind: 'accept' }

/** Why a pattern cannot be handled, as in "is too large"; the caller knows the schema and the path. */
export class PatternProblem extends Error {}

interface Repeat {
  readonly kind: 'repeat'
  readonly body: Node
  readonly min: number
  readonly max: number
}

type Node =
  | { readonly kind: 'char' | 'assert'; readonly token: string }
  | { readonly kind: 'look'; readonly negative: boolean; readonly body: Node }
  | { readonly kind: 'sequence' | 'choice'; readonly items: readonly Node[] }
  | Repeat

const maxStates = 2_000
const maxDepth = 32

/**
 * Parses `source`, in the syntax of ECMAScript with the flag `u`, without look-behind and back references.
 * An approximate graph is small: it stands for the loops of the pattern, not for the exact counts.
 * @throws {@link PatternProblem}
 */
export function parsePattern(source: string, approximate = false): PatternGraph {
  const builder = new Builder(approximate)
  const start = builder.build(new Parser(source).parse(), 0)
  return { states: builder.states, order: builder.order, start }
}

const quantifier = /(?:[*+?]|\{(\d+)(?:(,)(\d*))?\})\??/y
const group = /\((?:\?(?::|<[A-Za-z_$][\w$]*>|([=!])))?/y
const assertion = /[\^$]|\\[bB]/y
const char =
  /\[(?:\\.|[^\]\\])*\]|\\(?:p\{[\w=]+\}|u\{[\da-f]+\}|ud[89ab][\da-f]{2}\\ud[c-f][\da-f]{2}|u[\da-f]{4}|x[\da-f]{2}|c[a-z]|0(?!\d)|[dswtnrfv]|[^\da-z])|[^()[{*+?|\\]/iuy

class Parser {
  readonly #source: string
  #at = 0
  #depth = 0

  constructor(source: string) {
    this.#source = source
  }

  parse(): Node {
    const node = this.#choice()
    return this.#at < this.#source.length ? this.#fail() : node
  }

  #fail(): never {
    const rest = this.#source.slice(this.#at, this.#at + 12)
    throw new PatternProblem(`has "${rest}" at offset ${this.#at}, which is not supported`)
  }

  #take(token: RegExp): RegExpExecArray | null {
    token.lastIndex = this.#at
    const match = token.exec(this.#source)
    if (match) this.#at += match[0].length
    return match
  }

  #choice(): Node {
    if (++this.#depth > maxDepth) this.#fail()
    const items: Node[] = []
    do items.push(this.#sequence())
    while (this.#source[this.#at] === '|' && ++this.#at)
    this.#depth--
    return { kind: 'choice', items }
  }

  #sequence(): Node {
    const items: Node[] = []
    while (this.#at < this.#source.length && !'|)'.includes(this.#source.charAt(this.#at)))
      items.push(this.#repeat(this.#atom()))
    return { kind: 'sequence', items }
  }

  #repeat(body: Node): Node {
    const match = this.#take(quantifier)
    if (!match) return body
    const [text, low, comma, high] = match
    const min = Number(low ?? (text.startsWith('+') ? 1 : 0))
    const most = low ? (comma ? high : low) : text.startsWith('?') && 1
    const max = Number(most || Infinity)
    if (min > max || body.kind === 'assert' || body.kind === 'look') this.#fail()
    return { kind: 'repeat', body, min, max }
  }

  #atom(): Node {
    const asserted = this.#take(assertion)
    if (asserted) return { kind: 'assert', token: asserted[0] }
    const taken = this.#take(char)
    if (taken) return { kind: 'char', token: taken[0] }
    // Look-behind, inline flags and back references match no token and end here.
    const opened = this.#take(group) ?? this.#fail()
    const body = this.#choice()
    if (this.#source[this.#at++] !== ')') this.#fail()
    return opened[1] ? { kind: 'look', negative: opened[1] === '!', body } : body
  }
}

/** Builds from the end: every node is given the state that comes after it, and gives its own first state. */
class Builder {
  readonly states: PatternState[] = [{ kind: 'accept' }]
  readonly order: number[] = [0]
  readonly #approximate: boolean

  constructor(approximate: boolean) {
    this.#approximate = approximate
  }

  build(node: Node, next: number): number {
    switch (node.kind) {
      case 'char':
      case 'assert':
        return this.#add({ ...node, next })
      case 'look':
        return this.#add({ ...node, body: this.build(node.body, 0), next })
      case 'sequence':
        return node.items.reduceRight((after, item) => this.build(item, after), next)
      case 'choice':
        return this.#split(node.items.map((item) => this.build(item, next)))
      case 'repeat':
        return this.#repeat(this.#approximate ? approximation(node) : node, next)
    }
  }

  #add(state: PatternState): number {
    if (this.states.length >= maxStates) throw new PatternProblem('is too large')
    this.order.push(this.states.length)
    return this.states.push(state) - 1
  }

  #split(options: readonly number[]): number {
    const [only, ...others] = options
    return only !== undefined && others.length === 0 ? only : this.#add({ kind: 'split', options })
  }

  #repeat({ body, min, max }: Repeat, next: number): number {
    let after = max === Infinity ? this.#loop(body, next) : next
    const optional = max === Infinity ? 0 : max - min
    for (let count = 0; count < optional; count++)
      after = this.#split([this.build(body, after), next])
    for (let count = 0; count < min; count++) after = this.build(body, after)
    return after
  }

  #loop(body: Node, next: number): number {
    const index = this.#add({ kind: 'accept' })
    const bodyFrom = this.order.length
    this.states[index] = { kind: 'split', options: [this.build(body, index), next], bodyFrom }
    this.order.push(index)
    return index
  }
}

/** A long repeat of more than a character is as bad as an endless one; of a character, its length is no matter. */
function approximation({ kind, body, min, max }: Repeat): Repeat {
  const least = Math.min(min, 8)
  if (body.kind === 'char' && max < Infinity)
    return { kind, body, min: least, max: Math.min(max, least + 2) }
  return { kind, body, min: least, max: max > 8 ? Infinity : max }
}
