import { type ErrorReport, checkOutput, withModelView } from '../guards/index.ts'
import type { ClientGrants } from '../engine/index.ts'
import type { World } from '../base/index.ts'
import type { CallOutcome, Principal, ResultCommand, Sender } from '../protocol/index.ts'
import type { AnyTool, ToolRegistry } from '../tools/index.ts'
import type { Call } from '../turn/index.ts'
import type { Trust } from './trust.ts'

/** What the outcome of a client is judged with. */
export interface ResultContext {
  readonly sender: Sender
  readonly principal: Principal
  readonly tools: ToolRegistry
  readonly trust: Trust
  readonly grants: ClientGrants
  readonly world: World
  readonly onError: (report: ErrorReport) => void
}

/** Error texts of clients reach the model, so they are kept short. */
const maxErrorChars = 2_000

/**
 * A client's result is input like any other: checked here against the definition that the server goes by, and
 * guarded. What the model sees of an output is never the client's to say.
 */
export async function checkResult(
  command: ResultCommand,
  call: Call | undefined,
  context: ResultContext,
): Promise<CallOutcome> {
  const { grants, sender, tools, trust } = context
  const { callId, attempt, holder = sender.clientId } = command
  const said = outcomeOf(command)
  const tool = call ? toolOf(call, tools, trust) : null
  if (!call || !tool) return said
  const isOutput = said.output !== undefined && call.undoOf === undefined
  const checked = isOutput ? await checkedOutput(tool, said) : said
  // Only who holds the call ends it.
  const { phase } = call
  const isHolder = phase.state === 'executing' && phase.holder === holder
  const outcome = isHolder ? await grants.finish(callId, attempt, checked) : checked
  return viewed(call, outcome, context)
}

/** An outcome with what the model is to see of it. */
export async function viewed(
  call: Call,
  outcome: CallOutcome,
  { tools, trust, principal, world, onError, grants }: ResultContext,
): Promise<CallOutcome> {
  const tool = toolOf(call, tools, trust)
  if (!tool || call.undoOf !== undefined) return outcome
  const { toolCallId } = call
  const { maxModelOutputChars } = grants
  const context = { toolCallId, principal, world, onError, maxModelOutputChars }
  return withModelView(tool, outcome, context)
}

/** The definition by which a call is judged: the server's own, or the one that it accepted. */
export function toolOf(
  { toolName, toolHash }: Pick<Call, 'toolName' | 'toolHash'>,
  tools: ToolRegistry,
  { declared }: Pick<Trust, 'declared'>,
): AnyTool | null {
  const own = tools.has(toolName) ? tools.get(toolName) : null
  if (own && (toolHash === undefined || own.descriptor.hash === toolHash)) return own
  return (toolHash === undefined ? null : declared.find(toolHash)) ?? own
}

async function checkedOutput(tool: AnyTool, said: CallOutcome): Promise<CallOutcome> {
  const checked = await checkOutput(tool, said.output)
  return checked.state === 'output-available' ? said : checked
}

function outcomeOf({
  state,
  output,
  errorCode,
  errorText,
  errorForUser,
  retryAfterMs,
}: CallOutcome): CallOutcome {
  return {
    state,
    ...(output !== undefined && { output }),
    ...(errorCode !== undefined && { errorCode }),
    ...(errorText !== undefined && { errorText: errorText.slice(0, maxErrorChars) }),
    ...(errorForUser !== undefined && { errorForUser: errorForUser.slice(0, maxErrorChars) }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  }
}
