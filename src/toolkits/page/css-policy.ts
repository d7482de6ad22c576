import { type AllowUrl, shown, urlProblem } from './url-policy.ts'
import type { PageDocument } from '../_page-document.ts'

export interface CssRules {
  readonly page: PageDocument
  readonly allowUrl?: AllowUrl | undefined
}

const propertyName = /^(?:--[\w-]{1,60}|-?[a-z]+(?:-[a-z0-9]+)*)$/i

/** They bind code to an element in old engines. */
const properties = /^(?:behaviou?r|(?:-ms-|-moz-|-webkit-)?binding|-ms-behavior)$/i

/** What a value may call: nothing that loads, but `url`, which is looked at by itself. */
const functions = new Set(
  `calc min max clamp round mod rem abs sign sin cos tan pow sqrt hypot exp log var env rgb rgba hsl hsla hwb lab lch
  oklab oklch color color-mix light-dark linear-gradient radial-gradient conic-gradient repeating-linear-gradient
  repeating-radial-gradient repeating-conic-gradient translate translatex translatey translatez translate3d scale
  scalex scaley scalez scale3d rotate rotatex rotatey rotatez rotate3d skew skewx skewy matrix matrix3d perspective
  blur brightness contrast drop-shadow grayscale hue-rotate invert opacity saturate sepia cubic-bezier steps linear
  repeat minmax fit-content circle ellipse inset polygon path rect xywh counter counters symbols url`.split(
    /\s+/,
  ),
)

/** Why a declaration may not stand on the page, or `null`. */
export function declarationProblem(
  property: string,
  value: string,
  { page, allowUrl }: CssRules,
): string | null {
  if (!propertyName.test(property)) return `"${shown(property)}" is no property of CSS`
  if (properties.test(property)) return `"${property}" is not allowed`
  const problem = valueProblem(value) ?? customProblem(property, value)
  const found = problem ?? addressProblem(property, value, { page, allowUrl })
  if (found) return `"${property}": ${found}`
  const plain = value.replace(/\s*!important\s*$/i, '')
  const isKnown = property.startsWith('--') || page.supportsStyle?.(property, plain) !== false
  return isKnown ? null : `"${shown(value)}" is no value of "${property}"`
}

/** A value is one value: it ends no declaration, hides nothing by an escape or a comment, and calls what is known. */
function valueProblem(value: string): string | null {
  if (value.trim() === '' || value.length > 2_000) return 'the value is empty or too long'
  if (/[\\<{}@]|(?![\t\n\x80-\x9f])\p{Cc}|\/\*|\*\//u.test(value))
    return 'escapes, comments, blocks, "<" and "@" are not allowed'
  const open = bare(value)
  if (open === null) return 'a quotation mark or a bracket is not closed'
  if (open.includes(';')) return 'it is more than one declaration'
  if (/(?:java|vb)script\s*:/i.test(value)) return 'an address that runs code is not allowed'
  for (const [, name = ''] of open.matchAll(/([\w-]+)\s*\(/g))
    if (!functions.has(name.toLowerCase())) return `"${name}()" is not allowed`
  return null
}

function addressProblem(
  property: string,
  value: string,
  { page, allowUrl }: CssRules,
): string | null {
  const urls = urlsOf(value)
  // Where quotation marks make one look like another, nobody knows which one counts.
  if (urls.length !== (value.match(/url\s*\(/gi) ?? []).length) return 'an address cannot be read'
  const use = { kind: 'load', element: 'style', attribute: property } as const
  for (const url of urls) {
    // A reference into the page itself, as for a gradient, loads nothing.
    if (url.startsWith('#')) continue
    const problem = urlProblem(url, use, { location: page.location, allowUrl })
    if (problem) return problem
  }
  return null
}

/** What is kept in a variable may come to stand anywhere, also where a text is an address. */
function customProblem(property: string, value: string): string | null {
  const isCustom = property.startsWith('--')
  return isCustom && /(["'])[^"']*(?:\/\/|:)/.test(value)
    ? 'an address in quotation marks is not allowed in a custom property'
    : null
}

/** The value without what stands in quotation marks, or `null` where something is not closed. */
function bare(value: string): string | null {
  const open = value.replaceAll(/"[^"\n]*"|'[^'\n]*'/g, '""')
  if (open.replaceAll('""', '').match(/["']/)) return null
  let depth = 0
  for (const letter of open) {
    if (letter === '(' || letter === '[') depth += 1
    if (letter === ')' || letter === ']') depth -= 1
    if (depth < 0) return null
  }
  return depth === 0 ? open : null
}

function urlsOf(value: string): readonly string[] {
  return [...value.matchAll(/url\(\s*(?:"([^"]*)"|'([^']*)'|([^)]*))\s*\)/gi)].map(
    ([, double, single, plain]) => (double ?? single ?? plain ?? '').trim(),
  )
}

/** One declaration as it stands in a `style` attribute. */
export interface Declaration {
  readonly property: string
  readonly value: string
}

/** Splits a `style` attribute at the semicolons that end a declaration. What it cannot read stays as it is. */
export function declarationsOf(style: string): readonly Declaration[] {
  return partsOf(style).flatMap((part) => {
    const at = part.indexOf(':')
    const property = (at < 0 ? part : part.slice(0, at)).trim()
    return property === '' ? [] : [{ property, value: at < 0 ? '' : part.slice(at + 1).trim() }]
  })
}

function partsOf(style: string): readonly string[] {
  const parts: string[] = []
  let start = 0
  let depth = 0
  let quote = ''
  for (let at = 0; at < style.length; at += 1) {
    const letter = style.charAt(at)
    if (letter === '\\') at += 1
    else if (quote !== '') quote = letter === quote ? '' : quote
    else if (letter === '"' || letter === "'") quote = letter
    else if (letter === '(') depth += 1
    else if (letter === ')') depth -= 1
    else if (letter === ';' && depth <= 0) {
      parts.push(style.slice(start, at))
      start = at + 1
    }
  }
  return [...parts, style.slice(start)]
}

export function styleText(declarations: readonly Declaration[]): string {
  return declarations.map(({ property, value }) => `${property}: ${value}`).join('; ')
}
