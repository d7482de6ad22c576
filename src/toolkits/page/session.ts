import { systemWorld } from '../../base/index.ts'
import { ToolError } from '../../tools/index.ts'
import type { PageDocument, PageNode } from '../_page-document.ts'
import { Bounds, type BoundsOptions } from './bounds.ts'
import { Changes, type Step, type WrittenStep, readStep, undoStep } from './changes.ts'
import { type Desk, deskOf } from './desk.ts'
import type { EditContext } from './edits.ts'
import { type Policy, attributeProblem, cleanHtml, htmlOf, placeOf } from './html-policy.ts'
import { isElement, suggestions } from './selectors.ts'
import type { AllowUrl } from './url-policy.ts'

export interface SessionOptions extends BoundsOptions {
  readonly page: PageDocument
  readonly allowUrl?: AllowUrl
  readonly trustReceipts?: boolean
}

/** What it takes to take a call back, in its output. */
export interface Receipt {
  readonly id: string
  readonly steps: readonly WrittenStep[]
}

const kept = 1_000

/** The tools' view of one page: who may be changed, what was seen of it, and what was done to it. */
export class Session {
  readonly page: PageDocument
  readonly policy: Policy
  readonly desk: Desk
  readonly #options: SessionOptions
  /** By receipt. Nodes that were taken out live on here with their listeners and what was typed into them. */
  readonly #journal = new Map<string, readonly Step[]>()

  constructor(options: SessionOptions) {
    const { page, allowUrl } = options
    this.page = page
    this.policy = { page, allowUrl }
    this.desk = deskOf(page)
    this.#options = options
  }

  /** The bounds as the page is now, without what only shows on it. */
  look(): Bounds {
    this.desk.clearPreviews()
    return this.bounds()
  }

  bounds(): Bounds {
    return new Bounds(this.page, this.#options)
  }

  /** Does all of `work` or nothing of it, and keeps it where it has to be kept. */
  async change<Result>(work: (context: EditContext) => Result): Promise<[Result, Receipt]> {
    const bounds = this.look()
    const changes = new Changes(this.page)
    let result: Result
    try {
      result = work({ changes, bounds, policy: this.policy })
    } catch (error) {
      changes.revert()
      throw error
    }
    changes.settle()
    await this.#save(changes)
    const id = systemWorld.randomId()
    this.#journal.set(id, changes.steps)
    const [oldest] = this.#journal.keys()
    if (oldest !== undefined && this.#journal.size > kept) this.#journal.delete(oldest)
    return [result, { id, steps: changes.written }]
  }

  /** Takes back what a call did. @throws {@link ToolError} `changed` where that is not there any more */
  async undo({ id, steps }: Receipt): Promise<void> {
    const bounds = this.look()
    const changes = new Changes(this.page)
    const known = this.#journal.get(id)
    try {
      if (known) for (const step of known.toReversed()) undoStep(changes, step, this.page)
      else for (const step of steps.toReversed()) this.#undoWritten(changes, step, bounds)
    } catch (error) {
      changes.revert()
      throw error
    }
    changes.settle()
    await this.#save(changes)
    this.#journal.delete(id)
  }

  /** What comes from the log may be of anybody, and does no more than an edit may. */
  #undoWritten(changes: Changes, written: WrittenStep, bounds: Bounds): void {
    const step = readStep(changes, this.page, written)
    const node = step.type === 'attribute' ? step.node : step.parent
    if (this.#options.trustReceipts !== true) {
      bounds.check(node, 'itself')
      const isPlain = step.type === 'attribute' ? this.#isPlain(step) : this.#isClean(written, node)
      if (!isPlain)
        throw new ToolError(
          'What was there before holds more than may be put on the page from a log, so it stays as it is.',
          { code: 'unsafe' },
        )
    }
    undoStep(changes, step, this.page)
  }

  #isPlain({ node, name, before, after }: Extract<Step, { type: 'attribute' }>): boolean {
    const value = before ?? after ?? ''
    return attributeProblem(placeOf(this.page, node), [name, value], this.policy) === null
  }

  #isClean(written: WrittenStep, parent: PageNode): boolean {
    if ('attribute' in written) return false
    const html = written.removed.join('')
    const { nodes, removed } = cleanHtml(html, parent, this.policy)
    return removed.length === 0 && htmlOf(this.page, nodes) === html
  }

  async #save(changes: Changes): Promise<void> {
    try {
      await this.page.save?.()
    } catch (error) {
      // Others may have changed the page meanwhile: what of this is still there goes.
      const back = new Changes(this.page)
      for (const step of changes.steps.toReversed()) undoStep(back, step, this.page)
      back.settle()
      throw error
    }
  }

  /** The one element that a selector or a handle names. @throws {@link ToolError} saying what to do */
  element(target: string): PageNode {
    if (target.startsWith('@')) return this.desk.handles.node(target)
    const found = this.query(target)
    const [only] = found
    if (only && found.length === 1) return only
    if (only)
      throw new ToolError(
        `"${target}" matches ${found.length} elements. Name one: list_elements gives a handle for each.`,
        { code: 'ambiguous' },
      )
    throw new ToolError(`Nothing matches "${target}".${this.#didYouMean(target)}`, {
      code: 'not-found',
    })
  }

  /** @throws {@link ToolError} `invalid-selector` */
  query(selector: string): readonly PageNode[] {
    const problem = this.selectorProblem(selector)
    if (problem === null)
      return this.page.query(selector).filter((node) => isElement(this.page, node))
    throw new ToolError(
      `"${selector}" is no CSS selector: ${problem}.${this.#didYouMean(selector)}`,
      {
        code: 'invalid-selector',
      },
    )
  }

  selectorProblem(selector: string): string | null {
    if (selector.trim() === '' || selector.length > 500) return 'it is empty or too long'
    try {
      this.page.query(selector)
      return null
    } catch (error) {
      return error instanceof Error ? error.message.replace(/\.$/, '') : String(error)
    }
  }

  #didYouMean(selector: string): string {
    const near = suggestions(this.page, selector.slice(0, 500))
    return near.length > 0
      ? ` Did you mean ${near.map((one) => `"${one}"`).join(' or ')}?`
      : ' list_elements shows what there is.'
  }
}
