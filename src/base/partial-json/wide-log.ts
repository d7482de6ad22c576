import type { Json, JsonObject } from '../json-value.ts'

/** A key of an object or an index of an array. */
export type Key = string | number

/**
 * The complete children of a container that is too wide to be copied for every snapshot, as a log
 * that only grows: a snapshot of it is its length, and costs the same however wide it is.
 */
export class WideLog {
  /** Of an array, the array itself: its owner writes the elements. */
  readonly #values: Json[]
  #size: number
  #names: Names | undefined = undefined

  constructor(elements: Json[] | undefined, members: Record<string, Json>, size: number) {
    this.#values = elements ?? []
    this.#size = elements ? size : 0
    if (elements) return
    this.#names = { all: [], previous: [], last: new Map() }
    for (const [name, value] of Object.entries(members)) this.add(name, value)
  }

  add(name: string, value: Json): void {
    if (this.#names) {
      const { all, previous, last } = this.#names
      previous.push(last.get(name) ?? -1)
      last.set(name, this.#size)
      all.push(name)
      this.#values.push(value)
    }
    this.#size++
  }

  /** What is here now, and the open child `openKey` unless it is undefined, for reading only. */
  view(openKey: Key, open: Json | undefined): Json {
    const view = new View(this.#values, this.#names)
    view.size = this.#size
    view.openKey = openKey
    view.open = open
    const target = this.#names ? {} : []
    return new Proxy<JsonObject | readonly Json[]>(target, view)
  }
}

/** Keys in the order of their coming. A repeated one is there again, and knows the one before it. */
interface Names {
  readonly all: string[]
  readonly previous: number[]
  readonly last: Map<string, number>
}

class View implements ProxyHandler<object> {
  readonly #values: Json[]
  readonly #names: Names | undefined
  size = 0
  openKey: Key = 0
  open: Json | undefined = undefined

  constructor(values: Json[], names: Names | undefined) {
    this.#values = values
    this.#names = names
  }

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

  ownKeys(): (string | symbol)[] {
    // A container of the same keys orders them as the real one would.
    const entries: Record<Key, boolean> = this.#names ? Object.create(null) : []
    for (let index = 0; index < this.size; index++) entries[this.#names?.all[index] ?? index] = true
    if (this.open !== undefined) entries[this.openKey] = true
    return Reflect.ownKeys(entries)
  }

  // An assignment ends here too.
  defineProperty(): boolean {
    return false
  }

  deleteProperty(): boolean {
    return false
  }

  /** The value of the own property `key`; undefined where there is none, as no JSON value is. */
  #find(key: string | symbol): Json | undefined {
    if (typeof key === 'symbol') return undefined
    if (this.open !== undefined && key === String(this.openKey)) return this.open
    const names = this.#names
    if (!names && key === 'length') return this.size + (this.open === undefined ? 0 : 1)
    let index = names ? (names.last.get(key) ?? -1) : arrayIndex(key)
    while (index >= this.size) index = names?.previous[index] ?? -1
    return this.#values[index]
  }
}

function arrayIndex(key: string): number {
  const index = Number(key)
  return String(index) === key ? index : -1
}
