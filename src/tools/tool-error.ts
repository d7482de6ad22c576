import { ToolwireError } from '../base/index.ts'

export interface ToolErrorDetails {
  /** What people see instead of the message for the model. */
  readonly forUser?: string
  /** Whether another attempt may succeed. */
  readonly retryable?: boolean
  /** A code of the tool's own, for programs. */
  readonly code?: string
  readonly cause?: unknown
}

/**
 * What a handler throws to speak to the model, and to people. Any other error may hold secrets, so of that
 * both see only that the tool failed, and an id.
 */
export class ToolError extends ToolwireError {
  readonly messageForModel: string
  readonly forUser: string | undefined
  readonly retryable: boolean
  /** What the tool gave, which is also the call's `errorCode`; else `TOOL_FAILED`. */
  override readonly code: string

  constructor(messageForModel: string, details: ToolErrorDetails = {}) {
    const { forUser, retryable = false, code = 'TOOL_FAILED' } = details
    super('TOOL_FAILED', messageForModel, {
      hint: 'The message is written for the model; forUser is for people.',
      ...('cause' in details && { cause: details.cause }),
    })
    this.messageForModel = messageForModel
    this.forUser = forUser
    this.retryable = retryable
    this.code = code
  }
}
