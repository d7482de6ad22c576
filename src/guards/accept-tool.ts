import { type World, canonicalJson, isObject, isToolwireError, newErrorId } from '../base/index.ts'
import type { OfferedTool, Principal, RefusedTool, ToolDescriptor } from '../protocol/index.ts'
import { type AnyTool, type ToolRegistry, declaredTool } from '../tools/index.ts'
import type { ErrorReport } from './mask-error.ts'
import { looksAlike, nameProblem } from './tool-names.ts'

/** What a host says of a tool that a client declares. Held in quarantine, a tool is known and never offered. */
export type AcceptDecision = 'accept' | 'quarantine' | { readonly reject: string }

export type AcceptTool = (
  descriptor: ToolDescriptor,
  principal: Principal,
) => AcceptDecision | Promise<AcceptDecision>

/** Bounds on what one client may declare; they hold before the host's own policy is asked. */
export interface AcceptLimits {
  /** Default: 64. */
  readonly maxTools?: number
  /** Of the tool, and of each part of its schemas. Default: 512. */
  readonly maxDescriptionChars?: number
  /** Of all schemas of one tool, as JSON. Default: 16,384. */
  readonly maxSchemaChars?: number
  /** Levels of nested JSON in a schema. Default: 16. */
  readonly maxSchemaDepth?: number
  /** Names that no client may use, beside those that begin with `client__`. */
  readonly reservedNames?: readonly string[]
}

export const defaultAcceptLimits: Required<AcceptLimits> = {
  maxTools: 64,
  maxDescriptionChars: 512,
  maxSchemaChars: 16_384,
  maxSchemaDepth: 16,
  reservedNames: ['multi_tool_use.parallel'],
}

export interface AcceptOptions {
  /** The server's own tools. */
  readonly tools: ToolRegistry
  readonly declared: DeclaredTools
  /** Absent: a client runs only tools of which the server has the definition. */
  readonly acceptTool: AcceptTool | undefined
  readonly limits: Required<AcceptLimits>
  readonly principal: Principal
  readonly capabilities: readonly string[]
  readonly world: World
  readonly onError: (report: ErrorReport) => void
}

export interface Accepted {
  readonly tools: readonly OfferedTool[]
  readonly refused: readonly RefusedTool[]
}

/** Schemas that are refused cost the most, so whoever sends many has no more of them looked at. */
const maxFaults = 8
/** Refusals beyond these are not worth keeping. */
const maxRefused = 128

/** What of a client's catalogue is taken, and why the rest is not. */
export async function acceptTools(
  offered: readonly OfferedTool[],
  options: AcceptOptions,
): Promise<Accepted> {
  const tools: OfferedTool[] = []
  const refused: RefusedTool[] = []
  const seen = new Set<string>()
  let faults = 0
  for (const tool of offered) {
    const name = tool.name.slice(0, 128)
    const declaredSoFar = tools.filter(({ descriptor }) => descriptor).length
    const verdict = seen.has(tool.name)
      ? 'It comes twice.'
      : faults >= maxFaults
        ? 'Too many tools before it were at fault.'
        : await accept(tool, declaredSoFar, options)
    seen.add(tool.name)
    if (typeof verdict === 'object') tools.push(verdict)
    else refused.push({ name, why: verdict })
    if (typeof verdict === 'string' && tool.descriptor) faults++
    if (verdict === otherDefinition) tools.push({ name, hash: tool.hash, isQuarantined: true })
  }
  return { tools, refused: refused.slice(0, maxRefused) }
}

/** The tool as it is kept, or why it is not. */
async function accept(
  tool: OfferedTool,
  declaredSoFar: number,
  options: AcceptOptions,
): Promise<OfferedTool | string> {
  const own = options.tools.has(tool.name) ? options.tools.get(tool.name) : null
  if (own?.descriptor.hash === tool.hash)
    return missing(own.requires, options) ?? { name: tool.name, hash: tool.hash, ...undoOf(tool) }
  if (!options.acceptTool) return notTaken(own)
  const alias = own ? `client__${tool.name}` : undefined
  if (declaredSoFar >= options.limits.maxTools)
    return `A client may declare ${options.limits.maxTools} tools.`
  const problem = faultOf(tool, alias, options)
  if (problem !== null) return problem
  return askHost(tool as Declared, alias, options)
}

/** That it can be taken back where it ran, as the client says. */
function undoOf({ canUndo, undoApproval }: OfferedTool): Partial<OfferedTool> {
  if (canUndo !== true) return {}
  return { canUndo, ...(undoApproval === true && { undoApproval }) }
}

type Declared = OfferedTool & { readonly descriptor: ToolDescriptor }

/** Known as that which became of a tool of the server: calls of the one that the model knows are stale. */
const otherDefinition =
  'The server has another definition of it. Deploy the same on both sides, or take it with `acceptTool`.'

function notTaken(own: AnyTool | null): string {
  if (!own) return 'The server does not know it, and takes no tools from clients.'
  return runsOnServer(own) ? 'The server has a tool of its own by this name.' : otherDefinition
}

/** A tool whose handler is on the server is nobody else's to run. */
function runsOnServer({ executor, execute }: AnyTool): boolean {
  return executor === undefined ? execute !== undefined : executor === 'server'
}

function missing(
  requires: readonly string[] | undefined,
  { capabilities }: AcceptOptions,
): string | undefined {
  const lacking = (requires ?? []).filter((capability) => !capabilities.includes(capability))
  return lacking.length > 0
    ? `It requires ${lacking.join(', ')}, which the client lacks.`
    : undefined
}

/** What the server itself has against a definition, cheapest first. */
function faultOf(
  tool: OfferedTool,
  alias: string | undefined,
  options: AcceptOptions,
): string | null {
  const { tools, limits, declared } = options
  const { name, descriptor } = tool
  if (!isObject(descriptor)) return 'The server does not know it, and no definition was sent.'
  if (descriptor['name'] !== name) return 'Its definition is that of another tool.'
  const nameFault = nameProblem(name, limits.reservedNames)
  if (nameFault) return nameFault
  if (alias !== undefined && tools.has(alias)) return 'The server has tools by both of its names.'
  const alike = tools.list().find((own) => own.name !== name && looksAlike(own.name, name))
  if (alike) return `Its name looks like that of the server's tool "${alike.name}".`
  if (descriptor['providerOptions'] !== undefined)
    return 'It has options for providers, which are for the server to say.'
  const textFault = textProblem(descriptor, limits)
  if (textFault) return textFault
  try {
    const { requires } = declared.get(tool as Declared)
    return missing(requires, options) ?? null
  } catch (error) {
    return isToolwireError(error) ? error.message.slice(0, 500) : 'Its definition cannot be read.'
  }
}

// Marks of direction, zero width characters and tags: what people do not see and models read.
const hidden = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}]/u

function textProblem(descriptor: ToolDescriptor, limits: Required<AcceptLimits>): string | null {
  const { inputSchema, outputSchema } = descriptor
  try {
    canonicalJson([inputSchema, outputSchema ?? null], {
      maxDepth: limits.maxSchemaDepth + 1,
      maxLength: limits.maxSchemaChars,
    })
  } catch {
    return `Its schemas are larger than ${limits.maxSchemaChars} characters or deeper than ${limits.maxSchemaDepth} levels.`
  }
  for (const text of textsOf(descriptor)) {
    if (text.length > limits.maxDescriptionChars)
      return `It has a text of more than ${limits.maxDescriptionChars} characters.`
    if (hidden.test(text.replace(/[\n\r\t\u200d]/g, '')))
      return 'It has characters that nobody sees.'
  }
  return null
}

/** Every text and key of a value that is known to be small. */
function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, child]) => [key, ...textsOf(child)])
}

async function askHost(
  tool: Declared,
  alias: string | undefined,
  { acceptTool, declared, principal, world, onError }: AcceptOptions,
): Promise<OfferedTool | string> {
  let decision: AcceptDecision | undefined
  try {
    decision = await acceptTool?.(declared.get(tool).descriptor, principal)
  } catch (error) {
    const errorId = newErrorId(world)
    onError({ errorId, error, toolName: tool.name })
    return `The server could not decide (error ${errorId}).`
  }
  const { name, hash, approval, permission } = tool
  const { descriptor } = declared.get(tool)
  const kept: OfferedTool = {
    name,
    hash,
    descriptor,
    ...(approval && { approval }),
    ...(permission && { permission }),
    ...(alias !== undefined && { alias }),
    ...undoOf(tool),
  }
  if (decision === 'accept') return kept
  if (decision === 'quarantine') return { ...kept, isQuarantined: true }
  return decision?.reject ?? 'The server did not accept it.'
}

/** Tools made of the definitions that clients sent, by their hash; the same definition is read once. */
export class DeclaredTools {
  readonly #known = new Map<string, AnyTool>()

  /** @throws {@link ToolwireError} where the definition is not acceptable */
  get(tool: Declared): AnyTool {
    const key = JSON.stringify([tool.hash, tool.approval, tool.permission])
    const known = this.#known.get(key) ?? declaredTool(tool)
    // The one that was used last is forgotten last.
    this.#known.delete(key)
    this.#known.set(key, known)
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= maxKnown) break
      this.#known.delete(oldest)
    }
    return known
  }

  /** A tool that was read before. */
  find(hash: string): AnyTool | null {
    for (const tool of this.#known.values()) if (tool.descriptor.hash === hash) return tool
    return null
  }
}

const maxKnown = 512
