import type { CallSpec, OfferedTool } from '../protocol/index.ts'
import type { Call, ClientCatalog, ConversationState } from './state.ts'

type Catalogs = ConversationState['catalogs']

/** Catalogues of clients that are gone are kept as far as this, for the case that they come back. */
const maxAway = 32

/** What the clients can run once one of them is gone. */
export function left(catalogs: Catalogs, clientId: string): Catalogs {
  const gone = catalogs.get(clientId)
  if (!gone || gone.isAway) return catalogs
  const others = [...catalogs].filter(([id]) => id !== clientId)
  const away = others.filter(([, { isAway }]) => isAway).map(([id]) => id)
  const forgotten = new Set(away.slice(0, Math.max(0, away.length + 1 - maxAway)))
  return new Map([
    ...others.filter(([id]) => !forgotten.has(id)),
    [clientId, { ...gone, isAway: true }],
  ])
}

export function returned(catalogs: Catalogs, clientId: string): Catalogs {
  const back = catalogs.get(clientId)
  if (!back?.isAway) return catalogs
  const { isAway: _, ...catalog } = back
  return new Map(catalogs).set(clientId, catalog)
}

/** The name that clients have for the tool of a call. */
export function clientNameOf(call: Pick<CallSpec, 'toolName' | 'clientToolName'>): string {
  return call.clientToolName ?? call.toolName
}

/** Whether a client's tool with this hash is the one that the model was told of when it asked for `call`. */
export function fitsCall({ toolHash }: Pick<CallSpec, 'toolHash'>, hash: string): boolean {
  return toolHash === undefined || toolHash === hash
}

type Wanted = Pick<Call, 'toolName' | 'clientToolName' | 'toolHash' | 'undoOf'>

/** The tool in `catalog` that may run `call`. */
export function toolFor(catalog: ClientCatalog | undefined, call: Wanted): OfferedTool | undefined {
  return catalog?.tools.find(
    (tool) =>
      tool.name === clientNameOf(call) &&
      !tool.isQuarantined &&
      fitsCall(call, tool.hash) &&
      (call.undoOf === undefined || tool.canUndo === true),
  )
}

/** Names of the tools that clients can run now. */
export function namesAtClients({ catalogs }: ConversationState): readonly string[] {
  const present = [...catalogs.values()].filter(({ isAway }) => !isAway)
  const tools = present.flatMap((catalog) => catalog.tools)
  return [...new Set(tools.filter((t) => !t.isQuarantined).map(({ alias, name }) => alias ?? name))]
}

/** Whether any client, also one that is gone, has a tool by the name of `call`. */
export function isKnownTool({ catalogs }: ConversationState, call: Wanted): boolean {
  const name = clientNameOf(call)
  return [...catalogs.values()].some(({ tools }) => tools.some((tool) => tool.name === name))
}
