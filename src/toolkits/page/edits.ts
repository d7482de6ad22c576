import { ToolError } from '../../tools/index.ts'
import type { PageDocument, PageNode } from '../_page-document.ts'
import type { Bounds } from './bounds.ts'
import type { Changes } from './changes.ts'
import { type Declaration, declarationProblem, declarationsOf, styleText } from './css-policy.ts'
import { type Policy, attributeProblem, cleanHtml, placeOf } from './html-policy.ts'
import { elementsIn, isElement } from './selectors.ts'
import { shown } from './url-policy.ts'

/** What is to be changed about an element. In attributes and styles `null` removes. */
export interface ElementEdit {
  readonly text?: string
  readonly html?: string
  readonly attributes?: Readonly<Record<string, string | null>>
  readonly style?: Readonly<Record<string, string | null>>
}

export interface NewElement extends ElementEdit {
  readonly tag?: string
  readonly position?: Position
}

export type Position = 'before' | 'after' | 'prepend' | 'append'

export interface EditContext {
  readonly changes: Changes
  readonly bounds: Bounds
  readonly policy: Policy
}

const voidElements = /^(?:area|br|col|embed|hr|img|input|link|meta|source|track|wbr)$/
const withoutText =
  /^(?:table|thead|tbody|tfoot|tr|colgroup|select|datalist|ul|ol|dl|picture|video|audio|svg|g)$/

/** Does what `edit` says to one element; gives what was taken out of its HTML. */
export function editElement(
  node: PageNode,
  edit: ElementEdit,
  context: EditContext,
): readonly string[] {
  const { bounds } = context
  bounds.check(node, 'itself')
  if (edit.text !== undefined && edit.html !== undefined)
    throw unsafe('Give either "text" or "html", not both.')
  const removed = setContent(node, edit, context)
  setAttributes(node, edit, context)
  setStyle(node, edit, context)
  // It may have become what nobody may change.
  bounds.check(node, 'itself')
  return removed
}

function setContent(node: PageNode, edit: ElementEdit, context: EditContext): readonly string[] {
  const { text, html } = edit
  if (text === undefined && html === undefined) return []
  const { changes, bounds, policy } = context
  const { page } = policy
  bounds.check(node, 'content')
  const name = page.name(node)
  if (voidElements.test(name)) throw unsafe(`<${name}> has no content.`)
  const isText = text !== undefined
  if ((isText && withoutText.test(name)) || (!isText && /^(?:textarea|title|option)$/.test(name)))
    throw unsafe(`<${name}> takes no ${isText ? 'text. Give "html"' : 'HTML. Give "text"'}.`)
  const { nodes, removed } = isText
    ? { nodes: textNodes(page, text), removed: [] }
    : cleanHtml(plain(html ?? ''), node, policy)
  changes.splice(node, 0, { removed: page.nodes(node), inserted: nodes })
  if (!isText) checkIds(nodes, page)
  return removed
}

function textNodes(page: PageDocument, text: string): readonly PageNode[] {
  return text === '' ? [] : [page.createText(plain(text))]
}

function setAttributes(node: PageNode, edit: ElementEdit, { changes, policy }: EditContext): void {
  const place = placeOf(policy.page, node)
  for (const [given, value] of Object.entries(edit.attributes ?? {})) {
    const name = place.isSvg ? given : given.toLowerCase()
    const before = policy.page.attributes(node).get(name)
    const problem = attributeProblem(place, [name, plain(value ?? before ?? '')], policy)
    // What has a value that may not be set is of the app, and is not to be removed either.
    if (problem) throw unsafe(`${problem}.`)
    changes.setAttribute(node, name, value === null ? null : plain(value))
    if (name === 'id') checkIds([node], policy.page)
  }
}

function setStyle(node: PageNode, { style = {} }: ElementEdit, context: EditContext): void {
  const { changes, policy } = context
  const before = policy.page.attributes(node).get('style')
  const declarations: Declaration[] = [...declarationsOf(before ?? '')]
  for (const [given, value] of Object.entries(style)) {
    const property = given.startsWith('--') ? given : given.toLowerCase()
    const problem = value ? declarationProblem(property, value, policy) : null
    if (problem) throw unsafe(`The style ${problem}.`)
    const at = declarations.findIndex(
      (one) => one.property.toLowerCase() === property.toLowerCase(),
    )
    const fresh = value ? [{ property, value: value.trim() }] : []
    declarations.splice(at < 0 ? declarations.length : at, at < 0 ? 0 : 1, ...fresh)
  }
  if (Object.keys(style).length > 0)
    changes.setAttribute(node, 'style', declarations.length > 0 ? styleText(declarations) : null)
}

/** Makes an element at `target`; gives it and what was taken out of its HTML. */
export function createElement(
  target: PageNode,
  made: NewElement,
  context: EditContext,
): { readonly nodes: readonly PageNode[]; readonly removed: readonly string[] } {
  const { tag, position = 'append', ...edit } = made
  const { page } = context.policy
  const parent = placeFor(target, position, context)
  const { nodes, removed } =
    tag === undefined
      ? wholeHtml(edit, parent, context.policy)
      : { nodes: [emptyElement(tag, parent, context.policy)], removed: [] }
  context.changes.splice(parent, placeIn(parent, target, { page, position }), { inserted: nodes })
  const [element] = nodes
  const further = element && tag !== undefined ? editElement(element, edit, context) : []
  checkIds(nodes, page)
  return { nodes, removed: [...removed, ...further] }
}

/** The element in which it is to stand. */
function placeFor(target: PageNode, position: Position, { bounds, policy }: EditContext): PageNode {
  const { page } = policy
  const isSibling = position === 'before' || position === 'after'
  const parent = isSibling ? page.parent(target) : target
  if (!parent) throw unsafe('Nothing can stand beside the topmost element.')
  bounds.check(parent, 'insertion')
  if (isSibling) bounds.check(target, 'itself')
  if (voidElements.test(page.name(parent))) throw unsafe(`<${page.name(parent)}> has no children.`)
  return parent
}

function wholeHtml(
  { html = '', ...rest }: ElementEdit,
  parent: PageNode,
  policy: Policy,
): ReturnType<typeof cleanHtml> {
  if (Object.keys(rest).length > 0)
    throw unsafe('Without "tag", "text", "attributes" and "style" belong into the HTML.')
  const made = cleanHtml(plain(html), parent, policy)
  if (made.nodes.some((node) => isElement(policy.page, node))) return made
  const why = made.removed.length > 0 ? `: ${made.removed.join(', ')} is not allowed` : ''
  throw unsafe(`There is no element in what is to be made${why}.`)
}

function emptyElement(tag: string, parent: PageNode, policy: Policy): PageNode {
  const name = tag.trim().toLowerCase()
  if (!/^[a-z][a-z0-9]*$/.test(name)) throw unsafe(`"${shown(tag)}" is no tag.`)
  const { nodes, removed } = cleanHtml(`<${name}></${name}>`, parent, policy)
  const [element] = nodes
  if (removed.length > 0) throw unsafe(`<${name}> is not allowed.`)
  if (!element || nodes.length !== 1 || policy.page.name(element) !== name)
    throw unsafe(`<${policy.page.name(parent)}> takes no <${name}>.`)
  return element
}

/** The line breaks and spaces at the end of an element stay there. */
function placeIn(
  parent: PageNode,
  target: PageNode,
  { page, position }: { readonly page: PageDocument; readonly position: Position },
): number {
  const nodes = page.nodes(parent)
  if (position === 'prepend') return 0
  if (position !== 'append') return nodes.indexOf(target) + (position === 'after' ? 1 : 0)
  const last = nodes.at(-1)
  const isSpace = last && page.kind(last) === 'text' && page.text(last).trim() === ''
  return nodes.length - (isSpace ? 1 : 0)
}

/** An id names one element. */
function checkIds(nodes: readonly PageNode[], page: PageDocument): void {
  const times = new Map<string, number>()
  const idOf = (node: PageNode): string => page.attributes(node).get('id') ?? ''
  for (const element of page.query('[id]'))
    times.set(idOf(element), (times.get(idOf(element)) ?? 0) + 1)
  const open = nodes.filter((node) => isElement(page, node))
  for (let one = open.pop(); one; one = open.pop()) {
    if ((times.get(idOf(one)) ?? 0) > 1 && idOf(one) !== '')
      throw unsafe(`There is another element with the id "${idOf(one)}".`)
    open.push(...elementsIn(page, one))
  }
}

/** Text as a parser of HTML gives it back. */
function plain(text: string): string {
  const whole = text.replaceAll(/\r\n?/g, '\n')
  if (/(?![\t\n\r\x7f-\x9f])\p{Cc}|[\ufffe\uffff]|\p{Surrogate}/u.test(whole))
    throw unsafe('Control characters are not allowed.')
  return whole
}

function unsafe(message: string): ToolError {
  return new ToolError(message, { code: 'unsafe' })
}
