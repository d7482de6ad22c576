import {
  type DefaultTreeAdapterTypes,
  defaultTreeAdapter,
  html as terms,
  parseFragment,
  serializeOuter,
} from 'parse5'
import type { PageDocument, PageNode } from './_page-document.ts'
import { childrenOf, selectIn, textOf } from './page-file/selector.ts'
import { Source } from './page-file/source.ts'

export type { PageDocument, PageNode, PageNodeKind } from './_page-document.ts'

type Node = DefaultTreeAdapterTypes.Node
type Element = DefaultTreeAdapterTypes.Element
type Child = DefaultTreeAdapterTypes.ChildNode

export interface HtmlPageOptions {
  /** Where the page will be: an address in it that leads elsewhere counts as external. Default: nowhere, so that only relative addresses are its own. */
  readonly url?: string
  /** Keeps the file after each change. What it rejects with takes the change back. */
  readonly save?: (html: string) => unknown
  /** Whether browsers take a declaration of CSS, for instance by the lexer of css-tree. Default: any harmless one passes. */
  readonly supportsStyle?: (property: string, value: string) => boolean
}

/** A file as a page, and the text that it is by now. */
export interface HtmlPage extends PageDocument {
  /** The file. Whatever was not changed is written as it was, to the byte. */
  html(): string
  html(node: PageNode): string
}

const mark = '\uFEFF'

/**
 * An HTML file as a page, for the tools of `toolwire/toolkits/page` on a server. It needs parse5, css-select and
 * css-what.
 */
export function htmlPage(file: string, options: HtmlPageOptions = {}): HtmlPage {
  const { url = 'https://page.invalid/', save, supportsStyle } = options
  const lead = file.startsWith(mark) ? mark : ''
  const source = new Source(file.slice(lead.length))
  const root = rootOf(source)
  const html = (node?: PageNode): string =>
    node ? serializeOuter(known(node)) : lead + source.text
  return {
    root,
    location: { url, base: baseOf(root, url) },
    query: (selector) => selectIn(root, selector),
    kind: kindOf,
    name: (element) => elementOf(element).tagName,
    attributes: (element) =>
      new Map(
        elementOf(element).attrs.map(({ prefix, name, value }) => [
          prefix ? `${prefix}:${name}` : name,
          value,
        ]),
      ),
    parent(node) {
      const { parentNode } = known(node)
      return node !== root && parentNode && 'tagName' in parentNode ? parentNode : null
    },
    nodes: (parent) => [...childrenOf(known(parent))],
    text: (node) => textOf(known(node)),
    html,
    parse(text, context) {
      const { childNodes } = parseFragment(emptied(elementOf(context)), text, {
        scriptingEnabled: true,
      })
      for (const node of childNodes) node.parentNode = null
      return childNodes
    },
    createText: (text) => defaultTreeAdapter.createTextNode(text),
    setAttribute(node, name, value) {
      source.touch(elementOf(node))
      source.setAttribute(elementOf(node), name, value)
    },
    setNodes(parent, nodes) {
      const element = elementOf(parent)
      source.touch(element)
      adopt(element, nodes.map(known))
    },
    settle: () => source.settle(),
    ...(save && { save: () => save(html()) }),
    isTaken: () => false,
    ...(supportsStyle && { supportsStyle }),
  }
}

function rootOf({ document }: Source): Element {
  const root = document.childNodes.find((node) => 'tagName' in node)
  // A parser of HTML makes one of anything.
  if (!root) throw new TypeError('The document has no element.')
  return root
}

function baseOf(root: Element, url: string): string {
  const [base] = selectIn(root, 'head > base[href]')
  const href = base?.attrs.find(({ name }) => name === 'href')?.value ?? ''
  return URL.canParse(href, url) ? new URL(href, url).href : url
}

function adopt(element: Element, nodes: Child[]): void {
  for (const node of element.childNodes) node.parentNode = null
  element.childNodes = nodes
  for (const node of nodes) node.parentNode = element
}

function emptied(context: Element): Element {
  return { ...context, attrs: [...context.attrs], childNodes: [], parentNode: null }
}

function kindOf(node: PageNode): ReturnType<PageDocument['kind']> {
  const one: Node = known(node)
  if (defaultTreeAdapter.isTextNode(one)) return 'text'
  if (!('tagName' in one)) return 'other'
  if (one.namespaceURI === terms.NS.HTML) return 'html'
  return one.namespaceURI === terms.NS.SVG ? 'svg' : 'other'
}

/** A page is only given nodes that it gave. */
function known(node: PageNode): Child {
  return node as Child
}

function elementOf(node: PageNode): Element {
  return node as Element
}
