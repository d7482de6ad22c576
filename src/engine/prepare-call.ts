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

/** Makes a call of what the model asked for: identity, checks, who runs it, and under which conditions. */
export async function prepareCall(asked: ToolInputEnd, options: PrepareOptions): Promise<NewCall> {
  const base = identity(asked, options)
  try {
    return { ...base, ...(await examine(asked, options)) }
  } catch (error) {
    return { ...base, settled: maskError(error, asked, options) }
  }
}

/** What stands between a model's wish and a run, in this order; the first refusal settles the call. */
async function examine(asked: ToolInputEnd, options: PrepareOptions): Promise<Partial<NewCall>> {
  const { offered, tools } = options
  if (!offered.has(asked.toolName)) return { settled: unknownTool(asked.toolName, options) }
  if (asked.input === undefined) return { settled: unreadable(asked) }
  const tool = tools.get(asked.toolName)
  const checked = await tool.validateInput(asked.input)
  if (checked.issues) return { settled: invalidInput(checked.issues) }
  const missing = await missingPermission(tool, options)
  if (missing !== null) return { settled: notPermitted(missing) }
  return conditions(tool, { input: checked.value, toolCallId: asked.toolCallId }, options)
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

function unreadable({ problem, inputText }: ToolInputEnd): CallOutcome {
  return problem === 'truncated'
    ? {
        state: 'input-invalid',
        errorCode: 'truncated-input',
        errorText: 'Not run: the input was cut off. Send the call again, with a shorter input.',
      }
    : {
        state: 'input-invalid',
        errorCode: 'malformed-input',
        errorText: `Not run: the input is not one JSON object: ${inputText.slice(0, 500)}`,
      }
}

async function missingPermission(
  tool: AnyTool,
  { principal, permissions }: PrepareOptions,
): Promise<string | null> {
  for (const permission of [tool.permission ?? []].flat())
    if (!(await permissions(principal, permission))) return permission
  return null
}

function notPermitted(permission: string): CallOutcome {
  return {
    state: 'denied',
    errorCode: 'not-permitted',
    errorText: `Not run: the user lacks the permission "${permission}".`,
  }
}

/** What the tool says of this very input, as its schema gave it back. */
async function conditions(
  tool: AnyTool,
  { input, toolCallId }: { readonly input: unknown; readonly toolCallId: string },
  { principal, world, defaultTimeoutMs }: PrepareOptions,
): Promise<Partial<NewCall>> {
  const context = { toolCallId, principal }
  const { executor, approval, concurrency } = tool
  const needsApproval =
    typeof approval === 'function' ? await approval(input, context) : approval === true
  const keys = typeof concurrency === 'function' ? [concurrency(input)].flat() : []
  return {
    executor: typeof executor === 'function' ? executor(input, context) : (executor ?? home(tool)),
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
