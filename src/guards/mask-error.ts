import { type World, isToolwireError, newErrorId } from '../base/index.ts'
import type { CallOutcome } from '../protocol/index.ts'

/** The full error, for the operator only; model and user got the id. */
export interface ErrorReport {
  readonly errorId: string
  readonly error: unknown
  readonly toolCallId?: string
  readonly toolName?: string
}

/**
 * What a thrown error becomes. A `ToolError` speaks to the model; anything else may hold secrets, so it
 * becomes a generic text with an id, and the error itself goes to the operator.
 */
export function maskError(
  error: unknown,
  call: { readonly toolCallId: string; readonly toolName: string },
  { world, onError }: { readonly world: World; readonly onError: (report: ErrorReport) => void },
): CallOutcome {
  if (isToolwireError(error) && 'messageForModel' in error)
    return {
      state: 'output-error',
      errorCode: error.code === 'TOOL_FAILED' ? 'handler-error' : error.code,
      errorText: String(error.messageForModel),
      ...('forUser' in error &&
        typeof error.forUser === 'string' && { errorForUser: error.forUser }),
    }
  const errorId = newErrorId(world)
  onError({ errorId, error, toolCallId: call.toolCallId, toolName: call.toolName })
  return {
    state: 'output-error',
    errorCode: 'handler-error',
    errorText: `The tool failed (error ${errorId}).`,
  }
}
