import type { World } from '../base/index.ts'
import type { CallOutcome } from '../protocol/index.ts'
import type { AnyTool, UndoContext } from '../tools/index.ts'
import { Deadline } from './deadline.ts'
import { type ErrorReport, maskError } from './mask-error.ts'

/** The call to take back. */
export interface UndoneCall {
  readonly toolCallId: string
  readonly toolName: string
  readonly output: unknown
  readonly timeoutMs: number
}

export interface RunUndoOptions {
  readonly world: World
  readonly signal: AbortSignal
  readonly cancelGraceMs: number
  readonly onError: (report: ErrorReport) => void
}

/** Why a call was not taken back. */
export type UndoFailure = Pick<CallOutcome, 'errorText' | 'errorForUser'> & {
  readonly errorCode: string
}

/** Runs a tool's `undo`; `null` where it took the call back. Never rejects. */
export async function runUndo(
  tool: AnyTool,
  { output, timeoutMs, ...call }: UndoneCall,
  { context, ...options }: RunUndoOptions & { readonly context: Omit<UndoContext, 'signal'> },
): Promise<UndoFailure | null> {
  const { undo } = tool
  if (!undo)
    return { errorCode: 'unknown-tool', errorText: `"${tool.name}" cannot take back here.` }
  const deadline = new Deadline(timeoutMs, undefined, options)
  const run = async (): Promise<void> =>
    void (await undo(output, { ...context, signal: deadline.signal }))
  try {
    await deadline.race(run())
    return null
  } catch (error) {
    if (deadline.passed || options.signal.aborted) return undoUnknown
    const { errorCode = 'handler-error', errorText, errorForUser } = maskError(error, call, options)
    return {
      errorCode: errorCode === 'changed' ? 'undo-conflict' : errorCode,
      ...(errorText !== undefined && { errorText }),
      ...(errorForUser !== undefined && { errorForUser }),
    }
  } finally {
    deadline.clear()
  }
}

const undoUnknown: UndoFailure = {
  errorCode: 'undo-unknown',
  errorText: 'Taking the call back did not end in time. It may or may not be undone.',
}
