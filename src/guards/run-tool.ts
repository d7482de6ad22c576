import { ToolwireError, type World } from '../base/index.ts'
import type { CallOutcome } from '../protocol/index.ts'
import type { AnyTool, ExecuteContext } from '../tools/index.ts'
import { Deadline } from './deadline.ts'
import { type ErrorReport, maskError } from './mask-error.ts'
import { failure, toOutcome } from './outcome.ts'
import { withRetry } from './retry.ts'

/** The call to run, as the executor holds it. */
export interface RunnableCall {
  readonly callId: string
  readonly toolCallId: string
  readonly toolName: string
  readonly input?: unknown
  readonly attempt: number
  readonly timeoutMs: number
}

export interface RunToolOptions {
  readonly world: World
  /** Aborts when the call is cancelled; the handler then has `cancelGraceMs` to hand back what it has. */
  readonly signal: AbortSignal
  readonly cancelGraceMs: number
  readonly progress: (value: unknown) => void
  readonly principal?: unknown
  /** What handlers get as `context`; a function is asked for it, with the principal. */
  readonly context?: unknown
  readonly metadata?: unknown
  readonly credential?: NonNullable<ExecuteContext['credential']>
  /** Gets the full error that model and user see only masked. */
  readonly onError: (report: ErrorReport) => void
}

/**
 * Runs a tool's handler to its one outcome, for server tools and client tools alike: input checked against
 * the original schema, deadline, cancel, retry, output checked and made JSON. Never rejects.
 */
export async function runTool(
  tool: AnyTool,
  call: RunnableCall,
  options: RunToolOptions,
): Promise<CallOutcome> {
  const { execute } = tool
  if (!execute) return failure('unknown-tool', `"${tool.name}" has no handler here.`)
  const checked = await tool.validateInput(call.input)
  // The input was fit when the call was made; at the executor a misfit is a failure like any other.
  if (checked.issues) return { ...invalidInput(checked.issues), state: 'output-error' }

  const deadline = new Deadline(call.timeoutMs, tool.idleTimeoutMs, options)
  const run = async (): Promise<CallOutcome> => {
    const value: unknown = await execute(checked.value, {
      toolCallId: call.toolCallId,
      key: call.callId,
      attempt: call.attempt,
      signal: deadline.signal,
      progress(update: unknown) {
        deadline.touch()
        options.progress(update)
      },
      principal: options.principal,
      context: await contextFor(tool, options),
      metadata: options.metadata,
      ...(options.credential && { credential: options.credential }),
    })
    return toOutcome(tool, value)
  }
  try {
    const outcome = await deadline.race(
      withRetry(run, { tool, world: options.world, signal: deadline.signal }),
    )
    return options.signal.aborted ? afterCancel(outcome) : outcome
  } catch (error) {
    if (deadline.passed) return timedOut(deadline.passed, call.timeoutMs)
    if (options.signal.aborted) return { ...cancelledByUser }
    return maskError(error, call, options)
  } finally {
    deadline.clear()
  }
}

/** The host's context, as the tool's schema has it. */
async function contextFor(
  tool: AnyTool,
  { context, principal }: Pick<RunToolOptions, 'context' | 'principal'>,
): Promise<unknown> {
  const given = isFunction(context) ? await context(principal) : context
  const checked = await tool.validateContext(given)
  if (!checked.issues) return checked.value
  const wrong = checked.issues.map(({ path, message }) => `${path || 'context'}: ${message}`)
  throw new ToolwireError(
    'INVALID_CONTEXT',
    `The context of "${tool.name}" does not fit its contextSchema. ${wrong.join('; ')}`,
    { hint: 'Look at the option "context" of the side that runs the tool.', cause: checked.error },
  )
}

function isFunction(value: unknown): value is (principal: unknown) => unknown {
  return typeof value === 'function'
}

export const cancelledByUser: CallOutcome = {
  state: 'cancelled',
  errorCode: 'cancelled',
  errorText: 'Cancelled by the user.',
}

/** What a handler gave back although it was cancelled is kept, and marked. */
function afterCancel(outcome: CallOutcome): CallOutcome {
  return (outcome.output ?? null) === null
    ? cancelledByUser
    : {
        ...cancelledByUser,
        output: outcome.output,
        errorText: 'Cancelled by the user; the output is what was done until then.',
      }
}

function timedOut(which: 'total' | 'idle', timeoutMs: number): CallOutcome {
  return {
    state: 'timed-out',
    errorCode: 'timed-out',
    errorText:
      which === 'total'
        ? `The tool did not finish within ${timeoutMs} ms. It may have had an effect: check before you repeat it.`
        : 'The tool made no progress for too long. It may have had an effect: check before you repeat it.',
  }
}

/** Why an input does not fit, as the model sees it. */
export function invalidInput(
  issues: readonly { readonly path: string; readonly message: string }[],
): CallOutcome {
  const lines = issues.slice(0, 10).map(({ path, message }) => `${path || 'input'}: ${message}`)
  return {
    state: 'input-invalid',
    errorCode: 'invalid-input',
    errorText: `The input does not fit the schema. ${lines.join('; ')}`,
  }
}
