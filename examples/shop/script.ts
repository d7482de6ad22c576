import type { ModelRequest, ToolPart } from 'toolwire'
import type { ScriptStep } from 'toolwire/testing'
import { type Results, anythingElse, stories } from './stories.ts'

/** What the scripted model says next: the story that fits the question, at the step that it has come to. */
export function script(
  { messages }: ModelRequest,
  { step }: { readonly step: number },
): ScriptStep {
  const last = messages.findLastIndex(({ role }) => role === 'user')
  const question = (messages[last]?.parts ?? [])
    .map((part) => (part.type === 'text' ? part.text : ''))
    .join('')
    .trim()
  const calls = messages.slice(last + 1).flatMap(({ parts }) => parts)
  const story =
    stories.find(({ prompt }) => prompt === question) ??
    stories.find(({ fits }) => fits.test(question)) ??
    anythingElse
  const say = story.steps[step]?.(resultsOf(calls.filter((part) => part.type === 'tool')))
  return {
    text: say?.text ?? '',
    toolCalls: (say?.calls ?? []).map(([toolName, input]) => ({ toolName, input })),
  }
}

/** What the tools of this shop answered, by tool. */
function resultsOf(calls: readonly ToolPart[]): Results {
  const of = (name: string): readonly unknown[] =>
    calls
      .filter(({ toolName }) => toolName === name)
      .map(({ state, output }) => (state === 'output-available' ? output : undefined))
  // The tools' schemas promise these shapes.
  return {
    list_tables: of('list_tables'),
    query: of('query'),
    add_bar_chart: of('add_bar_chart'),
    clear_dashboard: of('clear_dashboard'),
  } as Results
}
