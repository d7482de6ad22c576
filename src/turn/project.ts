import {
  type ConversationEvent,
  type EventOf,
  type Message,
  type StepMessage,
  type TurnRequest,
} from '../protocol/index.ts'
import { type ConversationState, type Turn, emptyConversation } from './state.ts'

/** What a client may see of an event: no principal, no opaque state of a provider. */
export function projectEvent(event: ConversationEvent): ConversationEvent {
  switch (event.type) {
    case 'turn-queued':
    case 'turn-started':
      return withoutPrincipal(event)
    case 'step-finished':
      return { ...event, message: shown(event.message) }
    case 'undo-requested':
      return withoutPrincipal(event)
    case 'catalog-changed':
      return withoutTools(event)
    default:
      return event
  }
}

/** What a client may see of the whole state, as JSON. */
export function projectState(state: ConversationState): unknown {
  const { catalogs: _, ...rest } = state
  return {
    ...rest,
    messages: state.messages.map(shown),
    queue: state.queue.map(withoutPrincipal),
    undoQueue: state.undoQueue.map(withoutPrincipal),
    turn: state.turn && projectTurn(state.turn),
  }
}

/** The state that {@link projectState} made. */
export function restoreState(projected: unknown): ConversationState {
  // Made by projectState of the same protocol version, which the handshake has checked.
  return { ...emptyConversation, ...(projected as ConversationState) }
}

function projectTurn(turn: Turn): Turn {
  const [first, ...steps] = turn.messages
  return { ...turn, principal: null, messages: [first, ...steps.map(shown)] }
}

function shown<T extends Message | StepMessage>(message: T): T {
  const parts = message.parts.filter((part) => part.type !== 'provider-state')
  return parts.length === message.parts.length ? message : { ...message, parts }
}

function withoutTools({
  capabilities: _,
  refused: __,
  ...event
}: EventOf<'catalog-changed'>): ConversationEvent {
  return { ...event, tools: [] }
}

function withoutPrincipal<T extends Pick<TurnRequest, 'principal'>>(request: T): T {
  const { principal: _, ...rest } = request
  // Only an optional field is gone.
  return rest as T
}
