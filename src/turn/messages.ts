import {
  type Message,
  type MessagePart,
  type StepMessage,
  type ToolPart,
  isTerminal,
} from '../protocol/index.ts'
import { archiveFacts } from './archive.ts'
import { type Call, type ConversationState, type Turn, isSettled } from './state.ts'

/** Every message of the conversation, with the calls of the running turn as they stand. */
export function messagesOf(state: ConversationState): readonly Message[] {
  const known = remembered.get(state)
  if (known) return known
  const messages = state.turn ? state.messages.concat(archiveTurn(state.turn)) : state.messages
  remembered.set(state, messages)
  return messages
}

// Text streams by the delta while the state stands still, and each delta shows every message.
const remembered = new WeakMap<ConversationState, readonly Message[]>()

/** The message `id`, with its calls as they stand. */
export function findMessage(
  { messages, turn }: ConversationState,
  id: string,
): Message | undefined {
  const isMeant = (message: Message): boolean => message.id === id
  return archiveTurn(turn).findLast(isMeant) ?? messages.findLast(isMeant)
}

/** Whether a turn has begun, or waits, with the message `id`, or the model said it in one that is over. */
export function knowsMessage({ messages, turn, queue }: ConversationState, id: string): boolean {
  return (
    turn?.messages[0].id === id ||
    queue.some(({ message }) => message.id === id) ||
    idsBefore(messages).has(id)
  )
}

const idsBefore = archiveFacts(
  () => new Set<string>(),
  (ids, { id }) => ids.add(id),
)

/** Names of the tools by which text of strangers came into the conversation, each once. */
export function untrustedIn({ messages, turn }: ConversationState): readonly string[] {
  const names = new Set(untrustedBefore(messages))
  for (const message of archiveTurn(turn)) noteUntrusted(names, message)
  return [...names]
}

const untrustedBefore = archiveFacts(() => new Set<string>(), noteUntrusted)

function noteUntrusted(names: Set<string>, { parts }: Message): void {
  for (const part of parts)
    if (part.type === 'tool' && part.isUntrusted && hasGiven(part)) names.add(part.toolName)
}

/** A failure may quote what strangers wrote as well as an output does. */
function hasGiven({ state, timings }: ToolPart): boolean {
  return isTerminal(state) && timings.startedAt !== undefined
}

/** The messages of a turn with each call in its place. */
export function archiveTurn(turn: Turn | null): readonly Message[] {
  if (!turn) return []
  const known = archived.get(turn)
  if (known) return known
  const [first, ...steps] = turn.messages
  const messages: Message[] = [first]
  for (const message of steps)
    // A step that failed before it said anything left no message.
    if (message.parts.length > 0) messages.push(withCalls(message, turn.calls))
  archived.set(turn, messages)
  return messages
}

// Several ask for it in every step.
const archived = new WeakMap<Turn, readonly Message[]>()

// A message whose calls stand as they stood is the same one: a long turn is not built anew for each event.
const resolved = new WeakMap<StepMessage, Resolved>()

interface Resolved {
  /** The calls of the message, by where they are among those of the turn. */
  readonly calls: ReadonlyMap<number, Call>
  readonly message: Message
}

function withCalls(message: StepMessage, all: readonly Call[]): Message {
  const known = resolved.get(message)
  if (known && standsStill(known, all)) return known.message
  const calls = new Map<number, Call>()
  const parts = message.parts.flatMap((part): readonly MessagePart[] => {
    if (part.type !== 'call') return [part]
    const at = all.findLastIndex(({ callId }) => callId === part.callId)
    const call = all[at]
    if (call) calls.set(at, call)
    return call ? [toolPart(call)] : []
  })
  const whole = { ...message, parts }
  // A call may still be created.
  if (parts.length === message.parts.length) resolved.set(message, { calls, message: whole })
  return whole
}

function standsStill({ calls }: Resolved, all: readonly Call[]): boolean {
  for (const [at, call] of calls) if (all[at] !== call) return false
  return true
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
    ...(call.isUntrusted && { isUntrusted: true }),
    timings: call.timings,
    ...(isSettled(call) ? call.phase : { state: phase.state }),
  }
}
