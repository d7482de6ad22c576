import type { GuardedCall } from '../guards/index.ts'
import type { AnyTool } from '../tools/index.ts'
import type { Call } from '../turn/index.ts'
import type { Conversation } from './conversation.ts'

interface CallFrame {
  readonly conversation: Conversation
  readonly tool: AnyTool
  readonly attempt: number
  readonly signal: AbortSignal
}

/** A call of the running turn, as guards see it. */
export function guardedCall(
  { callId, toolCallId, toolName, input, argsHash, executor }: Call,
  { conversation, tool, attempt, signal }: CallFrame,
): GuardedCall {
  return {
    tool,
    callId,
    toolCallId,
    toolName,
    input,
    argsHash,
    attempt,
    executor,
    conversationId: conversation.id,
    principal: conversation.state.turn?.principal ?? null,
    signal,
  }
}
