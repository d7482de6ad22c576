import { type AnyTool, defineTool } from 'toolwire'
import { specs } from '../tools.ts'
import type { Landing } from '../page/landing.ts'

/** The handlers run in the page; the server has the same tools without them. */
export function pageTools(landing?: Landing): AnyTool[] {
  const at = (): Landing => {
    if (landing) return landing
    throw new Error('The page is somewhere else.')
  }
  return [
    defineTool({
      name: 'read_page',
      ...specs.read_page,
      readOnly: true,
      execute: (_, { toolCallId }) => at().run({ toolCallId, toolName: 'read_page' }),
    }),
    defineTool({
      name: 'set_headline',
      ...specs.set_headline,
      execute: (input, { toolCallId }) => at().run({ toolCallId, toolName: 'set_headline', input }),
    }),
    defineTool({
      name: 'add_section',
      ...specs.add_section,
      execute: (input, { toolCallId }) => at().run({ toolCallId, toolName: 'add_section', input }),
    }),
    defineTool({
      name: 'publish_page',
      ...specs.publish_page,
      execute: (_, { toolCallId, signal }) =>
        at().run({ toolCallId, toolName: 'publish_page', signal }),
    }),
  ]
}
