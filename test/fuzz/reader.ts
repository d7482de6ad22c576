// What the readers of all formats share: which pieces of a stream belong to one call.
import type { ReadItem } from './body.ts'

/** All that one call of the stream can have received. */
export interface Group {
  readonly ids: Set<string>
  readonly names: string[]
  /** Pieces of text, in order. */
  readonly pieces: string[]
  /** Texts and values that are said to be all of it. */
  readonly wholes: string[]
  /** Values with paths, from which the text is made. */
  readonly values: string[]
  /** Pieces that begin with a name. */
  readonly named: Set<number>
  /** Whether the stream said of this call alone that it is whole. */
  told: boolean
}

export interface Reading {
  readonly groups: readonly Group[]
  /** Whether anything says that the answer ended as the model meant it, or by a limit, and no call went on. */
  readonly ended: boolean
  /** Whether some piece does not say which call it belongs to, so that the groups prove nothing. */
  readonly unplaced: boolean
  /** Whether an event cannot be read: what was whole before it is whole. */
  readonly unreadable: boolean
}

export type Fields = Readonly<Record<string, unknown>>

export abstract class Reader implements Reading {
  readonly groups: Group[] = []
  ended = false
  unplaced = false
  unreadable = false
  readonly #open = new Map<string, Group>()

  abstract read(event: Fields, item: ReadItem): void

  done(): void {}

  protected open(key: string): Group {
    const group = {
      ids: new Set<string>(),
      names: [],
      pieces: [],
      wholes: [],
      values: [],
      named: new Set<number>(),
      told: false,
    }
    this.#open.set(key, group)
    this.groups.push(group)
    return group
  }

  protected at(key: string): Group | undefined {
    return this.#open.get(key)
  }

  protected put(key: string, group: Group): void {
    this.#open.set(key, group)
  }

  protected close(key: string): void {
    this.#open.delete(key)
  }

  /** The group at `key`, and another where another id comes. */
  protected withId(key: string, id: unknown): Group {
    const before = this.at(key)
    const other = isText(id) && before && before.ids.size > 0 && !before.ids.has(id)
    const group = before && !other ? before : this.open(key)
    if (isText(id)) group.ids.add(id)
    return group
  }
}

export function addName(group: Group, name: unknown): void {
  if (isText(name)) group.names.push(name)
}

export function addInput(group: Group, input: unknown): void {
  if (isObject(input)) group.wholes.push(JSON.stringify(input))
  if (input !== undefined && input !== null && input !== '')
    group.pieces.push(typeof input === 'string' ? input : JSON.stringify(input))
}

export function addWhole(group: Group, input: unknown): void {
  if (input !== undefined && input !== null)
    group.wholes.push(typeof input === 'string' ? input : JSON.stringify(input))
}

export function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function fieldsOf(value: unknown): Fields {
  // Any object of JSON has fields by name.
  return isObject(value) ? (value as Fields) : {}
}

export function objectsOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
