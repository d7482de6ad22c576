import { dangerous } from '../checks/active-content.ts'
import type { XmlElement } from './read-xml.ts'

/** What is drawn, with each repetition counted; a detailed map has some ten thousand shapes. */
const mostDrawn = 200_000
/** Elements in elements, and references to references. */
const mostDepth = 1_000

/**
 * Elements may draw others by name, which draw others: ten that each name the next ten times are ten thousand million.
 * @throws a refusal where the picture is more than can be drawn, or an element draws itself
 */
export function refuseHeavy(root: XmlElement): void {
  new Scale(root).weigh(root)
}

class Scale {
  readonly #byId = new Map<string, XmlElement>()
  /** By a part of a selector, the names that its rules draw. */
  readonly #byRule = new Map<string, Set<string>>()
  readonly #weights = new Map<XmlElement, number>()
  readonly #underWay = new Set<XmlElement>()

  constructor(root: XmlElement) {
    this.#collect(root)
  }

  weigh(element: XmlElement): number {
    const known = this.#weights.get(element)
    if (known !== undefined) return known
    if (this.#underWay.has(element)) throw dangerous('a part of it draws itself')
    this.#underWay.add(element)
    if (this.#underWay.size > mostDepth) throw dangerous('its parts draw each other too deep')
    let weight = 1
    for (const part of this.#partsOf(element)) weight += this.weigh(part)
    if (weight > mostDrawn) throw dangerous('it draws its own parts over and over')
    this.#underWay.delete(element)
    this.#weights.set(element, weight)
    return weight
  }

  /** Its children, and what it draws by reference, or as its pattern, mask, marker or filter. */
  *#partsOf(element: XmlElement): Generator<XmlElement> {
    for (const child of element.children) if (typeof child === 'object') yield child
    for (const id of this.#namesIn(element)) {
      const drawn = this.#byId.get(id)
      if (drawn) yield drawn
    }
  }

  *#namesIn(element: XmlElement): Generator<string> {
    for (const { name, value } of element.attributes) {
      if (name === 'href') yield value.slice(1)
      else yield* idsIn(value)
    }
    for (const part of selectorsOf(element)) yield* this.#byRule.get(part) ?? []
  }

  #collect(element: XmlElement): void {
    const id = valueOf(element, 'id')
    if (id && !this.#byId.has(id)) this.#byId.set(id, element)
    for (const child of element.children) {
      if (typeof child === 'object') this.#collect(child)
      else if (element.name === 'style') this.#collectRules(child)
    }
  }

  /** A rule is taken to hold for whatever a part of its selector fits, which is more than it does. */
  #collectRules(sheet: string): void {
    for (const [, selector = '', block = ''] of sheet.matchAll(/([^{}]+)\{([^{}]*)\}/g)) {
      const ids = idsIn(block)
      if (ids.length === 0) continue
      for (const part of selector.split(/[,\s>+~]+|(?=[.#])/)) {
        const known = this.#byRule.get(part) ?? new Set()
        for (const id of ids) known.add(id)
        this.#byRule.set(part, known)
      }
    }
  }
}

function selectorsOf(element: XmlElement): readonly string[] {
  const classes = (valueOf(element, 'class') ?? '').split(/\s+/).filter(Boolean)
  const id = valueOf(element, 'id')
  return ['*', element.name, ...classes.map((name) => `.${name}`), ...(id ? [`#${id}`] : [])]
}

function valueOf(element: XmlElement, wanted: string): string | undefined {
  return element.attributes.find(({ name }) => name === wanted)?.value
}

function idsIn(value: string): readonly string[] {
  return [...value.matchAll(/url\(\s*["']?#([\w.:-]+)/gi)].map(([, id]) => id ?? '')
}
