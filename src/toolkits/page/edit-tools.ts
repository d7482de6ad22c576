import { type AnyTool, ToolError, defineTool } from '../../tools/index.ts'
import type { PageDocument, PageNode } from '../_page-document.ts'
import { type EditContext, createElement, editElement } from './edits.ts'
import { createSchema, deleteSchema, modifyAllSchema, modifySchema } from './inputs.ts'
import { elementKeys, structureKeys } from './lanes.ts'
import { ShortSelectors, elementsIn, isElement } from './selectors.ts'
import type { Receipt, Session } from './session.ts'

/** An element that was changed, as it is now. */
export interface ChangedElement {
  readonly handle: string
  readonly selector: string
  /** What was taken out of the given HTML. */
  readonly removed?: readonly string[]
}

interface EditOutput {
  readonly elements: readonly ChangedElement[]
  readonly receipt: Receipt
}

interface EditTraits {
  readonly approval: NonNullable<AnyTool['approval']>
  readonly permission?: string | readonly string[]
}

/**
 * Tools that change the page. None is idempotent: done twice, a call would take for the old state what it made
 * itself, and could not be taken back.
 */
export function editTools(session: () => Session, traits: EditTraits): readonly AnyTool[] {
  return [...modifyTools(session, traits), ...structureTools(session, traits)]
}

/** What all of them have. */
function sharedOptions(session: () => Session, { permission }: EditTraits) {
  return {
    category: 'page',
    ...(permission !== undefined && { permission }),
    toModelOutput: ({ elements }: EditOutput) => ({
      elements: elements.map((one) => ({ ...one })),
    }),
    undo: ({ receipt }: EditOutput) => session().undo(receipt),
  }
}

function modifyTools(session: () => Session, traits: EditTraits): readonly AnyTool[] {
  const shared = sharedOptions(session, traits)
  return [
    defineTool({
      name: 'modify_element',
      title: 'Change an element',
      description:
        'Changes the text or HTML, the attributes or the style of one element. What is not given stays. Give "target" first.',
      inputSchema: modifySchema,
      concurrency: (input) => elementKeys([input]),
      execute: ({ target, ...edit }) =>
        changed(session(), (context, element) => {
          const node = element(target)
          return [{ node, removed: editElement(node, edit, context) }]
        }),
      ...shared,
    }),
    defineTool({
      name: 'modify_elements',
      title: 'Change several elements',
      description:
        'Changes several elements as modify_element does, all of them or, where one cannot be, none.',
      inputSchema: modifyAllSchema,
      concurrency: ({ edits }) => elementKeys(edits),
      execute: ({ edits }) =>
        changed(session(), (context, element) => {
          // Found before anything changes, so that a handle is still good for a second edit.
          const found = edits.map(({ target, ...edit }) => ({ node: element(target), edit }))
          return found.map(({ node, edit }) => ({
            node,
            removed: editElement(node, edit, context),
          }))
        }),
      ...shared,
    }),
  ]
}

function structureTools(session: () => Session, traits: EditTraits): readonly AnyTool[] {
  const shared = sharedOptions(session, traits)
  return [
    defineTool({
      name: 'create_element',
      title: 'Add an element',
      description:
        'Adds an element before or after another, or as a child of it: of a tag with text or HTML, attributes and style, or of HTML as a whole.',
      inputSchema: createSchema,
      concurrency: structureKeys,
      execute: ({ target, ...made }) =>
        changed(session(), (context, element) => {
          const { nodes, removed } = createElement(element(target), made, context)
          const created = nodes.filter((node) => isElement(context.policy.page, node))
          return created.map((node, index) => ({ node, removed: index === 0 ? removed : [] }))
        }),
      ...shared,
    }),
    defineTool({
      name: 'delete_element',
      title: 'Delete an element',
      description:
        'Deletes one element. Refused where it is protected, has elements in it, or is the last of its kind; "force" is for the last two.',
      inputSchema: deleteSchema,
      destructive: true,
      approval: traits.approval,
      concurrency: structureKeys,
      execute: ({ target, force = [] }) =>
        changed(session(), (context, element) => {
          deleteElement(element(target), force, context)
          return []
        }),
      ...shared,
    }),
  ]
}

interface Edited {
  readonly node: PageNode
  readonly removed: readonly string[]
}

async function changed(
  session: Session,
  work: (context: EditContext, element: (target: string) => PageNode) => Edited[],
): Promise<EditOutput> {
  const [edited, receipt] = await session.change((context) =>
    work(context, (target) => session.element(target)),
  )
  const selectors = new ShortSelectors(session.page)
  return {
    elements: edited.map(({ node, removed }) => ({
      handle: session.desk.handles.of(node),
      selector: selectors.of(node),
      ...(removed.length > 0 && { removed }),
    })),
    receipt,
  }
}

function deleteElement(
  node: PageNode,
  force: readonly string[],
  { changes, bounds, policy }: EditContext,
): void {
  const { page } = policy
  const parent = page.parent(node)
  bounds.check(node, 'removal')
  if (!parent) return
  bounds.check(parent, 'insertion')
  const inner = elementsIn(page, node).length
  if (inner > 0 && !force.includes('children'))
    throw new ToolError(
      `<${page.name(node)}> has ${inner} elements in it. Delete those first, or say "force": ["children"] if all of it is to go.`,
      { code: 'has-children' },
    )
  if (!force.includes('last') && isLast(page, node, parent))
    throw new ToolError(
      `It is the last <${page.name(node)}> there. Say "force": ["last"] if it is to go nevertheless.`,
      { code: 'last-of-kind' },
    )
  changes.splice(parent, page.nodes(parent).indexOf(node), { removed: [node] })
}

const items = /^(?:li|tr|td|th|dt|dd|option|source|tbody)$/

/** An item is the last in its list, anything else the last on the page. */
function isLast(page: PageDocument, node: PageNode, parent: PageNode): boolean {
  const name = page.name(node)
  const alike = items.test(name)
    ? elementsIn(page, parent).filter((one) => page.name(one) === name)
    : page
        .query(/^[a-z][a-z0-9-]*$/.test(name) ? name : '*')
        .filter((one) => page.name(one) === name)
  return alike.length === 1
}
