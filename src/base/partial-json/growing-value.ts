import type { Json } from '../json-value.ts'
import { createWideLog, type Key, type WideLog } from './wide-view.ts'

/**
 * Up to this many entries an open container is copied for each snapshot that follows a change. A
 * wider one is shown through a view: copying it after every delta would be quadratic.
 */
const COPY_LIMIT = 128

type Node = Record<string, unknown> | unknown[]

/** A container whose end has not come. */
class OpenContainer {
  readonly parent: OpenContainer | undefined
  readonly isArray: boolean
  node: Node
  /** Where the open child is, or else where the last complete one is. */
  key: Key
  /** How many children have been completed. */
  size = 0
  /** A snapshot shows `node`, so it must not change any more. */
  isShared = false
  wide: WideLog | undefined = undefined
  /** What snapshots show of the open child of a wide container. */
  shown: unknown = undefined

  constructor(isArray: boolean, parent?: OpenContainer) {
    this.parent = parent
    this.isArray = isArray
    this.node = isArray ? [] : {}
    this.key = isArray ? 0 : ''
  }
}

/**
 * The value as far as it is known. Containers grow in place until somebody takes a snapshot; then the
 * first change to a container that the snapshot shows works on a copy. So a snapshot never changes,
 * what did not change keeps its identity, and nothing is copied where nobody looks.
 */
export class GrowingValue {
  // An array around the document spares every operation the special case of the root.
  readonly #document = new OpenContainer(true)
  #top = this.#document
  #string: string | undefined = undefined
  #isStringShown = false

  /** Whether no container is open. */
  get isAtRoot(): boolean {
    return this.#top === this.#document
  }

  /** Whether the innermost open container is an array. */
  get isInArray(): boolean {
    return this.#top.isArray
  }

  get key(): Key { return this.#top.key }
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
    const parent = closed.parent ?? this.#document
    this.#top = parent
    if (closed.isShared && !closed.wide) this.#keep(parent, closed.node)
    else this.#complete(parent, closed.node)
  }

  /** The open child is a string that begins with `text`. */
  growString(text: string): void {
    if (this.#string?.length === text.length) return
    this.#string = text
    this.#isStringShown = false
  }

  /** The open child is the number or literal `value`. */
  complete(value: unknown): void {
    this.#complete(this.#top, value)
  }

  completeString(text: string): void {
    if (this.#isStringShown && this.#string?.length === text.length) this.#keep(this.#top, text)
    else this.#complete(this.#top, text)
    this.#string = undefined
    this.#isStringShown = false
  }

  /** What is known now: the same object as the last time where nothing became known since. */
  get snapshot(): Json | undefined {
    if (this.#string !== undefined && !this.#isStringShown) {
      this.#show(this.#top, this.#string)
      this.#isStringShown = true
    }
    for (let open = this.#top; open.parent && !open.isShared; open = open.parent) {
      open.isShared = true
      this.#show(open.parent, open.wide ? open.wide.view(open.key, open.shown) : open.node)
    }
    // Nothing but JSON was put in.
    return (this.#document.node as unknown[])[0] as Json | undefined
  }

  /** The keys from the root to the open child. */
  get path(): Key[] {
    const path: Key[] = []
    for (let open = this.#top; open.parent; open = open.parent) path.push(open.key)
    return path.toReversed()
  }

  /** Completes a child that the newest snapshot shows as it is: the parent keeps its identity too. */
  #keep(parent: OpenContainer, value: unknown): void {
    if (parent.wide) this.#complete(parent, value)
    else parent.size++
  }

  #complete(parent: OpenContainer, value: unknown): void {
    if (parent.isShared) unshare(parent)
    parent.size++
    if (parent.wide) {
      parent.wide.add(parent.key, value)
      parent.shown = undefined
    }
    assign(parent, value)
  }

  #show(parent: OpenContainer, value: unknown): void {
    if (parent.isShared) unshare(parent)
    if (parent.wide) parent.shown = value
    else assign(parent, value)
  }
}

function unshare(open: OpenContainer): void {
  open.isShared = false
  if (open.wide) return
  open.node = open.isArray ? copyArray(open.node as unknown[]) : Object.assign({}, open.node)
  if (open.size > COPY_LIMIT) open.wide = createWideLog(open.node, open.size)
}

function copyArray(elements: unknown[]): unknown[] {
  return elements.slice()
}

function assign(open: OpenContainer, value: unknown): void {
  const { key } = open
  if (open.isArray) (open.node as unknown[])[key as number] = value
  else if (key !== '__proto__') (open.node as Record<Key, unknown>)[key] = value
  // An assignment would set the prototype; JSON.parse makes it a key like any other.
  else Object.defineProperty(open.node, key, { value, writable: true, enumerable: true, configurable: true })
}
