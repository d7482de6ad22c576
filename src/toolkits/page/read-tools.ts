import { type AnyTool, defineTool } from '../../tools/index.ts'
import type { PageNode } from '../_page-document.ts'
import { ElementViews } from './element-view.ts'
import { infoSchema, listSchema, selectorSchema } from './inputs.ts'
import { ShortSelectors, suggestions } from './selectors.ts'
import type { Session } from './session.ts'

interface ReadTraits {
  readonly untrusted?: boolean
}

/** Tools that look at the page and change nothing. `session` throws where there is no page. */
export function readTools(session: () => Session, traits: ReadTraits): readonly AnyTool[] {
  return [listTool(session, traits), infoTool(session, traits), selectorTool(session, traits)]
}

const shared = { category: 'page', readOnly: true } as const

function listTool(session: () => Session, traits: ReadTraits): AnyTool {
  return defineTool({
    name: 'list_elements',
    title: 'List elements',
    description:
      'Lists elements of the page with a handle, a selector and the first of their text, in document order. Give a selector to see fewer, and "next" as "cursor" to see more.',
    inputSchema: listSchema,
    ...shared,
    ...traits,
    execute({ selector = '*', limit = 50, cursor = 0 }) {
      const { views, visible } = look(session())
      const found = visible(selector)
      const end = cursor + limit
      return {
        total: found.length,
        elements: found.slice(cursor, end).map((element) => views.summary(element)),
        ...(end < found.length && { next: end }),
      }
    },
  })
}

function infoTool(session: () => Session, traits: ReadTraits): AnyTool {
  return defineTool({
    name: 'get_element_info',
    title: 'Look at an element',
    description:
      'Tells of one element its attributes, style, text, children and where it stands. Secrets of fields are left out.',
    inputSchema: infoSchema,
    ...shared,
    ...traits,
    execute({ target }) {
      const one = session()
      const { views, bounds } = look(one)
      const element = one.element(target)
      if (!bounds.includes(element)) bounds.check(element, 'itself')
      return views.info(element)
    },
  })
}

function selectorTool(session: () => Session, traits: ReadTraits): AnyTool {
  return defineTool({
    name: 'validate_selector',
    title: 'Check a selector',
    description:
      'Says whether a CSS selector is valid and how many elements it matches, and suggests others where it matches none.',
    inputSchema: selectorSchema,
    ...shared,
    ...traits,
    execute({ selector }) {
      const one = session()
      const { views, visible } = look(one)
      const problem = one.selectorProblem(selector)
      const found = problem === null ? visible(selector) : []
      return {
        isValid: problem === null,
        ...(problem !== null && { problem }),
        matches: found.length,
        elements: found.slice(0, 5).map((element) => views.summary(element)),
        suggestions: found.length > 0 ? [] : suggestions(one.page, selector.slice(0, 500)),
      }
    },
  })
}

function look(session: Session): {
  readonly bounds: ReturnType<Session['look']>
  readonly views: ElementViews
  readonly visible: (selector: string) => readonly PageNode[]
} {
  const bounds = session.look()
  const { page, desk } = session
  return {
    bounds,
    views: new ElementViews({
      page,
      handles: desk.handles,
      bounds,
      selectors: new ShortSelectors(page),
    }),
    visible: (selector) => session.query(selector).filter((element) => bounds.includes(element)),
  }
}
