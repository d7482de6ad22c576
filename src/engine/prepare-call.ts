import { type World, canonicalJson, sha256 } from '../base/index.ts'
import {
  type ApprovalOptions,
  type ErrorReport,
  type Permissions,
  maskError,
  notPermitted,
  asksAfterUntrusted,
  standingConsent,
} from '../guards/index.ts'
import type { Consent, Message, NewCall, Principal } from '../protocol/index.ts'
import type { AnyTool, ToolRegistry } from '../tools/index.ts'
import { type CallIds, CallIdSource, type TakenIds } from './call-ids.ts'
import { type CheckOptions, type CheckedCall, checkCall } from './check-call.ts'
import { conflictKeysOf } from './conflict-keys.ts'
import { type ClientSide, home } from './offered-tools.ts'
import { type CallDraft, draftOf } from './repair/call-draft.ts'
import type { Repair } from './repair/options.ts'
import { type CheckedDraft, repairCall } from './repair/repair-call.ts'
import { applyStages } from './repair/stages.ts'
import type { ToolInputEnd } from './step-content.ts'

export interface PrepareOptions {
  /** The tools of this step. */
  readonly tools: ToolRegistry
  readonly clientSides: ReadonlyMap<string, ClientSide>
  /** Names that the model was offered in this step. */
  readonly offered: ReadonlySet<string>
  readonly stale: CheckOptions['stale']
  readonly principal: Principal | null
  readonly permissions: Permissions
  readonly approvals: ApprovalOptions
  /** What was allowed for the rest of the conversation. */
  readonly consents: readonly Consent[]
  /** Names of the tools by which text of strangers came into the conversation. */
  readonly untrusted: readonly string[]
  /** Tool call ids of the conversation so far. */
  readonly takenIds: TakenIds
  readonly defaultTimeoutMs: number
  readonly world: World
  readonly onError: (report: ErrorReport) => void
  /** `null` where nothing is repaired. */
  readonly repair: Repair | null
  /** Whether the answer came to the limit of its length: what cannot be read in it was cut. */
  readonly isCut: boolean
  /** What the model was told in this step. */
  readonly messages: readonly Message[]
  /** Aborts when the step is stopped. */
  readonly signal: AbortSignal
}

/**
 * Makes calls of what the model asked for: identity, checks, who runs it, and under which conditions. What it
 * asked for once is one call, unless a repair finds several in it.
 */
export async function prepareCalls(
  wishes: readonly ToolInputEnd[],
  options: PrepareOptions,
): Promise<ReadonlyMap<ToolInputEnd, readonly NewCall[]>> {
  const asked = wishes.map(({ toolCallId }) => toolCallId)
  const source = new CallIdSource(options.takenIds, asked)
  const calls = new Map<ToolInputEnd, readonly NewCall[]>()
  for (const wish of wishes) {
    const { toolCallId, inputText: writtenText } = wish
    const made: NewCall[] = []
    for (const draft of draftsOf(wish, options)) {
      const ids = made.length === 0 ? source.own(toolCallId) : source.further(toolCallId)
      made.push(await prepareCall({ draft, ids, writtenText }, options))
    }
    calls.set(wish, made)
  }
  return calls
}

/** A call that is to be prepared. */
interface Wanted {
  readonly draft: CallDraft
  readonly ids: CallIds
  readonly writtenText: string
}

function draftsOf(
  wish: ToolInputEnd,
  { repair, isCut, offered }: PrepareOptions,
): readonly CallDraft[] {
  const draft = draftOf(wish, isCut)
  return repair ? applyStages(draft, { stages: repair.stages, names: [...offered] }) : [draft]
}

async function prepareCall(wanted: Wanted, options: PrepareOptions): Promise<NewCall> {
  const { toolCallId } = wanted.ids
  let { draft } = wanted
  try {
    const examined = await examine(wanted, options)
    draft = examined.draft
    return {
      ...identity(draft, wanted.ids, options),
      ...(await decide(examined, toolCallId, options)),
    }
  } catch (error) {
    const settled = maskError(error, { toolCallId, toolName: draft.toolName }, options)
    return { ...identity(draft, wanted.ids, options), settled }
  }
}

/** Checks a call, and repairs it where that was asked for. */
async function examine(
  { draft, ids, writtenText }: Wanted,
  options: PrepareOptions,
): Promise<CheckedDraft> {
  const { repair, tools, offered, stale } = options
  const check = (one: CallDraft): Promise<CheckedCall> =>
    checkCall(one, { tools, offered, stale, writtenText })
  if (!repair) return { draft, checked: await check(draft) }
  return repairCall(draft, {
    ...options,
    repair,
    tools: tools
      .list()
      .filter(({ name }) => offered.has(name))
      .map(({ descriptor }) => descriptor),
    toolCallId: ids.toolCallId,
    writtenText,
    check,
  })
}

/** What stands between a call that fits and its run; the first refusal settles the call. */
async function decide(
  { checked }: CheckedDraft,
  toolCallId: string,
  options: PrepareOptions,
): Promise<Partial<NewCall>> {
  if (checked.problem) return { settled: checked.problem.outcome }
  const { tool, value } = checked
  const refusal = await notPermitted(tool, options.principal, options.permissions)
  if (refusal) return { settled: refusal }
  return conditions(tool, { input: value, toolCallId }, options)
}

function identity(
  { toolName, inputText, input, repairs }: CallDraft,
  ids: CallIds,
  { world, defaultTimeoutMs }: PrepareOptions,
): NewCall {
  return {
    callId: world.randomId(),
    ...ids,
    toolName,
    executor: 'server',
    effect: 'once',
    ...(input ? { input } : { inputText }),
    argsHash: sha256(input ? canonicalJson(input) : inputText),
    timeoutMs: defaultTimeoutMs,
    ...(repairs.length > 0 && { repairs }),
  }
}

/** What the tool says of this very input, as its schema gave it back. */
async function conditions(
  tool: AnyTool,
  call: { readonly input: unknown; readonly toolCallId: string },
  options: PrepareOptions,
): Promise<Partial<NewCall>> {
  const { executor } = tool
  const { input, toolCallId } = call
  const keys = conflictKeysOf(tool, input)
  const context = { toolCallId, principal: options.principal }
  const side = typeof executor === 'function' ? executor(input, context) : (executor ?? home(tool))
  const canUndo =
    side === 'server' ? tool.undo !== undefined : options.clientSides.get(tool.name)?.canUndo
  return {
    executor: side,
    ...(canUndo && { canUndo }),
    effect: tool.effect,
    ...(tool.untrusted && { isUntrusted: true }),
    ...definitionOf(tool, options),
    timeoutMs: tool.timeoutMs ?? options.defaultTimeoutMs,
    ...(await question(tool, call, options)),
    ...(keys.length > 0 && { conflictKeys: keys }),
  }
}

/** Which definition the model was told of. */
function definitionOf(
  { name, descriptor: { hash } }: AnyTool,
  { clientSides }: PrepareOptions,
): Partial<NewCall> {
  const side = clientSides.get(name)
  return {
    toolHash: hash,
    ...(side && side.name !== name && { clientToolName: side.name }),
  }
}

/** The question to a person, or the answer that was given before. */
async function question(
  tool: AnyTool,
  { input, toolCallId }: { readonly input: unknown; readonly toolCallId: string },
  { principal, approvals, consents, untrusted, world }: PrepareOptions,
): Promise<Partial<NewCall>> {
  const { approval, name } = tool
  const isNeeded =
    typeof approval === 'function'
      ? await approval(input, { toolCallId, principal, untrusted })
      : approval === true
  const call = { tool, principal, toolName: name, input }
  // Who allowed a tool for longer did not know who would ask for it.
  if (await asksAfterUntrusted({ ...call, untrusted }, approvals))
    return { approvalId: world.randomId() }
  if (!isNeeded) return {}
  const consent = await standingConsent({ ...call, session: consents }, approvals)
  return consent ? { consentId: consent.consentId } : { approvalId: world.randomId() }
}
