/** A key of an object or an index of an array. */
export type Key = string | number

/**
 * The complete children of a container that is too wide to be copied for every snapshot: a log that
 * only grows, so that a snapshot of it is a length.
 */
export interface WideLog {
  add(key: Key, value: unknown): void
  /** A read-only look at what is here now, and at the child `openKey` unless it is undefined. */
  view(openKey: Key, open: unknown): unknown
}

export function createWideLog(node: object, size: number): WideLog {
  return Array.isArray(node) ? new ArrayLog(node, size) : new ObjectLog(node)
}

class ArrayLog implements WideLog {
  readonly #elements: unknown[]
  #size: number

  constructor(elements: unknown[], size: number) {
    this.#elements = elements
    this.#size = size
  }

  // The owner of the array writes the element; the log only counts it.
  add(): void {
    this.#size++
  }

  view(_openKey: Key, open: unknown): unknown {
    return new Proxy(noElements, new ArrayView(this.#elements, this.#size, open))
  }
}

class ObjectLog implements WideLog {
  readonly #entries: Entries = { keys: [], values: [], previous: [], last: new Map() }

  constructor(node: object) {
    for (const [key, value] of Object.entries(node)) this.add(key, value)
  }

  add(key: Key, value: unknown): void {
    const { keys, values, previous, last } = this.#entries
    const name = String(key)
    previous.push(last.get(name) ?? -1)
    last.set(name, keys.length)
    keys.push(name)
    values.push(value)
  }

  view(openKey: Key, open: unknown): unknown {
    return new Proxy(noMembers, new ObjectView(this.#entries, openKey, open))
  }
}

/** Members in the order of arrival; a repeated key has several, each of which knows the one before. */
interface Entries {
  readonly keys: string[]
  readonly values: unknown[]
  readonly previous: number[]
  readonly last: Map<string, number>
}

// A proxy needs a target; no trap lets anything be written to these.
const noElements: unknown[] = []
const noMembers = {}

abstract class View implements ProxyHandler<object> {
  /** The own property `key`, undefined where there is none: no JSON value is undefined. */
  protected abstract find(key: string | symbol): unknown
  abstract ownKeys(): string[]

  get(target: object, key: string | symbol): unknown {
    const value = this.find(key)
    return value === undefined ? Reflect.get(target, key) : value
  }

  has(target: object, key: string | symbol): boolean {
    return this.find(key) !== undefined || Reflect.has(target, key)
  }

  getOwnPropertyDescriptor(target: object, key: string | symbol): PropertyDescriptor | undefined {
    const value = this.find(key)
    if (value === undefined) return undefined
    // `length` of an array is the one own property of a target.
    const isElement = !Object.hasOwn(target, key)
    return { value, writable: true, enumerable: isElement, configurable: isElement }
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

  protected find(key: string | symbol): unknown {
    if (key === 'length') return this.#length
    const index = Number(key)
    if (String(index) !== key) return undefined
    return index === this.#size ? this.#open : index < this.#size ? this.#elements[index] : undefined
  }

  ownKeys(): string[] {
    return [...Array.from({ length: this.#length }, (_, index) => String(index)), 'length']
  }

  get #length(): number {
    return this.#size + (this.#open === undefined ? 0 : 1)
  }
}

class ObjectView extends View {
  readonly #entries: Entries
  readonly #size: number
  readonly #openKey: Key
  readonly #open: unknown

  constructor(entries: Entries, openKey: Key, open: unknown) {
    super()
    this.#entries = entries
    this.#size = entries.keys.length
    this.#openKey = openKey
    this.#open = open
  }

  protected find(key: string | symbol): unknown {
    if (typeof key === 'symbol') return undefined
    if (key === this.#openKey && this.#open !== undefined) return this.#open
    const { last, previous, values } = this.#entries
    let index = last.get(key) ?? -1
    while (index >= this.#size) index = previous[index] ?? -1
    return values[index]
  }

  ownKeys(): string[] {
    // An object orders its keys as that of JSON.parse does: indices first, then by arrival.
    const keys: Record<string, true> = Object.create(null)
    for (const key of this.#entries.keys.slice(0, this.#size)) keys[key] = true
    if (this.#open !== undefined) keys[this.#openKey] = true
    return Object.keys(keys)
  }
}
