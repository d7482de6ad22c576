import type { PageDocument, PageNode } from '../_page-document.ts'

/** How many elements are looked at for a word that is nearly the one that was meant. */
const scanned = 20_000

/** A selector that matches the element alone: by its `id`, or the way to it from the nearest that has one. */
export class ShortSelectors {
  readonly #page: PageDocument
  readonly #ids = new Map<string, number>()

  constructor(page: PageDocument) {
    this.#page = page
    for (const element of page.query('[id]')) {
      const id = page.attributes(element).get('id') ?? ''
      this.#ids.set(id, (this.#ids.get(id) ?? 0) + 1)
    }
  }

  of(element: PageNode): string {
    const steps: string[] = []
    for (let at: PageNode | null = element; at; at = this.#page.parent(at)) {
      const id: string = this.#page.attributes(at).get('id') ?? ''
      const isOwn: boolean = this.#ids.get(id) === 1 && /^[A-Za-z][\w-]*$/.test(id)
      steps.unshift(isOwn ? `#${id}` : this.#step(at))
      if (isOwn) break
    }
    return steps.join(' > ')
  }

  #step(element: PageNode): string {
    const name = this.#page.name(element)
    const parent = this.#page.parent(element)
    if (!parent) return name
    const alike = elementsIn(this.#page, parent).filter((one) => this.#page.name(one) === name)
    return alike.length > 1 ? `${name}:nth-of-type(${alike.indexOf(element) + 1})` : name
  }
}

export function isElement(page: PageDocument, node: PageNode): boolean {
  return page.kind(node) !== 'text' && page.kind(node) !== 'other'
}

export function elementsIn(page: PageDocument, parent: PageNode): readonly PageNode[] {
  return page.nodes(parent).filter((node) => isElement(page, node))
}

/** Selectors that are nearly this one and match something, the nearest first. */
export function suggestions(page: PageDocument, selector: string): readonly string[] {
  const words = knownWords(page)
  const found: { selector: string; distance: number }[] = []
  for (const match of selector.matchAll(/([#.]?)(-?[A-Za-z_][\w-]*)/g)) {
    const [whole, mark = '', word = ''] = match
    const before = selector[match.index - 1] ?? ''
    // Words of attributes and pseudo-classes are not names of elements, classes or ids.
    if (words.has(whole) || (/[:["'=(]/.test(before) && mark === '')) continue
    for (const { text, distance } of nearest(words, { mark, word })) {
      const end = match.index + whole.length
      found.push({
        selector: selector.slice(0, match.index) + text + selector.slice(end),
        distance,
      })
    }
  }
  return found
    .toSorted((a, b) => a.distance - b.distance)
    .map((one) => one.selector)
    .filter((one, index, all) => all.indexOf(one) === index && matches(page, one) > 0)
    .slice(0, 5)
}

/** How many elements match, 0 where it is no selector. */
function matches(page: PageDocument, selector: string): number {
  try {
    return page.query(selector).length
  } catch {
    return 0
  }
}

function knownWords(page: PageDocument): ReadonlySet<string> {
  const words = new Set<string>()
  for (const element of page.query('*').slice(0, scanned)) {
    words.add(page.name(element))
    const attributes = page.attributes(element)
    const id = attributes.get('id')
    if (id) words.add(`#${id}`)
    for (const one of (attributes.get('class') ?? '').split(/\s+/)) if (one) words.add(`.${one}`)
  }
  return words
}

function nearest(
  words: ReadonlySet<string>,
  { mark, word }: { readonly mark: string; readonly word: string },
): readonly { text: string; distance: number }[] {
  const most = Math.max(1, Math.floor(word.length / 3))
  const found: { text: string; distance: number }[] = []
  for (const known of words) {
    const bare = known.replace(/^[#.]/, '')
    // An id where a class was meant is one mistake more than the right kind.
    const isKind = known === mark + bare
    if (Math.abs(bare.length - word.length) > most) continue
    const distance = editDistance(bare.toLowerCase(), word.toLowerCase(), most) + (isKind ? 0 : 0.5)
    if (distance <= most + 0.5 && (isKind || distance < 1)) found.push({ text: known, distance })
  }
  return found.toSorted((a, b) => a.distance - b.distance).slice(0, 5)
}

/** Letters to change, add, leave out or swap; any number above `most` where there are more. */
function editDistance(a: string, b: string, most: number): number {
  let rows: number[][] = [Array.from({ length: b.length + 1 }, (_, at) => at)]
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) row[j] = cell(rows, row, { a, b, i, j })
    if (Math.min(...row) > most) return most + 1
    rows = [...rows.slice(-1), row]
  }
  return rows.at(-1)?.[b.length] ?? most + 1
}

function cell(
  rows: readonly number[][],
  row: readonly number[],
  { a, b, i, j }: { a: string; b: string; i: number; j: number },
): number {
  const above = rows.at(-1) ?? []
  const isSame = a[i - 1] === b[j - 1]
  const plain = Math.min(
    (above[j] ?? 0) + 1,
    (row[j - 1] ?? 0) + 1,
    (above[j - 1] ?? 0) + (isSame ? 0 : 1),
  )
  const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
  return isSwapped ? Math.min(plain, (rows.at(-2)?.[j - 2] ?? 0) + 1) : plain
}
