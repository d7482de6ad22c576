import { type World, canonicalJson, sha256 } from '../base/index.ts'
import { type ErrorReport, invalidInput, maskError } from '../guards/index.ts'
import type { CallOutcome, NewCall, Principal } from '../protocol/index.ts'
import type { AnyTool, ToolRegistry } from '../tools/index.ts'
import type { ToolInputEnd } from './step-content.ts'

export interface PrepareOptions {
  readonly tools: ToolRegistry
  /** Names that the model was offered in this step. */
  readonly offered: ReadonlySet<string>
  readonly principal: Principal | null
  readonly permissions: (
    principal: Principal | null,
    permission: string,
  ) => boolean | Promise<boolean>
  readonly takenIds: Set<string>
  readonly defaultTimeoutMs: number
  readonly world: World
  readonly onError: (report: ErrorReport) => void
}

type Check = (
  tool: AnyTool,
  asked: ToolInputEnd,
  options: PrepareOptions,
) => Promise<CallOutcome | null>

/** What stands between a model's wish and a run, in this order; the first refusal settles the call. */
const checks: readonly Check[] = [checkText, checkInput, checkPermission]

/** Makes a call of what the model asked for: identity, checks, who runs it, and under which conditions. */
export async function prepareCall(asked: ToolInputEnd, options: PrepareOptions): Promise<NewCall> {
  const tool = options.offered.has(asked.toolName) ? options.tools.get(asked.toolName) : null
  const base = identity(asked, options)
  if (!tool) return { ...base, settled: unknownTool(asked.toolName, options) }
  try {
    for (const check of checks) {
      const settled = await check(tool, asked, options)
      if (settled) return { ...base, settled }
    }
    return { ...base, ...(await conditions(tool, asked, options)) }
  } catch (error) {
    return { ...base, settled: maskError(error, asked, options) }
  }
}

function identity(
  asked: ToolInputEnd,
  { world, takenIds, defaultTimeoutMs }: PrepareOptions,
): NewCall {
  const toolCallId = uniqueId(asked.toolCallId, takenIds)
  return {
    callId: world.randomId(),
    toolCallId,
    ...(toolCallId !== asked.toolCallId && { providerToolCallId: asked.toolCallId }),
    toolName: asked.toolName,
    executor: 'server',
    effect: 'once',
    ...(asked.input === undefined ? { inputText: asked.inputText } : { input: asked.input }),
    argsHash: sha256(asked.input === undefined ? asked.inputText : canonicalJson(asked.input)),
    timeoutMs: defaultTimeoutMs,
  }
}

/** Providers may use one id in every answer; here an id is used once in a conversation. */
function uniqueId(wanted: string, taken: Set<string>): string {
  let id = wanted
  for (let n = 2; taken.has(id); n++) id = `${wanted}_${n}`
  taken.add(id)
  return id
}

function unknownTool(name: string, { offered }: PrepareOptions): CallOutcome {
  return {
    state: 'input-invalid',
    errorCode: 'unknown-tool',
    errorText: `There is no tool "${name}". Available: ${[...offered].join(', ') || 'none'}.`,
  }
}

async function checkText(_: AnyTool, asked: ToolInputEnd): Promise<CallOutcome | null> {
  if (asked.input !== undefined) return null
  return asked.problem === 'truncated'
    ? {
        state: 'input-invalid',
        errorCode: 'truncated-input',
        errorText: 'Not run: the input was cut off. Send the call again, with a shorter input.',
      }
    : {
        state: 'input-invalid',
        errorCode: 'malformed-input',
        errorText: `Not run: the input is not one JSON object: ${asked.inputText.slice(0, 500)}`,
      }
}

async function checkInput(tool: AnyTool, asked: ToolInputEnd): Promise<CallOutcome | null> {
  const { issues } = await tool.validateInput(asked.input)
  return issues ? invalidInput(issues) : null
}

async function checkPermission(
  tool: AnyTool,
  _: ToolInputEnd,
  { principal, permissions }: PrepareOptions,
): Promise<CallOutcome | null> {
  for (const permission of [tool.permission ?? []].flat())
    if (!(await permissions(principal, permission)))
      return {
        state: 'denied',
        errorCode: 'not-permitted',
        errorText: `Not run: the user lacks the permission "${permission}".`,
      }
  return null
}

async function conditions(
  tool: AnyTool,
  asked: ToolInputEnd,
  { principal, world, defaultTimeoutMs }: PrepareOptions,
): Promise<Partial<NewCall>> {
  const context = { toolCallId: asked.toolCallId, principal }
  const { executor, approval, concurrency } = tool
  const needsApproval =
    typeof approval === 'function' ? await approval(asked.input, context) : approval === true
  const keys = typeof concurrency === 'function' ? [concurrency(asked.input)].flat() : []
  return {
    executor:
      typeof executor === 'function' ? executor(asked.input, context) : (executor ?? home(tool)),
    effect: tool.effect,
    toolHash: tool.descriptor.hash,
    timeoutMs: tool.timeoutMs ?? defaultTimeoutMs,
    ...(needsApproval && { approvalId: world.randomId() }),
    ...(keys.length > 0 && { conflictKeys: keys }),
    ...(concurrency === 'serial' && { conflictKeys: [tool.name] }),
  }
}

/** A tool runs where its handler is. */
export function home(tool: AnyTool): 'client' | 'server' {
  return tool.execute ? 'server' : 'client'
}
