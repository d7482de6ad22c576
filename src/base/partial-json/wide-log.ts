/** A key of an object or an index of an array. */
export type Key = string | number

/**
 * The children of a container that is too wide to be copied for every snapshot, as a log that only
 * grows: a snapshot of it is its length, and costs the same however wide it is.
 */
export interface WideLog {
  /** The next complete child. Of an array, the element itself is the owner's to write. */
  add(key: Key, value: unknown): void
  /** What views show of the open child until it is added. */
  show(key: Key, value: unknown): void
  /** A read-only look at what is here now. */
  view(): object
}

export function createWideLog(node: object, size: number): WideLog {
  return Array.isArray(node) ? new ArrayLog(node, size) : new ObjectLog(node)
}

// A proxy needs a target; no trap lets anything be written to these.
const noElements: unknown[] = []
const noMembers = {}

class ArrayLog implements WideLog {
  readonly #elements: unknown[]
  #size: number
  #open: unknown = undefined

  constructor(elements: unknown[], size: number) {
    this.#elements = elements
    this.#size = size
  }

  add(): void {
    this.#size++
    this.#open = undefined
  }

  show(_key: Key, value: unknown): void {
    this.#open = value
  }

  view(): object {
    return new Proxy(noElements, new ArrayView(this.#elements, this.#size, this.#open))
  }
}

/** Members in the order of their coming. A repeated key has several, each knows the one before. */
interface Members {
  readonly keys: string[]
  readonly values: unknown[]
  readonly previous: number[]
  readonly last: Map<string, number>
}

class ObjectLog implements WideLog {
  readonly #members: Members = { keys: [], values: [], previous: [], last: new Map() }
  #open: readonly [key: string, value: unknown] | undefined = undefined

  constructor(node: object) {
    for (const [key, value] of Object.entries(node)) this.add(key, value)
  }

  add(key: Key, value: unknown): void {
    const { keys, values, previous, last } = this.#members
    const name = String(key)
    previous.push(last.get(name) ?? -1)
    last.set(name, keys.length)
    keys.push(name)
    values.push(value)
    this.#open = undefined
  }

  show(key: Key, value: unknown): void {
    this.#open = [String(key), value]
  }

  view(): object {
    return new Proxy(noMembers, new ObjectView(this.#members, this.#open))
  }
}

abstract class View implements ProxyHandler<object> {
  /** The own property `key`; undefined where there is none, because no JSON value is undefined. */
  protected abstract find(key: string): unknown
  abstract ownKeys(): string[]

  get(target: object, key: string | symbol): unknown {
    const value = this.#find(key)
    return value === undefined ? Reflect.get(target, key) : value
  }

  has(target: object, key: string | symbol): boolean {
    return this.#find(key) !== undefined || Reflect.has(target, key)
  }

  getOwnPropertyDescriptor(target: object, key: string | symbol): PropertyDescriptor | undefined {
    const value = this.#find(key)
    if (value === undefined) return undefined
    // The one own property of a target is the length of an array.
    const isEntry = !Object.hasOwn(target, key)
    return { value, writable: true, enumerable: isEntry, configurable: isEntry }
  }

  set(): boolean {
    return false
  }

  defineProperty(): boolean {
    return false
  }

  deleteProperty(): boolean {
    return false
  }

  setPrototypeOf(): boolean {
    return false
  }

  preventExtensions(): boolean {
    return false
  }

  #find(key: string | symbol): unknown {
    return typeof key === 'string' ? this.find(key) : undefined
  }
}

class ArrayView extends View {
  readonly #elements: unknown[]
  readonly #size: number
  readonly #open: unknown

  constructor(elements: unknown[], size: number, open: unknown) {
    super()
    this.#elements = elements
    this.#size = size
    this.#open = open
  }

  protected find(key: string): unknown {
    if (key === 'length') return this.#length
    const index = Number(key)
    if (index === this.#size && String(index) === key) return this.#open
    return index < this.#size && String(index) === key ? this.#elements[index] : undefined
  }

  ownKeys(): string[] {
    return [...Array.from({ length: this.#length }, (_, index) => String(index)), 'length']
  }

  get #length(): number {
    return this.#open === undefined ? this.#size : this.#size + 1
  }
}

class ObjectView extends View {
  readonly #members: Members
  readonly #size: number
  readonly #open: readonly [key: string, value: unknown] | undefined

  constructor(members: Members, open: readonly [key: string, value: unknown] | undefined) {
    super()
    this.#members = members
    this.#size = members.keys.length
    this.#open = open
  }

  protected find(key: string): unknown {
    if (this.#open?.[0] === key) return this.#open[1]
    const { last, previous, values } = this.#members
    let index = last.get(key) ?? -1
    while (index >= this.#size) index = previous[index] ?? -1
    return values[index]
  }

  ownKeys(): string[] {
    // A plain object orders its keys as JSON.parse does: indices first, then as they came.
    const members: Record<string, unknown> = Object.create(null)
    for (const key of this.#members.keys.slice(0, this.#size)) members[key] = true
    if (this.#open) members[this.#open[0]] = true
    return Object.keys(members)
  }
}
