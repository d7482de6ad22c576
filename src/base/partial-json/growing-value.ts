import type { Json } from '../json-value.ts'
import { type Key, WideLog } from './wide-log.ts'

/**
 * Up to this many entries an open container is copied for each snapshot that follows a change. A
 * wider one is shown through a view, because a copy after every delta would make it quadratic.
 */
const COPY_LIMIT = 128

const noMembers: Record<string, Json> = {}

/** A container whose end has not come. */
class OpenContainer {
  readonly parent: OpenContainer | undefined
  /** Of an array. */
  elements: Json[] | undefined
  /** Of an object. */
  members: Record<string, Json>
  /** Of the open member, or else of the last complete one. */
  key = ''
  /** How many children have been completed: the index of the open element. */
  size = 0
  /** A snapshot shows the elements or members as they are: change a copy. */
  isShared = false
  hasProtoKey = false
  wide: WideLog | undefined = undefined
  /** What views of `wide` show of the open child. */
  shown: Json | undefined = undefined

  constructor(isArray: boolean, parent?: OpenContainer) {
    this.parent = parent
    this.elements = isArray ? [] : undefined
    this.members = isArray ? noMembers : {}
  }

  /** Where the open child is. */
  get place(): Key {
    return this.elements ? this.size : this.key
  }

  /** The array or object itself. */
  get value(): Json {
    return this.elements ?? this.members
  }
}

/**
 * The value as far as it is known. Containers grow in place until somebody takes a snapshot; then the
 * first change to a container that the snapshot shows is made to a copy. So a snapshot never changes,
 * what did not change keeps its identity, and nothing is copied where nobody looks.
 */
export class GrowingValue {
  // An array around the document spares every operation the special case of the root.
  readonly #document = new OpenContainer(true)
  #top = this.#document
  /** The open child of the innermost container, where it is a string. */
  #string: string | undefined = undefined
  #isStringShown = false

  /** Whether the innermost open container is an array. */
  get isInArray(): boolean {
    return this.#top.elements !== undefined
  }

  /** The next child is the member `key`. */
  startMember(key: string): void {
    this.#top.key = key
  }

  openContainer(isArray: boolean): void {
    this.#top = new OpenContainer(isArray, this.#top)
  }

  closeContainer(): void {
    const closed = this.#top
    this.#top = closed.parent ?? this.#document
    complete(this.#top, closed.value, closed.isShared && !closed.wide)
  }

  /** The open child is a string that begins with `text`. */
  growString(text: string): void {
    // Ropes that are one object compare without being flattened, and others differ in length.
    if (this.#string === text) return
    this.#string = text
    this.#isStringShown = false
  }

  /** The open child is `value`, a string, number or literal. */
  complete(value: Json): void {
    complete(this.#top, value, this.#isStringShown && this.#string === value)
    this.#string = undefined
    this.#isStringShown = false
  }

  /** What is known now: the same object as the last time where nothing became known since. */
  get snapshot(): Json | undefined {
    if (this.#string !== undefined && !this.#isStringShown) {
      show(this.#top, this.#string)
      this.#isStringShown = true
    }
    for (let open = this.#top; open.parent && !open.isShared; open = open.parent) {
      open.isShared = true
      show(open.parent, open.wide?.view(open.place, open.shown) ?? open.value)
    }
    return this.#document.elements?.[0]
  }

  /** The keys from the root to the open child. */
  get path(): Key[] {
    const path: Key[] = []
    for (let open = this.#top; open.parent; open = open.parent) path.push(open.place)
    return path.toReversed()
  }

  /** Whether the value at `path` is complete. `isChildOpen`: the innermost container has an open child. */
  isComplete(path: readonly Key[], isChildOpen: boolean): boolean {
    const spine: OpenContainer[] = []
    for (let open: OpenContainer | undefined = this.#top; open; open = open.parent) spine.push(open)
    const whole = [0, ...path]
    for (const [depth, key] of whole.entries()) {
      const open = spine.pop()
      // The path leads into a child that is open.
      if (!open) return false
      const hasOpenChild = open !== this.#top || isChildOpen
      if (!hasOpenChild || String(key) !== String(open.place))
        return has(open.value, whole.slice(depth))
    }
    return false
  }
}

/** Puts in the final child. `isShown`: the newest snapshot shows it so, and the parent stays the same. */
function complete(parent: OpenContainer, value: Json, isShown: boolean): void {
  if (!isShown || parent.wide) {
    if (parent.isShared) unshare(parent)
    parent.wide?.add(parent.key, value)
    parent.shown = undefined
    assign(parent, value)
  }
  parent.size++
}

/** Shows what is known of the open child. */
function show(parent: OpenContainer, value: Json): void {
  if (parent.isShared) unshare(parent)
  if (parent.wide) parent.shown = value
  else assign(parent, value)
}

function unshare(open: OpenContainer): void {
  open.isShared = false
  // Nobody sees what is behind a view, and a view does not show what is added now.
  if (open.wide) return
  if (open.elements) open.elements = open.elements.slice()
  // Half the cost of a spread in V8, but it would set the prototype.
  else open.members = open.hasProtoKey ? { ...open.members } : Object.assign({}, open.members)
  if (open.size > COPY_LIMIT) open.wide = new WideLog(open.elements, open.members, open.size)
}

function assign(open: OpenContainer, value: Json): void {
  const { elements, members, key } = open
  if (elements) elements[open.size] = value
  else if (key !== '__proto__') members[key] = value
  else {
    open.hasProtoKey = true
    Object.defineProperty(members, key, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    })
  }
}

function has(container: Json, path: readonly Key[]): boolean {
  let value: unknown = container
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return false
    // Its length is no element of an array.
    if (Array.isArray(value) && key === 'length') return false
    value = Reflect.get(value, key)
  }
  return true
}
