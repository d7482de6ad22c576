import { ToolwireError } from '../../base/index.ts'
import type { AnyTool } from '../../tools/index.ts'
import type { PageDocument } from '../_page-document.ts'
import type { BoundsOptions } from './bounds.ts'
import { editTools } from './edit-tools.ts'
import { readTools } from './read-tools.ts'
import { Session } from './session.ts'
import type { AllowUrl } from './url-policy.ts'

export interface PageToolsOptions extends BoundsOptions {
  /** The page. Without one the tools have no handlers, for the side that does not run them. */
  readonly page?: PageDocument
  /**
   * Whether something may be loaded from an address outside the page's own origin. Default: never. Addresses that run
   * code are refused whatever it says, and links to `http`, `https`, `mailto` and `tel` are not asked about.
   */
  readonly allowUrl?: AllowUrl
  /** Whether a person is asked before `delete_element` runs. Default: true. */
  readonly approval?: NonNullable<AnyTool['approval']>
  /** What it takes to use the tools that change the page. */
  readonly permission?: string | readonly string[]
  /** Whether the page holds what strangers wrote, so that what follows its reading is asked about. Default: false. */
  readonly untrusted?: boolean
  /**
   * Whether the log that receipts come from is trusted to hold what was on the page, which is so where the same server
   * keeps both. Default: false: after a reload, an undo puts back only what an edit could have put there.
   */
  readonly trustReceipts?: boolean
}

/**
 * Tools with which a model looks at a page and changes it: `list_elements`, `get_element_info`, `validate_selector`,
 * `modify_element`, `modify_elements`, `create_element` and `delete_element`. What is put on the page can neither run
 * nor load anything, what is protected stays as it is, and every change can be taken back. Both sides of a
 * conversation make them with the same options, the one without the page without `page`.
 * @throws {@link ToolwireError} `INVALID_OPTIONS` for a selector of `roots` or `protect` that is none
 */
export function pageTools(options: PageToolsOptions = {}): AnyTool[] {
  const { page, approval = true, permission, untrusted } = options
  const session = page && new Session({ ...options, page })
  if (session) checkSelectors(session, options)
  const needed = (): Session => {
    if (session) return session
    throw new ToolwireError('INVALID_OPTIONS', 'These tools were made without a page.')
  }
  const tools = [
    ...readTools(needed, { ...(untrusted !== undefined && { untrusted }) }),
    ...editTools(needed, { approval, ...(permission !== undefined && { permission }) }),
  ]
  return session ? tools : tools.map((tool) => tool.withoutExecute())
}

function checkSelectors(session: Session, { roots = [], protect = [] }: BoundsOptions): void {
  for (const selector of [...roots, ...protect]) {
    const problem = session.selectorProblem(selector)
    if (problem !== null)
      throw new ToolwireError('INVALID_OPTIONS', `"${selector}" is no CSS selector: ${problem}.`, {
        hint: '"roots" and "protect" are lists of selectors.',
      })
  }
}
