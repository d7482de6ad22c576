import { type Json, type JsonObject, isObject } from '../base/index.ts'
import type { Foreign } from './_json.ts'
import { excerpt, protocolError } from './_model-error.ts'

type Step = string | number
type Branch = Record<string, unknown> | unknown[]

/** Items that a list may lack before one that comes: objects without members have no path. */
const maxGap = 1000
/** No deeper than an input may be. */
const maxSteps = 256

/**
 * The arguments of a call that Vertex streams as values with paths, put together as JSON text that only grows,
 * so that it can be shown as it comes.
 */
export class PartialArgs {
  readonly #root: Record<string, unknown> = branch()
  /** The path of what the text ends with; everything on it is still open. */
  #last: readonly Step[] | undefined
  #inString = false

  /** Takes one piece; returns what it adds to the text. */
  add(piece: JsonObject): string {
    const value = valueOf(piece)
    if (value === undefined) return ''
    const path = parsePath(piece['jsonPath'])
    const before = this.#at(path)
    if (typeof value !== 'string' || typeof before !== 'string') return this.#place(path, value)
    const same = this.#inString && this.#shared(path) === Math.max(path.length, this.#length)
    this.#set(path, before + value)
    return same ? JSON.stringify(value).slice(1, -1) : this.#repeat(path)
  }

  /** What is missing at the end of the text. */
  close(): string {
    return this.#last ? `${this.#closeTo(0)}}` : '{}'
  }

  get #length(): number {
    return this.#last?.length ?? 0
  }

  #place(path: readonly Step[], value: Json): string {
    const shared = this.#shared(path)
    const follows =
      (shared < this.#length || !this.#last) &&
      isNext(this.#at(path.slice(0, shared)), path[shared]) &&
      path.slice(shared + 1).every((step) => typeof step === 'string' || step === 0)
    this.#set(path, value)
    return follows ? this.#write(path, { shared, value }) : this.#repeat(path)
  }

  #write(
    path: readonly Step[],
    { shared, value }: { readonly shared: number; readonly value: unknown },
  ): string {
    let text = this.#last ? `${this.#closeTo(shared)},` : '{'
    path.slice(shared).forEach((step, at) => {
      if (at > 0) text += typeof step === 'number' ? '[' : '{'
      if (typeof step === 'string') text += `${JSON.stringify(step)}:`
    })
    this.#last = path
    this.#inString = typeof value === 'string'
    const json = JSON.stringify(value)
    return text + (this.#inString ? json.slice(0, -1) : json)
  }

  // Text that was said cannot be changed. The last of two members with one name counts (ECMA-262 25.5.1), so
  // a value that comes for something closed is said by its whole top member once more.
  #repeat(path: readonly Step[]): string {
    const top = path.slice(0, 1)
    return this.#write(top, { shared: 0, value: this.#at(top) })
  }

  /** How many steps `path` and the last path have in common. */
  #shared(path: readonly Step[]): number {
    const differs = path.findIndex((step, at) => step !== this.#last?.[at])
    return differs < 0 ? path.length : differs
  }

  #closeTo(depth: number): string {
    const open = this.#last?.slice(depth + 1).toReversed() ?? []
    const closers = open.map((step) => (typeof step === 'number' ? ']' : '}'))
    return (this.#inString ? '"' : '') + closers.join('')
  }

  #at(path: readonly Step[]): unknown {
    return path.reduce<unknown>((node, step) => memberOf(node, step), this.#root)
  }

  #set(path: readonly Step[], value: Json): void {
    let node: Branch = this.#root
    path.forEach((step, at) => {
      const next = path[at + 1]
      const child = memberOf(node, step)
      const fits = Array.isArray(child) ? typeof next === 'number' : isObject(child)
      const isBranch = Array.isArray(child) || isObject(child)
      const grown = isBranch && fits ? child : typeof next === 'number' ? [] : branch()
      putMember(node, step, next === undefined ? value : grown)
      // Only the last step leads to no branch, and nothing is put below it.
      node = grown as Branch
    })
  }
}

/** An object on which no name means anything, `__proto__` included. */
function branch(): Record<string, unknown> {
  return Object.create(null) as Record<string, unknown>
}

function memberOf(node: unknown, step: Step): unknown {
  if (Array.isArray(node)) return typeof step === 'number' ? node[step] : undefined
  return isObject(node) && typeof step === 'string' ? node[step] : undefined
}

function putMember(node: Branch, step: Step, value: unknown): void {
  if (Array.isArray(node)) {
    if (typeof step !== 'number' || step > node.length + maxGap)
      throw protocolError(`Partial arguments leave out items up to "${step}".`)
    node[step] = value
  } else node[step] = value
}

function isNext(node: unknown, step: Step | undefined): boolean {
  if (Array.isArray(node)) return step === node.length
  return typeof step === 'string' && isObject(node) && !(step in node)
}

function valueOf(piece: JsonObject): Foreign {
  // JSON's null is how Protocol Buffers write the null value.
  if (Object.hasOwn(piece, 'nullValue')) return null
  return piece['stringValue'] ?? piece['numberValue'] ?? piece['boolValue']
}

const steps = /\.([^.[\]]+)|\[(\d{1,9})\]|\[(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')\]/gy

/** Reads `$.a.b[0]['c']`. */
function parsePath(text: Foreign): readonly Step[] {
  const path: Step[] = []
  const source = typeof text === 'string' ? text : ''
  steps.lastIndex = 1
  let end = 1
  for (let match = steps.exec(source); match; match = steps.exec(source)) {
    const [, name, index, double, single] = match
    const quoted = double ?? single
    path.push(index ? Number(index) : (name ?? quoted?.replaceAll(/\\(.)/g, '$1') ?? ''))
    end = steps.lastIndex
  }
  const isWhole = source[0] === '$' && end === source.length
  if (!isWhole || typeof path[0] !== 'string' || path.length > maxSteps)
    throw protocolError(`A path of partial arguments cannot be read: "${excerpt(source)}"`)
  return path
}
