import { type Options, selectAll } from 'css-select'
import { AttributeAction, type Selector, SelectorType, isTraversal, parse } from 'css-what'
import { type DefaultTreeAdapterTypes, defaultTreeAdapter } from 'parse5'

type Node = DefaultTreeAdapterTypes.Node
type Element = DefaultTreeAdapterTypes.Element
type Child = DefaultTreeAdapterTypes.ChildNode

/** What browsers know too and can be told of a file; css-select knows more, of jQuery. */
const pseudos =
  /^(?:not|is|where|has|root|scope|empty|first-child|last-child|only-child|first-of-type|last-of-type|only-of-type|nth-child|nth-last-child|nth-of-type|nth-last-of-type|checked|disabled|enabled|required|optional|read-only|read-write|link|any-link|lang|dir)$/

/** The elements in `root`, itself included, that match, in document order. Throws where it is no selector. */
export function selectIn(root: Element, selector: string): readonly Element[] {
  // css-what takes names that begin with a digit, and empty ones.
  const bare = selector.replaceAll(/\\.|"[^"]*"|'[^']*'|\[[^\]]*\]/gs, 'x')
  if (/[#.](?!-?[A-Za-z_\u0080-\uFFFF]|--|x)/.test(bare))
    throw new Error('an id or a class has no name, or one that begins with a digit')
  const groups = parse(selector)
  for (const tokens of groups) check(tokens)
  return selectAll(groups, [root], options)
}

function check(tokens: readonly Selector[], isRelative = false): void {
  const [first] = tokens
  const last = tokens.at(-1)
  if (!first || (isTraversal(first) && !isRelative) || (last && isTraversal(last)))
    throw new Error('a combinator stands at its beginning or end')
  for (const token of tokens) checkToken(token)
}

function checkToken(token: Selector): void {
  if (token.type === SelectorType.PseudoElement) throw new Error(`"::${token.name}" is no element`)
  if (token.type === SelectorType.Attribute && token.action === AttributeAction.Not)
    throw new Error(`"!=" is not known in CSS`)
  if (token.type === SelectorType.Parent || token.type === SelectorType.ColumnCombinator)
    throw new Error('its combinator is not known')
  if (token.type !== SelectorType.Pseudo) return
  if (!pseudos.test(token.name)) throw new Error(`":${token.name}" is not known`)
  if (Array.isArray(token.data)) for (const inner of token.data) check(inner, token.name === 'has')
}

const isElement = (node: Node): node is Element => 'tagName' in node

const options: Options<Node, Element> = {
  cacheResults: false,
  adapter: {
    isTag: isElement,
    getAttributeValue: (element, name) => valueOf(element, name),
    hasAttrib: (element, name) => valueOf(element, name) !== undefined,
    getName: ({ tagName }) => tagName,
    // A document has children, and is nobody's parent here: :root is what has no parent.
    getParent: ({ parentNode }) => (parentNode && isElement(parentNode) ? parentNode : null),
    getChildren: childrenOf,
    getSiblings: (node) =>
      'parentNode' in node && node.parentNode ? childrenOf(node.parentNode) : [node],
    getText: textOf,
    removeSubsets: (nodes) => nodes.filter((node) => !nodes.some((one) => isIn(node, one))),
  },
}

function valueOf({ attrs }: Element, name: string): string | undefined {
  return attrs.find((one) => one.name === name)?.value
}

export function childrenOf(node: Node): Child[] {
  return 'childNodes' in node ? node.childNodes : []
}

export function textOf(node: Node): string {
  if (defaultTreeAdapter.isTextNode(node)) return node.value
  return childrenOf(node).map(textOf).join('')
}

function isIn(node: Node, ancestor: Node): boolean {
  let at = 'parentNode' in node ? node.parentNode : null
  while (at && at !== ancestor) at = 'parentNode' in at ? at.parentNode : null
  return at !== null
}
