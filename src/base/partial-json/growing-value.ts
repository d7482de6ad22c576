import type { Json } from '../json-value.ts'
import { type Key, WideLog } from './wide-log.ts'

/**
 * Up to this many entries an open container is copied for each snapshot that follows a change. A
 * wider one is shown through a view, because a copy after every delta would make it quadratic.
 */
const COPY_LIMIT = 128

type Container = Record<Key, unknown> | unknown[]

/** A container whose end has not come. */
class OpenContainer {
  readonly parent: OpenContainer | undefined
  readonly isArray: boolean
  node: Container
  /** Where the open child is, or else where the last complete one is. */
  key: Key
  /** How many children have been completed. */
  size = 0
  /** A snapshot shows `node` (or a view of `wide`) as it is now: change a copy. */
  isShared = false
  wide: WideLog | undefined = undefined
  /** What views show of the open child. */
  shown: unknown = undefined
  hasProtoKey = false

  constructor(isArray: boolean, parent?: OpenContainer) {
    this.parent = parent
    this.isArray = isArray
    this.node = isArray ? [] : {}
    this.key = isArray ? 0 : ''
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
    return this.#top.isArray
  }

  /** The next child is the member `key`. */
  startMember(key: string): void {
    this.#top.key = key
  }

  /** The next child is the element after the last one. */
  startElement(): void {
    this.#top.key = this.#top.size
  }

  openContainer(isArray: boolean): void {
    this.#top = new OpenContainer(isArray, this.#top)
  }

  closeContainer(): void {
    const closed = this.#top
    this.#top = closed.parent ?? this.#document
    complete(this.#top, closed.node, closed.isShared && !closed.wide)
  }

  /** The open child is a string that begins with `text`. */
  growString(text: string): void {
    // Ropes that are one object compare without being flattened, and others differ in length.
    if (this.#string === text) return
    this.#string = text
    this.#isStringShown = false
  }

  /** The open child is `value`, a string, number or literal. */
  complete(value: unknown): void {
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
      show(open.parent, open.wide?.view(open.key, open.shown) ?? open.node)
    }
    // Nothing but JSON was put in.
    return (this.#document.node as Json[])[0]
  }

  /** The keys from the root to the open child. */
  get path(): Key[] {
    const path: Key[] = []
    for (let open = this.#top; open.parent; open = open.parent) path.push(open.key)
    return path.reverse()
  }

  /** Whether the value at `path` is complete. `isChildOpen`: the innermost container has an open child. */
  isComplete(path: readonly Key[], isChildOpen: boolean): boolean {
    const spine: OpenContainer[] = []
    for (let open: OpenContainer | undefined = this.#top; open; open = open.parent) spine.push(open)
    const whole = [0, ...path]
    for (const [index, key] of whole.entries()) {
      const open = spine.pop()
      // The path ends in, or leads through, an open container.
      if (!open) return false
      const isOpen = spine.length > 0 || isChildOpen
      if (!isOpen || String(key) !== String(open.key)) return has(open.node, whole.slice(index))
    }
    return false
  }
}

/** Puts in the final child. `isShown`: the newest snapshot shows it so, and the parent stays the same. */
function complete(parent: OpenContainer, value: unknown, isShown: boolean): void {
  if (!isShown || parent.wide) {
    if (parent.isShared) unshare(parent)
    parent.wide?.add(parent.key, value)
    parent.shown = undefined
    assign(parent, value)
  }
  parent.size++
}

/** Shows what is known of the open child. */
function show(parent: OpenContainer, value: unknown): void {
  if (parent.isShared) unshare(parent)
  if (parent.wide) parent.shown = value
  else assign(parent, value)
}

function unshare(open: OpenContainer): void {
  open.isShared = false
  // Nobody sees the node behind a view, and a view does not show what is added now.
  if (open.wide) return
  open.node = copy(open)
  if (open.size > COPY_LIMIT) open.wide = new WideLog(open.node, open.size)
}

function copy({ node, hasProtoKey }: OpenContainer): Container {
  if (Array.isArray(node)) return node.slice()
  // Twice as fast as a spread in V8, but it would set the prototype.
  return hasProtoKey ? { ...node } : Object.assign({}, node)
}

function assign(open: OpenContainer, value: unknown): void {
  const { key, node } = open
  if (open.isArray) (node as unknown[])[key as number] = value
  else if (key !== '__proto__') (node as Record<Key, unknown>)[key] = value
  else {
    open.hasProtoKey = true
    Object.defineProperty(node, key, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    })
  }
}

function has(container: unknown, path: readonly Key[]): boolean {
  let value = container
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return false
    // Its length is no element of an array.
    if (Array.isArray(value) && key === 'length') return false
    value = (value as Record<Key, unknown>)[key]
  }
  return true
}
