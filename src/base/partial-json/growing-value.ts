import type { Json } from '../json-value.ts'
import { type Key, WideLog } from './wide-log.ts'

/**
 * Up to this many entries an open container is copied for each snapshot that follows a change. A
 * wider one is shown through a view, because a copy after every delta would make it quadratic.
 */
const COPY_LIMIT = 128

const noMembers: Record<string, Json> = {}

/** A container whose end has not come. Its elements or members are shown as copies until it does. */
class OpenContainer {
  readonly parent: OpenContainer | undefined
  /** Of an array; with what was shown of the open child. */
  readonly elements: Json[] | undefined
  /** Of an object; with what was shown of the open child. */
  readonly members: Record<string, Json>
  /** Of the open member, or else of the last complete one. */
  key = ''
  hasProtoKey = false
  /** How many children have been completed: the index of the open element. */
  size = 0
  /** What a snapshot shows of it; undefined as soon as more is known. */
  shown: Json | undefined = undefined
  /** Where it is too wide to be copied. */
  wide: WideLog | undefined = undefined

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
 * The value as far as it is known. Containers grow in place and out of sight: a snapshot shows copies
 * of those that are open, anew where one became more, and a container itself only when it is complete.
 * So a snapshot never changes, what did not change keeps its identity, and nothing is copied where
 * nobody looks.
 */
export class GrowingValue {
  // An array around the document spares every operation the special case of the root.
  readonly #document = new OpenContainer(true)
  #top = this.#document
  /** The open child of the innermost container, where it is a string. */
  #string: string | undefined = undefined
  #isStringShown = false
  #shown: Json | undefined = undefined

  /** Whether the innermost open container is an array. */
  get isInArray(): boolean {
    return this.#top.elements !== undefined
  }

  /** The next child is the member `key`. */
  startMember(key: string): void {
    this.#top.key = key
    if (key === '__proto__') this.#top.hasProtoKey = true
  }

  openContainer(isArray: boolean): void {
    this.#top = new OpenContainer(isArray, this.#top)
  }

  closeContainer(): void {
    const { parent = this.#document, shown, wide, value } = this.#top
    this.#top = parent
    const copy = wide ? undefined : shown
    complete(parent, copy ?? value, copy !== undefined)
  }

  /** The open child is a string that begins with `text`. */
  growString(text: string): void {
    // To compare the texts would flatten them.
    if (this.#string?.length === text.length) return
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
    const top = this.#top
    const string = this.#string
    if (string === undefined ? top.shown !== undefined : this.#isStringShown) return this.#shown
    this.#isStringShown = true
    let child: Json | undefined = string
    if (top === this.#document) child ??= top.elements?.[0]
    for (let open = top; open.parent; open = open.parent) {
      child = show(open, child)
      open.shown = child
    }
    this.#shown = child
    return child
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
  // A view and the document do not hold a child that is merely shown.
  if (!isShown || parent.wide || !parent.parent) {
    parent.wide?.add(parent.key, value)
    parent.shown = undefined
    assign(parent, value)
  }
  parent.size++
}

/** A copy or view that shows `child`, where there is one, as the open child. */
function show(open: OpenContainer, child: Json | undefined): Json {
  const { elements, members, size, hasProtoKey } = open
  // V8 spreads a few members faster, but many of them slower by far once it has seen many shapes.
  if (!elements && size < 4 && !hasProtoKey) {
    if (child !== undefined) members[open.key] = child
    return { ...members }
  }
  if (size > COPY_LIMIT) {
    open.wide ??= new WideLog(elements, members, size)
    return open.wide.view(open.place, child)
  }
  if (child !== undefined) assign(open, child)
  if (elements) return elements.slice()
  // Assigned, `__proto__` would be the prototype.
  return hasProtoKey ? { ...members } : Object.assign({}, members)
}

function assign(open: OpenContainer, value: Json): void {
  const { elements, members, key } = open
  if (elements) elements[open.size] = value
  else if (!open.hasProtoKey) members[key] = value
  else {
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
