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
      return name === 'style' ? dom.applyStyle(element, value) : undefined
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
  readonly parentNode: Read<Node | null> = getter(Node.prototype, 'parentNode')
  readonly childNodes: Read<NodeList> = getter(Node.prototype, 'childNodes')
  readonly nodeType: Read<number> = getter(Node.prototype, 'nodeType')
  readonly textContent: Read<string | null> = getter(Node.prototype, 'textContent')
  readonly documentOf: Read<Document> = getter(Node.prototype, 'ownerDocument')
  readonly baseUri: Read<string> = getter(Node.prototype, 'baseURI')
  readonly insertBefore: Call = method(Node.prototype, 'insertBefore')
  readonly append: Call = method(Node.prototype, 'appendChild')
  readonly removeChild: Call = method(Node.prototype, 'removeChild')
  readonly localName: Read<string> = getter(Element.prototype, 'localName')
  readonly namespace: Read<string | null> = getter(Element.prototype, 'namespaceURI')
  readonly attributes: Read<NamedNodeMap> = getter(Element.prototype, 'attributes')
  readonly innerHtml: Read<string> = getter(Element.prototype, 'innerHTML')
  readonly setInnerHtml: Call = setter(Element.prototype, 'innerHTML')
  readonly setAttribute: Call = method(Element.prototype, 'setAttribute')
  readonly removeAttribute: Call = method(Element.prototype, 'removeAttribute')
  readonly matches: Call<boolean> = method(Element.prototype, 'matches')
  readonly querySelectorAll: Call<NodeList> = method(Element.prototype, 'querySelectorAll')
  readonly content: Read<DocumentFragment> = getter(HTMLTemplateElement.prototype, 'content')
  readonly createTextNode: Call<Text> = method(Document.prototype, 'createTextNode')
  readonly createElement: Call<Element> = method(Document.prototype, 'createElement')
  readonly importNode: Call<Node> = method(Document.prototype, 'importNode')
  readonly #implementation: Read<DOMImplementation> = getter(Document.prototype, 'implementation')
  readonly #htmlStyle: Read<CSSStyleDeclaration> = getter(HTMLElement.prototype, 'style')
  readonly #svgStyle: Read<CSSStyleDeclaration> = getter(SVGElement.prototype, 'style')

  /** A document without a window: scripts do not run in it, and images do not load. */
  inert(page: Document): Document {
    return this.#implementation(page).createHTMLDocument('')
  }

  /** A content security policy may keep a `style` attribute from having an effect; what a script sets has one. */
  applyStyle(element: PageNode, value: string): void {
    const isSvg = namespaces[this.namespace(element) ?? ''] === 'svg'
    const style = isSvg ? this.#svgStyle(element) : this.#htmlStyle(element)
    if (value && style.length === 0) style.cssText = value
  }
}

type Read<Value> = (target: object) => Value
type Call<Value = void> = (target: object, ...parameters: readonly unknown[]) => Value

/** Reads a property as the prototype does; of which type it is, the DOM says. */
function getter(prototype: object, name: string): (target: object) => never {
  return applied(prototype, name, 'get')
}

function setter(prototype: object, name: string): Call<never> {
  return applied(prototype, name, 'set')
}

function method(prototype: object, name: string): Call<never> {
  return applied(prototype, name, 'value')
}

function applied(prototype: object, name: string, kind: 'get' | 'set' | 'value'): Call<never> {
  const what: unknown = Object.getOwnPropertyDescriptor(prototype, name)?.[kind]
  return (target, ...parameters) => {
    if (typeof what !== 'function') throw new TypeError('This is no DOM.')
    return Reflect.apply(what, target, parameters) as never
  }
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
