import type { Place } from './place.ts'

/**
 * A use of the server's own tools has its result behind it, at the latest in the answer that follows. It may
 * be missing where the server still waits: for a call that code of the model made, or for the results, and
 * nothing else, of the calls beside it (https://github.com/vellum-ai/vellum-assistant/pull/42901).
 */
export function checkServerTools(messages: readonly Place[]): void {
  const uses = new Map<string, { readonly use: Place; readonly waits: boolean }>()
  const callers = new Set<string>()
  messages.forEach((message, index) => {
    const waits = messages.slice(index + 1).every((later) => blocksOf(later).every(isResult))
    for (const block of blocksOf(message)) {
      const { text: type } = block.at('type')
      callers.add(block.at('caller').at('tool_id').text)
      if (type.endsWith('_tool_use')) uses.set(block.at('id').text, { use: block, waits })
      // "Each … block must have a corresponding `server_tool_use` block before it":
      // https://github.com/anthropics/claude-code/issues/95406
      if (type.endsWith('_tool_result') && !uses.delete(block.at('tool_use_id').text))
        block.refuse('result-orphan', 'No use of a tool of the server before this waits for it.')
    }
  })
  for (const [id, { use, waits }] of uses)
    if (!waits && !callers.has(id))
      use.refuse('result-missing', 'The result of this tool of the server is missing.')
}

/**
 * "a final `assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use` and
 * `tool_result` blocks)": https://github.com/pydantic/pydantic-ai/issues/2075. What counts is the first message
 * since the user spoke: within a turn the model need not think again.
 */
export function checkThinking(messages: Place): void {
  const before = messages.items().slice(0, -1)
  if (!blocksOf(messages.items().at(-1)).some(isResult)) return
  const spoke = before.findLastIndex(
    (each) => each.at('role').value === 'user' && !blocksOf(each).every(isResult),
  )
  const [begin] = blocksOf(before[spoke + 1])
  if (begin && !begin.at('type').text.endsWith('thinking'))
    begin.refuse(
      'state-missing',
      'With thinking enabled, the answer that is under way has to begin with it.',
    )
}

/** What a message holds; a text is one block without a type. */
function blocksOf(message: Place | undefined): readonly Place[] {
  const content = message?.at('content')
  if (!content) return []
  return content.isList ? content.items() : [content]
}

function isResult(block: Place): boolean {
  return block.at('type').value === 'tool_result'
}
