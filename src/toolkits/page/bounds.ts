import { ToolError } from '../../tools/index.ts'
import type { PageDocument, PageNode } from '../_page-document.ts'
import { elementsIn } from './selectors.ts'

export interface BoundsOptions {
  /** Selectors of the elements in which the tools work, themselves included. Default: all of the page. */
  readonly roots?: readonly string[]
  /** Selectors of elements that stay as they are, with all that is in them. */
  readonly protect?: readonly string[]
}

/** What is done to an element: to it alone, to all that is in it, or with it as a place for something new. */
export type Effect = 'itself' | 'content' | 'insertion' | 'removal'

const builtIn =
  /^(?:html|head|script|style|link|meta|base|iframe|frame|frameset|object|embed|applet|noscript|template|portal|fencedframe|foreignObject)$/

const secretTypes = /^(?:password|hidden|file)$/i
const secretNames =
  /csrf|xsrf|authenticity|nonce|token|_method|__|passw|secret|captcha|otp|\bpin\b|cvc|cvv|card.?num/i
const secretFills = /password|one-time-code|^cc-/i

/** Whether it is a field that holds what neither a model nor what it read has to do with. */
export function isSecretField(page: PageDocument, element: PageNode): boolean {
  if (!/^(?:input|textarea|select|button|output)$/.test(page.name(element))) return false
  const attributes = page.attributes(element)
  const given = (name: string): string => attributes.get(name) ?? ''
  return (
    secretTypes.test(given('type').trim()) ||
    secretNames.test(`${given('name')} ${given('id')}`) ||
    secretFills.test(given('autocomplete').trim())
  )
}

/** Where one call may read and change, as the page is now. */
export class Bounds {
  readonly #page: PageDocument
  readonly #roots: ReadonlySet<PageNode> | null
  readonly #protected: ReadonlySet<PageNode>

  constructor(page: PageDocument, { roots, protect = [] }: BoundsOptions) {
    const all = (selectors: readonly string[]): ReadonlySet<PageNode> =>
      new Set(selectors.flatMap((selector) => page.query(selector)))
    this.#page = page
    this.#roots = roots ? all(roots) : null
    this.#protected = all(protect)
  }

  /** Whether it is in a root, or one. */
  includes(element: PageNode): boolean {
    const roots = this.#roots
    return roots === null || this.#lineage(element).some((one) => roots.has(one))
  }

  isProtected(element: PageNode): boolean {
    return this.#lineage(element).some((one, index) =>
      index === 0 ? this.#isGuarded(one) : this.#protected.has(one) || this.#isBuiltIn(one, false),
    )
  }

  /** @throws {@link ToolError} `outside-roots` or `protected`, saying what to do */
  check(element: PageNode, effect: Effect): void {
    const name = this.#page.name(element)
    if (!this.includes(element) || (effect === 'removal' && this.#roots?.has(element)))
      throw new ToolError(
        `<${name}> is outside the part of the page that may be changed. Choose an element that list_elements shows.`,
        { code: 'outside-roots' },
      )
    if (this.isProtected(element)) throw isKept(`<${name}>`)
    const isWhole = effect === 'content' || effect === 'removal'
    if (isWhole && (element === this.#page.root || name === 'body'))
      throw isKept(`All that is in <${name}>`)
    const inner = isWhole ? this.#protectedIn(element) : null
    if (inner) throw isKept(`<${this.#page.name(inner)}> in this <${name}>`)
  }

  #protectedIn(element: PageNode): PageNode | null {
    const open = [...elementsIn(this.#page, element)]
    for (let one = open.pop(); one; one = open.pop()) {
      if (this.#isGuarded(one)) return one
      open.push(...elementsIn(this.#page, one))
    }
    return null
  }

  #isGuarded(element: PageNode): boolean {
    return this.#protected.has(element) || this.#isBuiltIn(element, true)
  }

  /** What is in <html> and <head> is not protected for that alone. */
  #isBuiltIn(element: PageNode, isSelf: boolean): boolean {
    const name = this.#page.name(element)
    const isFrame = name === 'html' || name === 'head'
    return isFrame ? isSelf : builtIn.test(name) || isSecretField(this.#page, element)
  }

  #lineage(element: PageNode): readonly PageNode[] {
    const line: PageNode[] = []
    for (let at: PageNode | null = element; at; at = this.#page.parent(at)) line.push(at)
    return line
  }
}

function isKept(what: string): ToolError {
  return new ToolError(
    `${what} is protected and stays as it is. Change something else, or ask the user.`,
    {
      code: 'protected',
    },
  )
}
