import type { GuardedCall } from '../guards/index.ts'
import type { AnyTool } from '../tools/index.ts'
import { type Call, scopeOf, takenBackBy, untrustedIn } from '../turn/index.ts'
import type { Conversation } from './conversation.ts'

interface CallFrame {
  readonly conversation: Conversation
  readonly tool: AnyTool
  readonly attempt: number
  readonly signal: AbortSignal
}

/** A call as guards see it. */
export function guardedCall(
  call: Call,
  { conversation: { id: conversationId, state }, tool, attempt, signal }: CallFrame,
): GuardedCall {
  const { callId, toolCallId, toolName, argsHash, executor } = call
  const taken = takenBackBy(state, call)
  const { input } = taken ?? call
  return {
    tool,
    callId,
    toolCallId,
    toolName,
    input,
    argsHash,
    attempt,
    executor,
    conversationId,
    principal: scopeOf(state, call)?.principal ?? null,
    untrusted: untrustedIn(state),
    signal,
    ...(taken && { undo: { output: taken.output } }),
  }
}
