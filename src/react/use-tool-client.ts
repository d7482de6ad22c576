import { useCallback, useSyncExternalStore } from 'react'
import type { AnyTool, Snapshot, ToolClient, ToolPartOf } from '../client/index.ts'

/** What a server renders, and a page until it has taken over: no client is connected there. */
const nothing: Snapshot = {
  status: 'ready',
  messages: [],
  calls: [],
  connection: 'connecting',
  error: null,
}

/** The conversation as it stands; renders once for all that changes before the page is painted. */
export function useToolClient<Tools extends AnyTool>(client: ToolClient<Tools>): Snapshot<Tools> {
  return useClient(
    client,
    () => client.getSnapshot(),
    // Without messages it holds for any tools.
    nothing as Snapshot<Tools>,
  )
}

/** One call as it stands, or `undefined` where there is none; renders when this call changes, and no other. */
export function useToolCall<Tools extends AnyTool>(
  client: ToolClient<Tools>,
  toolCallId: string,
): ToolPartOf<Tools> | undefined {
  const look = (): ToolPartOf<Tools> | undefined =>
    client.getSnapshot().calls.findLast((call) => call.toolCallId === toolCallId)
  return useClient(client, look, undefined)
}

function useClient<T>(client: Pick<ToolClient, 'subscribe'>, look: () => T, before: T): T {
  const subscribe = useCallback((listener: () => void) => client.subscribe(listener), [client])
  return useSyncExternalStore(subscribe, look, () => before)
}
