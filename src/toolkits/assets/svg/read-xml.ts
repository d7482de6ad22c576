import { damaged } from '../checks/anatomy.ts'
import { dangerous } from '../checks/active-content.ts'

export interface XmlAttribute {
  /** Empty for a name without a prefix. */
  readonly namespace: string
  readonly name: string
  readonly value: string
}

export interface XmlElement {
  readonly namespace: string
  readonly name: string
  readonly attributes: readonly XmlAttribute[]
  readonly children: (XmlElement | string)[]
}

export interface XmlDocument {
  readonly root: XmlElement
  /** What stood there and is not in the tree: instructions to programs. */
  readonly dropped: readonly string[]
}

const mostDepth = 200
const mostNodes = 50_000

const nameOf = String.raw`[\p{L}_:][\p{L}\p{N}_.:-]*`
const tokens = new RegExp(
  [
    String.raw`(?<text>[^<]+)`,
    '(?<comment><!--(?:(?!--)[^])*-->)',
    String.raw`<!\[CDATA\[(?<cdata>(?:(?!\]\]>)[^])*)\]\]>`,
    String.raw`<\?(?<target>${nameOf})(?<instruction>(?:(?!\?>)[^])*)\?>`,
    String.raw`</(?<close>${nameOf})\s*>`,
    String.raw`<(?<open>${nameOf})(?<attributes>(?:\s+${nameOf}\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(?<empty>/?)>`,
    '(?<doctype><!DOCTYPE[^>]*>)',
  ].join('|'),
  'uy',
)
const attribute = new RegExp(
  String.raw`(?<name>${nameOf})\s*=\s*(?:"(?<double>[^"]*)"|'(?<single>[^']*)')`,
  'gu',
)
/** The type of document that drawing programs write, which defines nothing here. */
const harmlessDoctype =
  /^<!DOCTYPE\s+svg\s+PUBLIC\s+["']-\/\/W3C\/\/DTD SVG [\w. ]+\/\/EN["']\s+["']https?:\/\/www\.w3\.org\/[\w./-]+["']\s*>$/
const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const reserved: Readonly<Record<string, string>> = {
  xml: 'http://www.w3.org/XML/1998/namespace',
}

/**
 * Reads a document of XML 1.0 with namespaces, strictly, and less than all of it: no entities but the five that are
 * always there, no definition of a document type. What it gives is a tree of names and texts, so that nothing is left
 * that another parser could read in another way.
 * @throws a refusal for what is not well-formed, too deep or too large, or defines entities
 */
export function readXml(source: string): XmlDocument {
  const reader = new XmlReader()
  const text = source.replace(/^\ufeff/, '')
  tokens.lastIndex = 0
  for (let at = 0; at < text.length; at = tokens.lastIndex) {
    tokens.lastIndex = at
    const groups = tokens.exec(text)?.groups
    if (!groups) throw problemAt(text, at)
    reader.take(groups, at === 0)
  }
  return reader.end()
}

function problemAt(text: string, at: number): Error {
  if (/^<!(?:DOCTYPE|ENTITY)/i.test(text.slice(at, at + 10)))
    return dangerous('it defines entities or a document type of its own')
  return damaged('SVG', `it is not well-formed XML at character ${at}`)
}

interface Open {
  readonly tag: string
  readonly element: XmlElement
  readonly prefixes: Readonly<Record<string, string>>
}

type Groups = Readonly<Record<string, string | undefined>>

class XmlReader {
  readonly #open: Open[] = []
  readonly #dropped: string[] = []
  #root: XmlElement | undefined
  #nodes = 0

  take(groups: Groups, isFirst: boolean): void {
    const { text, cdata, target, open, close, doctype } = groups
    if (open !== undefined) this.#takeOpen(open, groups)
    else if (close !== undefined) this.#takeClose(close)
    else if (text !== undefined) this.#takeText(decode(text))
    else if (cdata !== undefined) this.#takeText(cdata)
    else if (target !== undefined) this.#takeInstruction(target, groups['instruction'], isFirst)
    else if (doctype !== undefined && (this.#root || !harmlessDoctype.test(doctype)))
      throw dangerous('it defines entities or a document type of its own')
  }

  end(): XmlDocument {
    if (!this.#root || this.#open.length > 0) throw damaged('SVG', 'an element is not closed')
    return { root: this.#root, dropped: this.#dropped }
  }

  #takeOpen(tag: string, { attributes = '', empty }: Groups): void {
    this.#nodes += 1
    if (this.#nodes > mostNodes || this.#open.length === mostDepth)
      throw dangerous(`it has more than ${mostNodes} elements, or they lie too deep`)
    if (this.#root && this.#open.length === 0) throw damaged('SVG', 'it has two roots')
    const raw = attributesOf(attributes)
    const prefixes = { ...this.#open.at(-1)?.prefixes, ...declared(raw) }
    const { namespace, name } = resolve(tag, prefixes, true)
    const element: XmlElement = {
      namespace,
      name,
      attributes: [...raw]
        .filter(([key]) => !/^xmlns(?::|$)/.test(key))
        .map(([key, value]) => ({ ...resolve(key, prefixes, false), value })),
      children: [],
    }
    this.#open.at(-1)?.element.children.push(element)
    this.#root ??= element
    if (!empty) this.#open.push({ tag, element, prefixes })
  }

  #takeClose(tag: string): void {
    if (this.#open.pop()?.tag !== tag) throw damaged('SVG', `"</${tag}>" closes nothing`)
  }

  #takeText(text: string): void {
    const parent = this.#open.at(-1)?.element
    if (parent) parent.children.push(text)
    else if (text.trim()) throw damaged('SVG', 'text stands outside its root')
  }

  #takeInstruction(target: string, content = '', isFirst: boolean): void {
    if (target.toLowerCase() !== 'xml') {
      this.#dropped.push(`<?${target}?>`)
      return
    }
    const encoding = /encoding\s*=\s*["']([^"']*)["']/i.exec(content)?.[1] ?? 'utf-8'
    if (!isFirst || target !== 'xml') throw damaged('SVG', 'its XML declaration is misplaced')
    if (!/^(?:utf-8|us-ascii)$/i.test(encoding))
      throw dangerous(`it says that it is written in ${encoding}, and is in UTF-8`)
  }
}

function attributesOf(source: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const { groups = {} } of source.matchAll(attribute)) {
    const name = groups['name'] ?? ''
    if (found.has(name)) throw damaged('SVG', `the attribute "${name}" stands twice`)
    const value = decode(groups['double'] ?? groups['single'] ?? '')
    found.set(name, value.replace(/[\t\n\r]/g, ' '))
  }
  return found
}

/** The prefixes that an element declares; the default namespace is the empty prefix. */
function declared(attributes: ReadonlyMap<string, string>): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [key, value] of attributes) {
    const prefix = /^xmlns(?::(.+))?$/.exec(key)
    if (prefix) found[`:${prefix[1] ?? ''}`] = value
  }
  return found
}

/** Prefixes are kept behind a colon, so that none is a name that objects have. */
function resolve(
  qualified: string,
  prefixes: Readonly<Record<string, string>>,
  isElement: boolean,
): { readonly namespace: string; readonly name: string } {
  const [prefix = '', name, more] = qualified.includes(':') ? qualified.split(':') : ['', qualified]
  if (!name || more !== undefined) throw damaged('SVG', `"${qualified}" is no name`)
  if (prefix === '' && !isElement) return { namespace: '', name }
  const namespace = prefixes[`:${prefix}`] ?? (prefix === 'xml' ? reserved['xml'] : undefined)
  if (namespace === undefined && prefix !== '')
    throw damaged('SVG', `nothing says what the prefix of "${qualified}" is`)
  return { namespace: namespace ?? '', name }
}

function decode(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w+));|&/gi, (...parts: unknown[]) => {
    const [whole, decimal, hexadecimal, name] = parts as (string | undefined)[]
    const known = name === undefined ? undefined : named[name]
    if (known !== undefined) return known
    const point = decimal ? Number(decimal) : Number.parseInt(hexadecimal ?? '', 16)
    if (isCharacter(point)) return String.fromCodePoint(point)
    throw dangerous(`it uses the entity "${whole}", which nothing defines`)
  })
}

/** https://www.w3.org/TR/xml/#charsets */
function isCharacter(point: number): boolean {
  return (
    point === 9 ||
    point === 10 ||
    point === 13 ||
    (point >= 0x20 && point <= 0xd7ff) ||
    (point >= 0xe000 && point <= 0xfffd) ||
    (point >= 0x10000 && point <= 0x10ffff)
  )
}
