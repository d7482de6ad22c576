import { type DefaultTreeAdapterTypes, defaultTreeAdapter, parse, serializeOuter } from 'parse5'
import { childrenOf } from './selector.ts'

type Document = DefaultTreeAdapterTypes.Document
type Element = DefaultTreeAdapterTypes.Element
type Child = DefaultTreeAdapterTypes.ChildNode
type Parent = DefaultTreeAdapterTypes.ParentNode
type Attributes = readonly { readonly name: string; readonly value: string }[]

interface Splice {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** What an element was before it was touched. */
interface Before {
  readonly attrs: Attributes
  readonly nodes: readonly Child[]
}

/**
 * A file and the tree that it is read as. Whoever is about to change an element of the tree says so (`touch`);
 * `settle` then changes in the text what was changed in the tree, and nothing beside it, and reads the text again to
 * see that it says what the tree says.
 */
export class Source {
  #text: string
  readonly document: Document
  readonly #touched = new Map<Element, Before>()
  /** Nodes that were taken out or not yet put in, as they stood in the text. */
  readonly #texts = new WeakMap<Child, { readonly text: string; readonly html: string }>()
  /** The start tags that an element had, by its attributes: one that comes back comes back as it was written. */
  readonly #tags = new WeakMap<Element, Map<string, string>>()
  /** What stood behind an attribute that was removed. */
  readonly #followers = new WeakMap<Element, Map<string, readonly string[]>>()

  constructor(text: string) {
    this.#text = text
    this.document = read(text)
  }

  get text(): string {
    return this.#text
  }

  touch(element: Element): void {
    if (!element.sourceCodeLocation && !isImplied(element)) return
    if (this.#touched.has(element)) return
    const attrs = element.attrs.map(({ name, value }) => ({ name, value }))
    this.#touched.set(element, { attrs, nodes: [...element.childNodes] })
  }

  /** An attribute that comes back comes back to its place. */
  setAttribute(element: Element, name: string, value: string | null): void {
    const { attrs } = element
    const at = attrs.findIndex((one) => one.name === name)
    const followers = this.#followers.get(element) ?? new Map<string, readonly string[]>()
    if (value === null) {
      const behind = attrs.slice(at + 1).map((one) => one.name)
      this.#followers.set(element, followers.set(name, behind))
      if (at >= 0) attrs.splice(at, 1)
      return
    }
    const behind = followers.get(name) ?? []
    const next = attrs.findIndex((one) => behind.includes(one.name))
    if (at >= 0) attrs[at] = { name, value }
    else attrs.splice(next < 0 ? attrs.length : next, 0, { name, value })
  }

  /** Why the tree cannot be written so that it is read as it is, or `null` where it was. */
  settle(): string | null {
    const removed: Child[] = []
    const splices: Splice[] = []
    for (const [element, before] of this.#touched) {
      if (!isIn(this.document, element)) continue
      const found = [...this.#tagSplices(element, before), ...this.#nodeSplices(element, before)]
      if (found.some((one) => one === null))
        return 'There is no place for that in the file: the element is not written there.'
      splices.push(...found.filter((one) => one !== null))
      removed.push(...before.nodes.filter((node) => node.parentNode !== element))
    }
    if (splices.length > 0) {
      const text = spliced(this.#text, splices)
      const match = new Match((node) => this.#written(node))
      const problem = match.take(this.document, read(text))
      if (problem) return problem
      for (const node of removed) this.#forget(node)
      this.#text = text
    }
    this.#touched.clear()
    return null
  }

  #tagSplices(element: Element, { attrs }: Before): readonly (Splice | null)[] {
    const [before, after] = [keyOf(attrs), keyOf(element.attrs)]
    if (before === after) return []
    const place = element.sourceCodeLocation?.startTag ?? element.sourceCodeLocation
    if (!place) return [null]
    const { startOffset: start, endOffset: end } = place
    const tags = this.#tags.get(element) ?? new Map<string, string>()
    this.#tags.set(element, tags.set(before, this.#text.slice(start, end)))
    const known = tags.get(after)
    return known === undefined
      ? attributeSplices(element, attrs, this.#text)
      : [{ start, end, text: known }]
  }

  #nodeSplices(element: Element, { nodes }: Before): readonly (Splice | null)[] {
    const splices: (Splice | null)[] = []
    const old = new Set(nodes)
    for (const { parentNode, sourceCodeLocation: place } of nodes)
      if (parentNode !== element)
        splices.push(place ? { start: place.startOffset, end: place.endOffset, text: '' } : null)
    let text = ''
    let previous: Child | null = null
    for (const node of [...element.childNodes, null]) {
      if (node && !old.has(node)) text += this.#written(node)
      else {
        if (text !== '') splices.push(insertion(element, [previous, node], text))
        text = ''
        previous = node
      }
    }
    return splices
  }

  /** A node as text: as it stood, where it did. */
  #written(node: Child): string {
    const place = node.sourceCodeLocation
    if (place) return this.#text.slice(place.startOffset, place.endOffset)
    const known = this.#texts.get(node)
    const html = serializeOuter(node)
    return known?.html === html ? known.text : html
  }

  #forget(node: Child): void {
    const isAsWritten = ![...this.#touched.keys()].some((one) => isIn(node, one))
    if (isAsWritten)
      this.#texts.set(node, { text: this.#written(node), html: serializeOuter(node) })
    const open = [node]
    for (let one = open.pop(); one; one = open.pop()) {
      one.sourceCodeLocation = null
      open.push(...childrenOf(one))
    }
  }
}

function read(text: string): Document {
  return parse(text, { sourceCodeLocationInfo: true, scriptingEnabled: true })
}

function isImplied({ tagName }: Element): boolean {
  return /^(?:html|head|body|tbody|tr|colgroup)$/.test(tagName)
}

function isIn(ancestor: Document | Child, element: Element): boolean {
  let at: Parent | null = element
  while (at && at !== ancestor) at = 'parentNode' in at ? at.parentNode : null
  return at === ancestor
}

/** In which order they are written means nothing. */
function sameAttributes(ours: Attributes, theirs: Attributes): boolean {
  const sorted = (attrs: Attributes): string =>
    keyOf(attrs.toSorted((a, b) => (a.name < b.name ? -1 : 1)))
  return sorted(ours) === sorted(theirs)
}

function keyOf(attrs: Attributes): string {
  return JSON.stringify(attrs.map(({ name, value }) => [name, value]))
}

function attributeSplices(element: Element, before: Attributes, text: string): readonly Splice[] {
  const place = element.sourceCodeLocation
  if (!place) return []
  const placed = before.flatMap((one) => {
    // Names of SVG are in capitals only in the tree.
    const at = place.attrs?.[one.name] ?? place.attrs?.[one.name.toLowerCase()]
    return at ? [{ ...one, at }] : []
  })
  const tagEnd = (place.startTag ?? place).startOffset + 1 + element.tagName.length
  const end = Math.max(tagEnd, ...placed.map(({ at }) => at.endOffset))
  const isNew = ({ name }: { name: string }): boolean => !before.some((one) => one.name === name)
  const added = element.attrs.filter(isNew).map((one) => ` ${attributeText(one)}`)
  const splices = placed.flatMap(({ name, value, at }) => {
    const now = element.attrs.find((one) => one.name === name)
    if (now?.value === value) return []
    const start = now ? at.startOffset : gapBefore(text, at)
    return [{ start, end: at.endOffset, text: now ? attributeText(now) : '' }]
  })
  return added.length === 0 ? splices : [...splices, { start: end, end, text: added.join('') }]
}

/** Where an attribute begins with the space before it, if there is another behind it. */
function gapBefore(text: string, at: { startOffset: number; endOffset: number }): number {
  if (!/[\s/>]/.test(text.charAt(at.endOffset))) return at.startOffset
  let start = at.startOffset
  while (/\s/.test(text.charAt(start - 1))) start -= 1
  return start
}

function attributeText({ name, value }: { readonly name: string; readonly value: string }): string {
  const escaped = value
    .replaceAll('&', '&amp;')
    .replaceAll('\u00A0', '&nbsp;')
    .replaceAll('"', '&quot;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
  return `${name}="${escaped}"`
}

/** Behind the sibling before, in the element's beginning, or in front of the sibling behind. */
function insertion(
  { sourceCodeLocation }: Element,
  [previous, next]: readonly [Child | null, Child | null],
  text: string,
): Splice | null {
  const at =
    previous?.sourceCodeLocation?.endOffset ??
    sourceCodeLocation?.startTag?.endOffset ??
    next?.sourceCodeLocation?.startOffset
  return at === undefined ? null : { start: at, end: at, text }
}

function spliced(text: string, splices: readonly Splice[]): string {
  let result = ''
  let at = 0
  for (const { start, end, text: given } of splices.toSorted(
    (a, b) => a.start - b.start || a.end - b.end,
  )) {
    // What is in something that goes is gone already.
    if (end < at || start < at) continue
    result += text.slice(at, start) + given
    at = end
  }
  return result + text.slice(at)
}

/** Walks two trees that should be one, and takes the places in the text over from the second. */
class Match {
  readonly #written: (node: Child) => string
  readonly #places: (() => void)[] = []

  constructor(written: (node: Child) => string) {
    this.#written = written
  }

  /** Takes all of them or, where the trees differ, none, and says where they do. */
  take(ours: Document, theirs: Document): string | null {
    const differs = this.#children(ours, theirs)
    if (differs !== null)
      return `In a file <${differs}> cannot stand like that: a browser would read another page. Put it elsewhere, or write it otherwise.`
    for (const place of this.#places) place()
    return null
  }

  #children(ours: Parent, theirs: Parent): string | null {
    const mine = runsOf(childrenOf(ours))
    const yours = runsOf(childrenOf(theirs))
    const name = 'tagName' in ours ? ours.tagName : 'html'
    if (mine.length !== yours.length) return name
    for (const [index, run] of mine.entries()) {
      const differs = this.#run(run, yours[index] ?? [])
      if (differs !== null) return differs === '' ? name : differs
    }
    return null
  }

  #run(run: readonly Child[], others: readonly Child[]): string | null {
    const [node] = run
    const [other] = others
    if (!node || !other || node.nodeName !== other.nodeName) return ''
    if (defaultTreeAdapter.isTextNode(node)) return this.#text(run, other) ? null : ''
    this.#places.push(() => (node.sourceCodeLocation = other.sourceCodeLocation ?? null))
    if ('tagName' in node && 'tagName' in other) return this.#element(node, other)
    return serializeOuter(node) === serializeOuter(other) ? null : ''
  }

  #element(node: Element, other: Element): string | null {
    const isSame =
      sameAttributes(node.attrs, other.attrs) &&
      node.namespaceURI === other.namespaceURI &&
      (!('content' in node) || serializeOuter(node) === serializeOuter(other))
    return isSame ? this.#children(node, other) : node.tagName
  }

  /** Texts side by side are read as one; each keeps the part that it was written as. */
  #text(run: readonly Child[], other: Child): boolean {
    const value = (node: Child): string => (defaultTreeAdapter.isTextNode(node) ? node.value : '')
    if (run.map(value).join('') !== value(other)) return false
    const place = other.sourceCodeLocation
    if (!place) return true
    const texts = run.map((node) => this.#written(node))
    let at = place.startOffset
    for (const [index, node] of run.entries()) {
      const end = index === run.length - 1 ? place.endOffset : at + (texts[index] ?? '').length
      const own = { ...place, startOffset: at, endOffset: end }
      this.#places.push(() => (node.sourceCodeLocation = own))
      at = end
    }
    return at === place.endOffset
  }
}

/** Texts side by side as one. */
function runsOf(nodes: readonly Child[]): readonly (readonly Child[])[] {
  const runs: Child[][] = []
  for (const node of nodes) {
    const last = runs.at(-1)
    const isRun =
      last?.[0] && defaultTreeAdapter.isTextNode(last[0]) && defaultTreeAdapter.isTextNode(node)
    if (isRun) last.push(node)
    else runs.push([node])
  }
  return runs
}
