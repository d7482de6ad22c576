import type { Message, MessagePart, StepMessage, StepPart, ToolPart } from '../protocol/index.ts'
import { type Call, type ConversationState, type Turn, isSettled } from './state.ts'

/** Every message of the conversation, with the calls of the running turn as they stand. */
export function messagesOf(state: ConversationState): readonly Message[] {
  const known = remembered.get(state)
  if (known) return known
  const messages = state.turn ? [...state.messages, ...archiveTurn(state.turn)] : state.messages
  remembered.set(state, messages)
  return messages
}

// Text streams by the delta while the state stands still, and each delta shows every message.
const remembered = new WeakMap<ConversationState, readonly Message[]>()

/** The messages of a turn with each call in its place. */
export function archiveTurn(turn: Turn | null): readonly Message[] {
  if (!turn) return []
  const calls = new Map(turn.calls.map((call) => [call.callId, call]))
  const [first, ...steps] = turn.messages
  // A step that failed before it said anything left no message.
  const said = steps.filter((message) => message.parts.length > 0)
  return [first, ...said.map((message) => withCalls(message, calls))]
}

function withCalls(message: StepMessage, calls: ReadonlyMap<string, Call>): Message {
  return { ...message, parts: message.parts.flatMap((part) => resolve(part, calls)) }
}

function resolve(part: StepPart, calls: ReadonlyMap<string, Call>): readonly MessagePart[] {
  if (part.type !== 'call') return [part]
  const call = calls.get(part.callId)
  return call ? [toolPart(call)] : []
}

/** A call as it stands in a message, for models and people; nothing of leases and holders. */
export function toolPart(call: Call): ToolPart {
  const { phase, approval } = call
  return {
    type: 'tool',
    toolCallId: call.toolCallId,
    ...(call.providerToolCallId !== undefined && { providerToolCallId: call.providerToolCallId }),
    toolName: call.toolName,
    ...(call.input !== undefined && { input: call.input }),
    ...(call.inputText !== undefined && { inputText: call.inputText }),
    ...(call.repairs && { repairs: call.repairs }),
    ...(approval && { approval: { ...approval, argsHash: call.argsHash } }),
    executor: call.executor,
    timings: call.timings,
    ...(isSettled(call) ? call.phase : { state: phase.state }),
  }
}
