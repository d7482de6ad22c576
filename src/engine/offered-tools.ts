import type { OfferedTool, Principal, ToolDescriptor } from '../protocol/index.ts'
import type { DeclaredTools } from '../guards/index.ts'
import { type AnyTool, ToolRegistry } from '../tools/index.ts'
import type { ClientCatalog, ConversationState } from '../turn/index.ts'
import { isOfUse } from './result-pages.ts'

/** What decides which tools there are. */
export interface OfferOptions {
  /** The server's own definitions. */
  readonly tools: ToolRegistry
  readonly declared: DeclaredTools
  /** Whether a tool is switched on for `principal`. */
  readonly isEnabled: (tool: AnyTool, principal: Principal | null) => boolean
}

/** How a client's tool goes back to the client. */
export interface ClientSide {
  /** Its name there. */
  readonly name: string
  /** The hashes under which clients have it. */
  readonly hashes: readonly string[]
}

/** The tools of one model step, under the names that the model is told. */
export interface StepTools {
  readonly tools: ToolRegistry
  readonly clientSides: ReadonlyMap<string, ClientSide>
}

/** Before the model was asked. */
export const nothingOffered: StepTools = { tools: new ToolRegistry(), clientSides: new Map() }

/** The tools that the model may use now: those of the server, and those that a client of the conversation runs. */
export function stepTools(state: ConversationState, options: OfferOptions): StepTools {
  const offers = presentCatalogs(state)
    .flatMap((catalog) => catalog.tools)
    .filter((tool) => !tool.isQuarantined)
  const known = knownTools(offers)
  const own = options.tools
    .list()
    .filter((tool) => home(tool) === 'server' || known.has(tool.name))
    .filter((tool) => isOfUse(tool, state))
    .map((tool) => [tool.name, tool] as const)
  const declared = declaredTools(offers, options)
  const principal = state.turn?.principal ?? null
  const tools = [...new Map([...declared.tools, ...own]).values()]
  return {
    tools: new ToolRegistry(tools.filter((tool) => options.isEnabled(tool, principal))),
    clientSides: new Map([...declared.sides, ...known]),
  }
}

/** Where the server has the definitions, which count. */
function knownTools(offers: readonly OfferedTool[]): Map<string, ClientSide> {
  const sides = new Map<string, ClientSide>()
  for (const { name, hash, descriptor } of offers) {
    const { hashes = [] } = sides.get(name) ?? {}
    if (!descriptor) sides.set(name, { name, hashes: [...new Set([...hashes, hash])] })
  }
  return sides
}

function declaredTools(
  offers: readonly OfferedTool[],
  options: OfferOptions,
): { readonly tools: ReadonlyMap<string, AnyTool>; readonly sides: Map<string, ClientSide> } {
  const tools = new Map<string, AnyTool>()
  const sides = new Map<string, ClientSide>()
  for (const offer of offers) {
    const name = offer.alias ?? offer.name
    // Of several definitions the model is told one; the preferred client comes first.
    const tool = tools.has(name) || options.tools.has(name) ? null : readable(offer, options)
    if (!tool) continue
    tools.set(name, name === tool.name ? tool : renamed(tool, name))
    sides.set(name, { name: offer.name, hashes: [offer.hash] })
  }
  return { tools, sides }
}

/** What is told of them to the model. */
export function offeredTools(
  state: ConversationState,
  options: OfferOptions,
): readonly ToolDescriptor[] {
  return stepTools(state, options)
    .tools.list()
    .map(({ descriptor }) => descriptor)
}

/** Whether a client that may come back still has the tool, though it is not there now. */
export function isAtAbsentClient({ catalogs }: ConversationState, name: string): boolean {
  return [...catalogs.values()].some(
    ({ isAway, tools }) => isAway && tools.some((tool) => (tool.alias ?? tool.name) === name),
  )
}

/** The catalogues of the clients that are there: that of the one which began the turn, then the newest. */
function presentCatalogs({ catalogs, turn }: ConversationState): readonly ClientCatalog[] {
  return [...catalogs]
    .filter(([, { isAway }]) => !isAway)
    .toSorted(([a, one], [b, other]) => {
      const first = Number(b === turn?.clientId) - Number(a === turn?.clientId)
      return first === 0 ? other.at - one.at : first
    })
    .map(([, catalog]) => catalog)
}

function renamed(tool: AnyTool, name: string): AnyTool {
  return { ...tool, name, descriptor: { ...tool.descriptor, name } }
}

/** What was accepted may be refused by a later version; then it is not offered. */
function readable(
  { descriptor, ...offer }: OfferedTool,
  { declared }: OfferOptions,
): AnyTool | null {
  try {
    return descriptor ? declared.get({ ...offer, descriptor }) : null
  } catch {
    return null
  }
}

/** A tool runs where its handler is. */
export function home(tool: AnyTool): 'client' | 'server' {
  return tool.execute ? 'server' : 'client'
}
