import { type InferUITools, type UIDataTypes, type UIMessage, tool } from 'ai'
import { outputSchema, specs } from '../tools.ts'

/** Without `execute`, so that they are called in the page. */
export const tools = {
  read_page: tool({ ...specs.read_page, outputSchema }),
  set_headline: tool({ ...specs.set_headline, outputSchema }),
  add_section: tool({ ...specs.add_section, outputSchema }),
  publish_page: tool({ ...specs.publish_page, outputSchema }),
}

export type ChatMessage = UIMessage<unknown, UIDataTypes, InferUITools<typeof tools>>
