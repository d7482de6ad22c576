import type { PageDocument, PageNode } from '../_page-document.ts'
import { type Bounds, isSecretField } from './bounds.ts'
import { declarationsOf } from './css-policy.ts'
import type { Handles } from './handles.ts'
import { type ShortSelectors, elementsIn, isElement } from './selectors.ts'

/** An element in a list. */
export interface ElementSummary {
  /** Names the element as it is now. */
  readonly handle: string
  readonly selector: string
  readonly tag: string
  readonly id?: string
  readonly classes?: readonly string[]
  /** The first of its text. */
  readonly text?: string
  readonly children: number
  /** It stays as it is. */
  readonly isProtected?: true
}

/** All that is told of one element. */
export interface ElementInfo extends ElementSummary {
  readonly attributes: Readonly<Record<string, string>>
  readonly style: Readonly<Record<string, string>>
  /** Its first children. */
  readonly elements: readonly ElementSummary[]
  /** The way up, the nearest first. */
  readonly ancestors: readonly string[]
}

const textLength = { summary: 80, info: 2_000 }
const shownChildren = 20

/** Shows elements to a model: no field's secret, no token, no text that is code. */
export class ElementViews {
  readonly #page: PageDocument
  readonly #handles: Handles
  readonly #bounds: Bounds
  readonly #selectors: ShortSelectors

  constructor(parts: {
    readonly page: PageDocument
    readonly handles: Handles
    readonly bounds: Bounds
    readonly selectors: ShortSelectors
  }) {
    this.#page = parts.page
    this.#handles = parts.handles
    this.#bounds = parts.bounds
    this.#selectors = parts.selectors
  }

  summary(element: PageNode, length: number = textLength.summary): ElementSummary {
    const attributes = this.#page.attributes(element)
    const id = attributes.get('id')
    const classes = (attributes.get('class') ?? '').split(/\s+/).filter((one) => one !== '')
    const text = this.#text(element, length)
    return {
      handle: this.#handles.of(element),
      selector: this.#selectors.of(element),
      tag: this.#page.name(element),
      ...(id !== undefined && { id }),
      ...(classes.length > 0 && { classes: classes.slice(0, 20) }),
      ...(text !== '' && { text }),
      children: elementsIn(this.#page, element).length,
      ...(this.#bounds.isProtected(element) && { isProtected: true as const }),
    }
  }

  info(element: PageNode): ElementInfo {
    const ancestors: string[] = []
    for (let at = this.#page.parent(element); at; at = this.#page.parent(at))
      if (isElement(this.#page, at)) ancestors.push(this.#selectors.of(at))
    const style = declarationsOf(this.#page.attributes(element).get('style') ?? '')
    return {
      ...this.summary(element, textLength.info),
      attributes: this.#attributes(element),
      style: Object.fromEntries(style.map(({ property, value }) => [property, value])),
      elements: elementsIn(this.#page, element)
        .slice(0, shownChildren)
        .map((child) => this.summary(child)),
      ancestors: ancestors.slice(0, 20),
    }
  }

  #attributes(element: PageNode): Readonly<Record<string, string>> {
    const isSecret = isSecretField(this.#page, element)
    const isMeta = /^(?:meta|script|link)$/.test(this.#page.name(element))
    const isShown = (name: string): boolean =>
      !/^(?:nonce|__proto__)$|csrf|xsrf|token|secret|passw/i.test(name) &&
      !(name === 'value' && isSecret) &&
      !(name === 'content' && isMeta)
    return Object.fromEntries(
      [...this.#page.attributes(element)]
        .filter(([name]) => isShown(name) && name !== 'style')
        .map(([name, value]) => [name, cut(value, 500)]),
    )
  }

  /** What people read there, as far as it is wanted. */
  #text(element: PageNode, length: number): string {
    const open = [element]
    let text = ''
    for (let node = open.pop(); node && text.length < length * 2; node = open.pop()) {
      if (this.#page.kind(node) === 'text') text += this.#page.text(node)
      else if (isElement(this.#page, node) && !this.#isHiddenText(node))
        open.push(...this.#page.nodes(node).toReversed())
    }
    return cut(text.replaceAll(/\s+/g, ' ').trim(), length)
  }

  #isHiddenText(node: PageNode): boolean {
    const name = this.#page.name(node)
    return (
      /^(?:script|style|noscript|template|iframe|object)$/.test(name) ||
      isSecretField(this.#page, node)
    )
  }
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text
}
