import type { CallOutcome, OfferedTool } from '../protocol/index.ts'
import { clientNameOf, toolFor } from './catalogs.ts'
import type { Draft } from './draft.ts'
import { type Call, type ConversationState, callsOf, isSettled } from './state.ts'
import { settleNotRun } from './transitions.ts'

/** Settles the open calls for whose tool the clients have another definition now, and nobody the old one. */
export function settleStale(draft: Draft): void {
  for (const call of callsOf(draft.state)) {
    if (isSettled(call) || call.phase.state === 'executing') continue
    const changed = changedTool(draft.state, call)
    if (changed) settleNotRun(draft, call, staleTool(call.toolName, changed))
  }
}

/** What the tool of `call` has become; nothing where somebody may still come and run it as it was. */
function changedTool({ catalogs }: ConversationState, call: Call): OfferedTool | undefined {
  if (call.executor !== 'client') return undefined
  const all = [...catalogs.values()]
  if (all.some((catalog) => toolFor(catalog, call))) return undefined
  const name = clientNameOf(call)
  return all.flatMap(({ tools }) => tools).find((tool) => tool.name === name)
}

const maxDefinitionChars = 4_000

/** That a tool is another by now, with its new definition where the model may be told of that. */
export function staleTool(
  toolName: string,
  { name, alias = name, descriptor, isQuarantined }: OfferedTool,
): CallOutcome {
  const now = alias === toolName ? '' : ` "${alias}"`
  const definition =
    descriptor && !isQuarantined
      ? ` It is now${now}: ${JSON.stringify(descriptor.inputSchema).slice(0, maxDefinitionChars)}`
      : ''
  return {
    state: 'output-error',
    errorCode: 'stale-tool',
    errorText: `Not run: "${toolName}" changed after you were told of it.${definition}`,
  }
}
