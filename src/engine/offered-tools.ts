import type { CallOutcome, OfferedTool, Principal, ToolDescriptor } from '../protocol/index.ts'
import type { DeclaredTools } from '../guards/index.ts'
import { type AnyTool, ToolRegistry } from '../tools/index.ts'
import { type ClientCatalog, type ConversationState, staleTool } from '../turn/index.ts'
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
  /** Whether one of them can take back what it did. */
  readonly canUndo: boolean
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
  const known = knownTools(offers, options)
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

/** Those of which the server has the very definition; what clients have under another hash is another tool. */
function knownTools(
  offers: readonly OfferedTool[],
  { tools }: OfferOptions,
): Map<string, ClientSide> {
  const sides = new Map<string, ClientSide>()
  for (const { name, hash, canUndo = false } of offers) {
    const isSame = tools.has(name) && tools.get(name).descriptor.hash === hash
    const { canUndo: another = false } = sides.get(name) ?? {}
    if (isSame) sides.set(name, { name, canUndo: canUndo || another })
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
    const { canUndo = false } = offer
    sides.set(name, { name: offer.name, canUndo })
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

/** How a call of a tool settles that the server knows, and of which clients have another definition now. */
export function staleCall(
  state: ConversationState,
  name: string,
  { tools }: OfferOptions,
): CallOutcome | null {
  const own = tools.has(name) ? tools.get(name) : null
  if (!own || home(own) === 'server') return null
  const { hash } = own.descriptor
  const offers = presentCatalogs(state).flatMap((catalog) => catalog.tools)
  const now = offers.find((offer) => offer.name === name && offer.hash !== hash)
  return now ? staleTool(name, now) : null
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
