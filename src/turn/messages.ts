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

// A message whose calls stand as they stood is the same one: a long turn is not built anew for each event.
const resolved = new WeakMap<StepMessage, { readonly calls: Calls; readonly message: Message }>()

type Calls = readonly (Call | undefined)[]

function withCalls(message: StepMessage, all: ReadonlyMap<string, Call>): Message {
  const calls = message.parts.map((part) => callOf(part, all))
  const known = resolved.get(message)
  if (known?.calls.every((call, at) => call === calls[at])) return known.message
  const parts = message.parts.flatMap((part, at) => resolve(part, calls[at]))
  const whole = { ...message, parts }
  resolved.set(message, { calls, message: whole })
  return whole
}

function callOf(part: StepPart, all: ReadonlyMap<string, Call>): Call | undefined {
  return part.type === 'call' ? all.get(part.callId) : undefined
}

function resolve(part: StepPart, call: Call | undefined): readonly MessagePart[] {
  if (part.type !== 'call') return [part]
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
