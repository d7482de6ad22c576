import { damaged } from '../checks/anatomy.ts'
import { attributes, elements, wrappers } from './allowed.ts'
import { isSafeValue, safeDeclarations, safeStyleSheet } from './css.ts'
import { type XmlAttribute, type XmlElement, readXml } from './read-xml.ts'
import { refuseHeavy } from './weight.ts'

const svgNamespace = 'http://www.w3.org/2000/svg'
const xlink = 'http://www.w3.org/1999/xlink'
const xml = 'http://www.w3.org/XML/1998/namespace'

export interface SafeSvg {
  readonly text: string
  /** In pixels, as far as the picture itself says. */
  readonly width: number | undefined
  readonly height: number | undefined
  /** What was taken out, by name. */
  readonly removed: readonly string[]
}

/**
 * Writes a picture anew from what of it is on the list of what may stay, so that no markup of the original is left.
 * @throws a refusal for what is no SVG, or defines entities, or grows when it is drawn
 */
export function safeSvg(source: string): SafeSvg {
  const { root, dropped } = readXml(source)
  const removed = new Set(dropped)
  const [picture] = keep(root, removed)
  if (typeof picture !== 'object' || picture.name !== 'svg')
    throw damaged('SVG', 'its root is no "svg"')
  refuseHeavy(picture)
  const valueOf = (name: string): string | undefined =>
    picture.attributes.find((attribute) => attribute.name === name)?.value
  const [, , boxWidth, boxHeight] = (valueOf('viewBox') ?? '').trim().split(/[\s,]+/)
  return {
    text: write({
      ...picture,
      attributes: [{ namespace: '', name: 'xmlns', value: svgNamespace }, ...picture.attributes],
    }),
    width: pixels(valueOf('width')) ?? pixels(boxWidth),
    height: pixels(valueOf('height')) ?? pixels(boxHeight),
    removed: [...removed],
  }
}

/** What stays of a node: itself, its children in its place, or nothing. */
function keep(node: XmlElement | string, removed: Set<string>): (XmlElement | string)[] {
  if (typeof node === 'string') return [node]
  const isSvg = node.namespace === svgNamespace || node.namespace === ''
  if (isSvg && wrappers.has(node.name)) {
    removed.add(node.name)
    return node.children.flatMap((child) => keep(child, removed))
  }
  if (!isSvg || !elements.has(node.name)) {
    removed.add(node.name)
    return []
  }
  const children =
    node.name === 'style'
      ? [
          safeStyleSheet(
            node.children.filter((child) => typeof child === 'string').join(''),
            removed,
          ),
        ]
      : node.children.flatMap((child) => keep(child, removed))
  const kept = node.attributes.flatMap((attribute) => keepAttribute(attribute, removed))
  return [{ namespace: svgNamespace, name: node.name, attributes: unlike(kept), children }]
}

function keepAttribute(attribute: XmlAttribute, removed: Set<string>): XmlAttribute[] {
  const { name, namespace, value } = attribute
  if (namespace === '' && name === 'style')
    return [{ ...attribute, value: safeDeclarations(value, removed) }]
  if (isAllowed(attribute)) {
    const prefix = namespace === xml ? 'xml:' : ''
    return [{ namespace: '', name: prefix + name, value }]
  }
  removed.add(name)
  return []
}

function isAllowed({ name, namespace, value }: XmlAttribute): boolean {
  if (namespace === xml) return name === 'space' || name === 'lang'
  // A place in the same picture, and no other.
  if (name === 'href' && (namespace === '' || namespace === xlink)) return /^#[\w.:-]+$/.test(value)
  if (namespace !== '') return false
  if (/^aria-[a-z]+$/.test(name)) return true
  return attributes.element.has(name) && isSafeValue(value)
}

/** `href` and `xlink:href` are one name now; the first counts. */
function unlike(kept: readonly XmlAttribute[]): XmlAttribute[] {
  return kept.filter(({ name }, index) => kept.findIndex((one) => one.name === name) === index)
}

function write(node: XmlElement | string): string {
  if (typeof node === 'string') return escape(node)
  const written = node.attributes.map(({ name, value }) => ` ${name}="${escape(value)}"`).join('')
  const content = node.children.map(write).join('')
  return content ? `<${node.name}${written}>${content}</${node.name}>` : `<${node.name}${written}/>`
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

function pixels(length: string | undefined): number | undefined {
  const number = /^\s*(\d+(?:\.\d+)?)(?:px)?\s*$/.exec(length ?? '')?.[1]
  return number === undefined ? undefined : Math.round(Number(number))
}
