/**
 * Every stable code of an error that this package throws. A code is never renamed or reused once
 * released; docs/errors.md lists what each means and what to do.
 */
export type ErrorCode =
  | 'INVALID_OPTIONS'
  | 'INVALID_TOOL'
  | 'INVALID_SCHEMA'
  | 'INVALID_CONTEXT'
  | 'DUPLICATE_TOOL'
  | 'UNKNOWN_TOOL'
  | 'INVALID_INPUT'
  | 'JSON_MALFORMED'
  | 'JSON_TRUNCATED'
  | 'JSON_LIMIT'
  | 'MODEL_REQUEST'
  | 'MODEL_NETWORK'
  | 'MODEL_PROTOCOL'
  | 'MODEL_PROVIDER'
  | 'FRAME_INVALID'
  | 'COMMAND_REFUSED'
  | 'STORE_FAILED'
  | 'STORE_NEWER'
  | 'IMPORT_REFUSED'
  | 'LEDGER_FAILED'
  | 'BROKER_FAILED'
  | 'TRANSPORT_CLOSED'
  | 'UNAUTHORIZED'
  | 'TOOL_FAILED'
  | 'TOOL_LEFT_OUT'
  | 'TOOL_REFUSED'
  | 'UNDO_FAILED'
  | 'SUITE_FAILED'
  | 'REPLAY_DIVERGED'
  | 'ABORTED'

/** What an error says beside its message. */
export interface ErrorDetails {
  /** What to do about it, in one sentence. */
  readonly hint?: string
  /** The call that it concerns, where there is one. */
  readonly toolCallId?: string | undefined
  readonly cause?: unknown
}

/** The base of everything that this package throws. Branch on `code`; `message` and `hint` are for people. */
export class ToolwireError extends Error {
  readonly code: string
  readonly hint: string
  readonly toolCallId: string | undefined
  /** A mark, because `instanceof` fails across frames, workers and duplicate bundles. */
  readonly isToolwireError: true = true

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined)
    this.name = new.target.name
    this.code = code
    this.hint = details.hint ?? ''
    this.toolCallId = details.toolCallId
  }
}

/** Whether `value` is a {@link ToolwireError}, also one from another frame or another copy of this package. */
export function isToolwireError(value: unknown): value is ToolwireError {
  return typeof value === 'object' && value !== null && 'isToolwireError' in value
}
