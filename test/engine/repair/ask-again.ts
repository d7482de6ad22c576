import type { Model } from '../../../src/index.ts'
import type { RepairHook } from '../../../src/server/index.ts'

/** Asks a model for the call again, with what is wrong with it. */
export function askAgain(model: Model): RepairHook {
  return async ({ call, inputText, issues, tools, messages, signal }) => {
    const tool = tools.find(({ name }) => name === call.toolName)
    if (!tool) return null
    const wrong = issues.map(({ path, message }) => `${path} ${message}`).join('\n')
    const text = `Call "${tool.name}" again. Your input was:\n${inputText}\nIt is wrong:\n${wrong}`
    const question = {
      id: 'repair',
      role: 'user',
      parts: [{ type: 'text', text }],
      metadata: {},
    } as const
    const answer = model.stream({
      messages: [...messages, question],
      tools: [tool],
      toolChoice: { toolName: tool.name },
      signal,
    })
    for await (const event of answer)
      if (event.type === 'tool-input-end' && event.input) return { input: event.input }
    return null
  }
}
