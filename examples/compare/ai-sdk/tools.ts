import { type InferUITools, type Tool, type UIDataTypes, type UIMessage, tool } from 'ai'
import type { output } from 'zod'
import { type Output, type Specs, outputSchema, specs } from '../tools.ts'

export type PageTools = {
  [Name in keyof Specs]: Tool<output<Specs[Name]['inputSchema']>, Output>
}

/** Without `execute`, so that they are called in the page. */
export const tools: PageTools = {
  read_page: tool({ ...specs.read_page, outputSchema }),
  set_headline: tool({ ...specs.set_headline, outputSchema }),
  add_section: tool({ ...specs.add_section, outputSchema }),
  publish_page: tool({ ...specs.publish_page, outputSchema }),
}

export type ChatMessage = UIMessage<unknown, UIDataTypes, InferUITools<PageTools>>
