import { ToolError } from '../../tools/index.ts'
import type { PageDocument, PageNode } from '../_page-document.ts'
import { htmlOf } from './html-policy.ts'

/** One step of a change, with all that it takes to go back. */
export type Step =
  | {
      readonly type: 'attribute'
      readonly node: PageNode
      readonly name: string
      readonly before: string | null
      readonly after: string | null
    }
  | {
      readonly type: 'nodes'
      readonly parent: PageNode
      /** What the new nodes stand behind; `null` at the beginning. */
      readonly previous: PageNode | null
      readonly removed: readonly PageNode[]
      readonly inserted: readonly PageNode[]
      /** What was inserted, as it was then. */
      readonly html: string
    }

/**
 * A place between the children of an element: behind so many that are no text, and so much text. Texts side by side
 * are one in a page that was read anew, so nothing is counted by them.
 */
interface Place {
  readonly after: number
  readonly text: number
}

/** The same for the log: `path` counts what is no text, from the root on, and nodes are HTML. */
export type WrittenStep =
  | {
      readonly path: readonly number[]
      readonly attribute: string
      readonly before: string | null
      readonly after: string | null
    }
  | {
      readonly path: readonly number[]
      readonly at: Place
      readonly removed: readonly string[]
      readonly inserted: readonly string[]
    }

/** Steps that are done together or not at all. */
export class Changes {
  readonly #page: PageDocument
  readonly #steps: Step[] = []
  readonly #written: WrittenStep[] = []

  constructor(page: PageDocument) {
    this.#page = page
  }

  get steps(): readonly Step[] {
    return this.#steps
  }

  get written(): readonly WrittenStep[] {
    return this.#written
  }

  setAttribute(node: PageNode, name: string, value: string | null): void {
    const before = this.#page.attributes(node).get(name) ?? null
    if (before === value) return
    this.#page.setAttribute(node, name, value)
    const after = this.#page.attributes(node).get(name) ?? null
    this.#steps.push({ type: 'attribute', node, name, before, after })
    this.#written.push({ path: pathOf(this.#page, node), attribute: name, before, after })
  }

  /** Takes nodes out of `parent`, and puts others where they began. */
  splice(
    parent: PageNode,
    at: number,
    {
      removed = [],
      inserted = [],
    }: { removed?: readonly PageNode[]; inserted?: readonly PageNode[] },
  ): void {
    if (removed.length + inserted.length === 0) return
    const nodes = this.#page.nodes(parent)
    const texts = removed.map((node) => this.#page.html(node))
    this.#page.setNodes(parent, nodes.toSpliced(at, removed.length, ...inserted))
    const previous = nodes[at - 1] ?? null
    const html = htmlOf(this.#page, inserted)
    this.#steps.push({ type: 'nodes', parent, previous, removed, inserted, html })
    this.#written.push({
      path: pathOf(this.#page, parent),
      at: placeOf(this.#page, nodes.slice(0, at)),
      removed: texts,
      inserted: inserted.map((node) => this.#page.html(node)),
    })
  }

  /**
   * Ends the change, or takes it back and says why.
   * @throws {@link ToolError} `unsafe`
   */
  settle(): void {
    const problem = this.#page.settle()
    if (problem === null) return
    this.revert()
    throw new ToolError(problem, { code: 'unsafe' })
  }

  /** Takes back what this is, in a page that nobody changed since. */
  revert(): void {
    for (const step of this.#steps.toReversed()) {
      if (step.type === 'attribute') this.#page.setAttribute(step.node, step.name, step.before)
      else {
        const { parent, previous, removed, inserted } = step
        const nodes = this.#page.nodes(parent)
        const at = previous ? nodes.indexOf(previous) + 1 : 0
        this.#page.setNodes(parent, nodes.toSpliced(at, inserted.length, ...removed))
      }
    }
    this.#page.settle()
  }
}

/** Takes back a step that was done earlier. @throws {@link ToolError} `changed` */
export function undoStep(changes: Changes, step: Step, page: PageDocument): void {
  if (step.type === 'nodes') return undoNodes(changes, step, page)
  const { node, name, before, after } = step
  const now = page.attributes(node).get(name) ?? null
  if (!isOnPage(page, node) || now !== after) throw changed(`"${name}" of <${page.name(node)}>`)
  changes.setAttribute(node, name, before)
  return undefined
}

function undoNodes(
  changes: Changes,
  { parent, previous, removed, inserted, html }: Extract<Step, { type: 'nodes' }>,
  page: PageDocument,
): void {
  const nodes = page.nodes(parent)
  const [first] = inserted
  const at = first ? nodes.indexOf(first) : previous ? nodes.indexOf(previous) + 1 : 0
  const there = nodes.slice(Math.max(at, 0), at + inserted.length)
  const isThere = at >= 0 && inserted.every((node, index) => there[index] === node)
  const isPlaced = inserted.length > 0 || previous === null || at > 0
  if (!isOnPage(page, parent) || !isThere || !isPlaced || htmlOf(page, there) !== html)
    throw changed(`What is in <${page.name(parent)}>`)
  changes.splice(parent, at, { removed: inserted, inserted: removed })
}

/** A step of the log as one of this page, as far as everything is still there. */
export function readStep(changes: Changes, page: PageDocument, written: WrittenStep): Step {
  const node = nodeAt(page, written.path)
  if ('attribute' in written) {
    const { attribute, before, after } = written
    return { type: 'attribute', node, name: attribute, before, after }
  }
  const { removed, inserted } = written
  const at = openPlace(changes, page, { parent: node, place: written.at })
  const nodes = page.nodes(node)
  return {
    type: 'nodes',
    parent: node,
    previous: nodes[at - 1] ?? null,
    removed: removed.flatMap((html) => page.parse(html, node)),
    inserted: nodes.slice(at, at + inserted.length),
    html: inserted.join(''),
  }
}

/** Finds a place, and makes two of a text that it lies in. */
function openPlace(
  changes: Changes,
  page: PageDocument,
  { parent, place }: { readonly parent: PageNode; readonly place: Place },
): number {
  const nodes = page.nodes(parent)
  let at = place.after === 0 ? 0 : nodes.indexOf(notText(page, nodes)[place.after - 1] ?? page) + 1
  if (at === 0 && place.after > 0) throw changed('The page')
  let left = place.text
  while (left > 0) {
    const node = nodes[at]
    if (!node || page.kind(node) !== 'text') throw changed('The page')
    const text = page.text(node)
    if (text.length > left) {
      const parts = [text.slice(0, left), text.slice(left)].map((part) => page.createText(part))
      changes.splice(parent, at, { removed: [node], inserted: parts })
    }
    left -= Math.min(left, text.length)
    at += 1
  }
  return at
}

function changed(what: string): ToolError {
  return new ToolError(`${what} was changed since, so it stays as it is.`, { code: 'changed' })
}

export function isOnPage(page: PageDocument, node: PageNode): boolean {
  let at: PageNode | null = node
  while (at && at !== page.root) at = page.parent(at)
  return at === page.root
}

function notText(page: PageDocument, nodes: readonly PageNode[]): readonly PageNode[] {
  return nodes.filter((node) => page.kind(node) !== 'text')
}

/** Where somebody is who stands behind these nodes. */
function placeOf(page: PageDocument, before: readonly PageNode[]): Place {
  const last = before.findLastIndex((node) => page.kind(node) !== 'text')
  const text = before.slice(last + 1).map((node) => page.text(node))
  return { after: notText(page, before).length, text: text.join('').length }
}

function pathOf(page: PageDocument, node: PageNode): readonly number[] {
  const path: number[] = []
  for (let at = node; at !== page.root;) {
    const parent = page.parent(at)
    if (!parent) return path
    path.unshift(notText(page, page.nodes(parent)).indexOf(at))
    at = parent
  }
  return path
}

function nodeAt(page: PageDocument, path: readonly number[]): PageNode {
  let node = page.root
  for (const index of path) {
    const child = notText(page, page.nodes(node))[index]
    if (!child) throw changed('The page')
    node = child
  }
  if (page.kind(node) !== 'html' && page.kind(node) !== 'svg') throw changed('The page')
  return node
}
