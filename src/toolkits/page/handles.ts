import { systemWorld } from '../../base/index.ts'
import { ToolError } from '../../tools/index.ts'
import type { PageDocument, PageNode } from '../_page-document.ts'
import { isOnPage } from './changes.ts'
import { laneOf } from './lanes.ts'
import { isElement } from './selectors.ts'

interface Seen {
  readonly node: PageNode
  /** What the element was when the handle was given out. */
  readonly print: string
}

const kept = 10_000

/**
 * Handles of elements, as a model saw them: one that was changed by anybody since, or is gone, is no longer found by
 * it. They mean nothing on another page, nor after a reload.
 */
export class Handles {
  readonly #page: PageDocument
  readonly #series: string = systemWorld.randomId().replaceAll('-', '').slice(0, 8)
  readonly #seen = new Map<string, Seen>()
  readonly #handles = new WeakMap<PageNode, string>()
  #count = 0

  constructor(page: PageDocument) {
    this.#page = page
  }

  /** One element that is as it was keeps its handle. */
  of(node: PageNode): string {
    const print = this.#print(node)
    const known = this.#handles.get(node)
    if (known !== undefined && this.#seen.get(known)?.print === print) return known
    this.#count += 1
    const name = this.#page.attributes(node).get('id') ?? `${this.#series}${this.#count}`
    const handle = `@${laneOf(name)}.${this.#series}${this.#count.toString(36)}`
    this.#seen.set(handle, { node, print })
    this.#handles.set(node, handle)
    const [oldest] = this.#seen.keys()
    if (oldest !== undefined && this.#seen.size > kept) this.#seen.delete(oldest)
    return handle
  }

  /** @throws {@link ToolError} `expired` */
  node(handle: string): PageNode {
    const seen = this.#seen.get(handle)
    if (seen && isOnPage(this.#page, seen.node) && this.#print(seen.node) === seen.print)
      return seen.node
    throw new ToolError(
      `The handle "${handle}" has expired: the element was changed or is gone. Look again with list_elements or get_element_info.`,
      { code: 'expired' },
    )
  }

  /** The element itself with its own text; what is in its children is theirs. */
  #print(node: PageNode): string {
    const page = this.#page
    const own = page.nodes(node).filter((one) => page.kind(one) === 'text')
    const text = isElement(page, node) ? own.map((one) => page.text(one)).join('') : ''
    return JSON.stringify([
      page.name(node),
      [...page.attributes(node)],
      text.trim().slice(0, 1_000),
    ])
  }
}
