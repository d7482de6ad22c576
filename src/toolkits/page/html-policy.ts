import { ToolError } from '../../tools/index.ts'
import type { PageDocument, PageNode } from '../_page-document.ts'
import {
  buttonTypes,
  clobbering,
  htmlElements,
  inputTypes,
  isAllowedAttribute,
  svgElements,
  urlAttributes,
} from './allowed-names.ts'
import { isSecretField } from './bounds.ts'
import { declarationProblem, declarationsOf, styleText } from './css-policy.ts'
import { type AllowUrl, shown, srcsetUrls, urlProblem } from './url-policy.ts'

/** What stands around every change. */
export interface Policy {
  readonly page: PageDocument
  readonly allowUrl?: AllowUrl | undefined
}

/** What an attribute is to be set on. */
interface Place {
  readonly element: string
  readonly isSvg: boolean
}

const limits = { depth: 60, nodes: 2_000 }

/** Attributes whose value is one of a few words. */
const choices: Readonly<Record<string, ReadonlySet<string>>> = {
  'input type': inputTypes,
  'button type': buttonTypes,
  'a target': new Set(['_blank', '_self']),
}

/** Why an element may not have this attribute with this value, or `null`. */
export function attributeProblem(
  place: Place,
  [name, value]: readonly [name: string, value: string],
  policy: Policy,
): string | null {
  if (!isAllowedAttribute(name, place))
    return `"${shown(name)}" is not allowed on <${place.element}>`
  if (value.length > 10_000) return `"${name}" is too long`
  if (name === 'id' || name === 'name') return nameProblem(name, value, policy)
  if (choices[`${place.element} ${name}`]?.has(value.toLowerCase()) === false)
    return `"${name}" may not be "${shown(value)}" on <${place.element}>`
  if (name === 'style') return styleProblem(value, policy)
  return addressProblem(place, [name, value], policy)
}

function nameProblem(name: string, value: string, { page }: Policy): string | null {
  if (!/^[A-Za-z][\w.:-]{0,99}$/.test(value)) return `"${name}" is no plain name: "${shown(value)}"`
  const isTaken = clobbering.has(value) || (name === 'id' && page.isTaken(value))
  return isTaken ? `"${name}" may not be "${value}": scripts would find the element instead` : null
}

function styleProblem(style: string, policy: Policy): string | null {
  for (const { property, value } of declarationsOf(style)) {
    const problem = declarationProblem(property, value, policy)
    if (problem) return problem
  }
  return null
}

function addressProblem(
  { element, isSvg }: Place,
  [name, value]: readonly [name: string, value: string],
  { page, allowUrl }: Policy,
): string | null {
  if (isSvg) {
    const isPlain =
      !/url\s*\(|[\\]|script\s*:/i.test(value) || /^url\(#[\w-]+\)$/.test(value.trim())
    return isPlain ? null : `"${name}" may refer to nothing but a part of this page`
  }
  const kind = urlAttributes.get(name)
  const urls = name === 'srcset' ? srcsetUrls(value) : kind ? [value] : []
  for (const url of urls) {
    const use = { kind: kind ?? 'load', element, attribute: name } as const
    const problem = urlProblem(url, use, { location: page.location, allowUrl })
    if (problem) return `"${name}": ${problem}`
  }
  return null
}

/** What reading `html` gave: the nodes, and what was taken out of them. */
export interface CleanNodes {
  readonly nodes: readonly PageNode[]
  readonly removed: readonly string[]
}

/** Elements whose text is no text for people: they go with all that is in them. */
const opaque =
  /^(?:script|style|template|iframe|object|embed|noscript|noembed|noframes|xmp|plaintext|math|svg|title)$/

/**
 * Reads HTML as it would be read within `context`, and takes out what may not stand on the page.
 * @throws {@link ToolError} where it is too large, or would be read as something else when it is read again
 */
export function cleanHtml(html: string, context: PageNode, policy: Policy): CleanNodes {
  const { page } = policy
  const removed = new Set<string>()
  const nodes = new Cleaner(policy, removed).list(page.parse(html, context))
  const text = htmlOf(page, nodes)
  // What changes when it is written and read once more could become something else in the hands of a browser.
  if (htmlOf(page, page.parse(text, context)) !== text)
    throw new ToolError(
      'The HTML does not nest as it is written: a browser would make another page of it. Write it with plain, closed elements.',
      { code: 'unsafe' },
    )
  return { nodes, removed: [...removed].slice(0, 20) }
}

export function htmlOf(page: PageDocument, nodes: readonly PageNode[]): string {
  return nodes.map((node) => page.html(node)).join('')
}

class Cleaner {
  readonly #policy: Policy
  readonly #page: PageDocument
  readonly #removed: Set<string>
  #left = limits.nodes

  constructor(policy: Policy, removed: Set<string>) {
    this.#policy = policy
    this.#page = policy.page
    this.#removed = removed
  }

  list(nodes: readonly PageNode[], depth = 0): readonly PageNode[] {
    if (depth > limits.depth || (this.#left -= nodes.length) < 0)
      throw new ToolError(
        `The HTML is too large: at most ${limits.nodes} nodes, ${limits.depth} deep.`,
        { code: 'unsafe' },
      )
    return nodes.flatMap((node) => this.#clean(node, depth))
  }

  #clean(node: PageNode, depth: number): readonly PageNode[] {
    const kind = this.#page.kind(node)
    if (kind === 'text') return [node]
    // Comments say nothing to people, and more to parsers than to anybody else.
    const name = kind === 'other' ? '' : this.#page.name(node)
    const allowed = kind === 'svg' ? svgElements : htmlElements
    if (kind === 'other' || !allowed.has(name)) return this.#refuse(node, { kind, name, depth })
    for (const [attribute, value] of this.#page.attributes(node))
      this.#check(node, attribute, value)
    // A field that looks like one of the app's secrets is none that a model may make.
    if (isSecretField(this.#page, node)) return this.#refuse(node, { kind: '', name, depth })
    this.#page.setNodes(node, this.list(this.#page.nodes(node), depth + 1))
    return [node]
  }

  /** What stands in an element that is only unknown stays. */
  #refuse(
    node: PageNode,
    { kind, name, depth }: { kind: string; name: string; depth: number },
  ): readonly PageNode[] {
    this.#removed.add(name ? `<${shown(name)}>` : 'a comment or a foreign element')
    if (kind !== 'html' || opaque.test(name)) return []
    const inner = this.list(this.#page.nodes(node), depth + 1)
    this.#page.setNodes(node, [])
    return inner
  }

  #check(node: PageNode, attribute: string, value: string): void {
    const place = placeOf(this.#page, node)
    const style = attribute === 'style' ? this.#cleanStyle(value) : value
    if (style !== value) this.#page.setAttribute(node, 'style', style || null)
    if (attribute === 'style' && style === '') return
    const problem = attributeProblem(place, [attribute, style], this.#policy)
    if (!problem) return
    this.#removed.add(`${shown(attribute)} of <${place.element}>: ${problem}`)
    this.#page.setAttribute(node, attribute, null)
  }

  #cleanStyle(style: string): string {
    const all = declarationsOf(style)
    const kept = all.filter(({ property, value }) => {
      const problem = declarationProblem(property, value, this.#policy)
      if (problem) this.#removed.add(`style: ${problem}`)
      return !problem
    })
    return kept.length === all.length ? style : styleText(kept)
  }
}

export function placeOf(page: PageDocument, node: PageNode): Place {
  return { element: page.name(node), isSvg: page.kind(node) === 'svg' }
}
