import type { ToolDescriptor } from '../protocol/index.ts'
import type { ToolRegistry } from '../tools/index.ts'
import type { ConversationState } from '../turn/index.ts'
import { home } from './prepare-call.ts'
import { isOfUse } from './result-pages.ts'

/** The tools that the model may use now: those of the server, and those that a client of the conversation runs. */
export function offeredTools(
  state: ConversationState,
  tools: ToolRegistry,
): readonly ToolDescriptor[] {
  const atClients = new Set<string>()
  for (const catalog of state.catalogs.values())
    for (const tool of catalog.tools) atClients.add(tool.name)
  return tools
    .list()
    .filter((tool) => home(tool) === 'server' || atClients.has(tool.name))
    .filter((tool) => isOfUse(tool, state))
    .map((tool) => tool.descriptor)
}
