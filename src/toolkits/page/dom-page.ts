import type { PageDocument, PageNode, PageNodeKind } from '../_page-document.ts'

export interface DomPageOptions {
  /**
   * Makes of HTML what the page's Trusted Types policy lets through. It is only ever read into a document that runs
   * and loads nothing, and sanitised there. Default: a policy named `toolwire`, where the page wants one.
   */
  readonly createHtml?: (html: string) => string
}

const namespaces: Readonly<Record<string, PageNodeKind>> = {
  'http://www.w3.org/1999/xhtml': 'html',
  'http://www.w3.org/2000/svg': 'svg',
}

/**
 * The live document as a page, within `root` (default: all of the document). Frames and shadow roots in it are never
 * entered, and neither are documents of other origins.
 */
export function domPage(
  root: Element = document.documentElement,
  { createHtml = trusted() }: DomPageOptions = {},
): PageDocument {
  const dom = new Dom()
  const page = dom.documentOf(root)
  const inert = dom.inert(page)
  const childNodes = (parent: PageNode): Node[] => Array.from(dom.childNodes(parent))
  return {
    root,
    location: { url: page.location?.href ?? page.URL, base: dom.baseUri(page) },
    query: (selector) => {
      const found = Array.from(dom.querySelectorAll(root, selector))
      return dom.matches(root, selector) ? [root, ...found] : found
    },
    kind(node) {
      const type = dom.nodeType(node)
      if (type === 3) return 'text'
      return type === 1 ? (namespaces[dom.namespace(node) ?? ''] ?? 'other') : 'other'
    },
    name: (element) => dom.localName(element),
    attributes: (element) =>
      new Map(Array.from(dom.attributes(element), ({ name, value }) => [name, value])),
    parent: (node) => (node === root ? null : dom.parentNode(node)),
    nodes: childNodes,
    text: (node) => dom.textContent(node) ?? '',
    html(node) {
      const holder = dom.createElement(inert, 'template')
      dom.append(dom.content(holder), dom.importNode(inert, node, true))
      return dom.innerHtml(holder)
    },
    parse(html, context) {
      const holder = dom.importNode(inert, context, false)
      dom.setInnerHtml(holder, createHtml(html))
      return childNodes(holder)
    },
    createText: (text) => dom.createTextNode(page, text),
    setAttribute(element, name, value) {
      if (value === null) return dom.removeAttribute(element, name)
      dom.setAttribute(element, name, value)
      // A content security policy may keep the attribute from having an effect; what a script sets has one.
      if (name !== 'style') return undefined
      const style = dom.style(element)
      if (value && style.length === 0) style.cssText = value
      return undefined
    },
    setNodes(parent, nodes) {
      const wanted = new Set(nodes)
      for (const node of childNodes(parent)) if (!wanted.has(node)) dom.removeChild(parent, node)
      let next: PageNode | null = null
      for (const node of nodes.toReversed()) {
        if (dom.parentNode(node) !== parent) dom.insertBefore(parent, node, next)
        next = node
      }
    },
    settle: () => null,
    // Not `name in document`: an element that is there already would be found by its own name.
    isTaken: (name) =>
      Object.hasOwn(globalThis, name) ||
      [Window, Document, HTMLFormElement].some((one) => name in one.prototype),
    supportsStyle: (property, value) => CSS.supports(property, value),
  }
}

/**
 * The DOM by its prototypes: a field named `attributes` in a form hides that property of the form, and an image named
 * `implementation` one of the document, but nothing on a page hides these.
 */
class Dom {
  readonly parentNode = getter<Node | null>(Node.prototype, 'parentNode')
  readonly childNodes = getter<NodeList>(Node.prototype, 'childNodes')
  readonly nodeType = getter<number>(Node.prototype, 'nodeType')
  readonly textContent = getter<string | null>(Node.prototype, 'textContent')
  readonly documentOf = getter<Document>(Node.prototype, 'ownerDocument')
  readonly baseUri = getter<string>(Node.prototype, 'baseURI')
  readonly insertBefore = method(Node.prototype, 'insertBefore')
  readonly append = method(Node.prototype, 'appendChild')
  readonly removeChild = method(Node.prototype, 'removeChild')
  readonly localName = getter<string>(Element.prototype, 'localName')
  readonly namespace = getter<string | null>(Element.prototype, 'namespaceURI')
  readonly attributes = getter<NamedNodeMap>(Element.prototype, 'attributes')
  readonly innerHtml = getter<string>(Element.prototype, 'innerHTML')
  readonly setInnerHtml = setter(Element.prototype, 'innerHTML')
  readonly setAttribute = method(Element.prototype, 'setAttribute')
  readonly removeAttribute = method(Element.prototype, 'removeAttribute')
  readonly matches = method<boolean>(Element.prototype, 'matches')
  readonly querySelectorAll = method<NodeListOf<Element>>(Element.prototype, 'querySelectorAll')
  readonly content = getter<DocumentFragment>(HTMLTemplateElement.prototype, 'content')
  readonly createTextNode = method<Text>(Document.prototype, 'createTextNode')
  readonly createElement = method<Element>(Document.prototype, 'createElement')
  readonly importNode = method<Node>(Document.prototype, 'importNode')
  readonly #implementation = getter<DOMImplementation>(Document.prototype, 'implementation')
  readonly #htmlStyle = getter<CSSStyleDeclaration>(HTMLElement.prototype, 'style')
  readonly #svgStyle = getter<CSSStyleDeclaration>(SVGElement.prototype, 'style')

  /** A document without a window: scripts do not run in it, and images do not load. */
  inert(page: Document): Document {
    return this.#implementation(page).createHTMLDocument('')
  }

  style(element: PageNode): CSSStyleDeclaration {
    const isSvg = namespaces[this.namespace(element) ?? ''] === 'svg'
    return isSvg ? this.#svgStyle(element) : this.#htmlStyle(element)
  }
}

/** Reads a property as the prototype does. Its type is what the DOM says that it is. */
function getter<Value>(prototype: object, name: string): (target: object) => Value {
  const get = Object.getOwnPropertyDescriptor(prototype, name)?.get
  return (target) => (get ? Reflect.apply(get, target, []) : undefined) as Value
}

function setter(prototype: object, name: string): (target: object, value: unknown) => void {
  const set = Object.getOwnPropertyDescriptor(prototype, name)?.set
  return (target, value) => {
    if (set) Reflect.apply(set, target, [value])
  }
}

function method<Value = void>(
  prototype: object,
  name: string,
): (target: object, ...parameters: readonly unknown[]) => Value {
  const { value } = Object.getOwnPropertyDescriptor(prototype, name) ?? {}
  return (target, ...parameters) => Reflect.apply(value, target, parameters) as Value
}

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { readonly createHTML: (html: string) => string },
  ): { createHTML(html: string): string }
}

function trusted(): (html: string) => string {
  // TypeScript has no types for it yet.
  const { trustedTypes } = globalThis as { readonly trustedTypes?: TrustedTypes }
  let policy: ReturnType<TrustedTypes['createPolicy']> | undefined
  return (html) => {
    if (!trustedTypes) return html
    policy ??= trustedTypes.createPolicy('toolwire', { createHTML: (text) => text })
    return policy.createHTML(html)
  }
}
