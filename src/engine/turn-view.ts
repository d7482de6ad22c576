import type { Message, ToolPart } from '../protocol/index.ts'
import type { Turn } from '../turn/index.ts'
import type { Conversation } from './conversation.ts'
import { type OfferOptions, offeredTools } from './offered-tools.ts'
import type { EngineOptions, StepView, TurnView } from './options.ts'
import { toldMessages } from './told-messages.ts'
import { turnNeeds } from './turn-needs.ts'

/** What the host may know of a turn between two steps. */
export function turnView(
  { id, state }: Conversation,
  turn: Turn,
  options: OfferOptions & Pick<EngineOptions, 'system'>,
): TurnView {
  const messages = toldMessages(state)
  return {
    conversationId: id,
    turnId: turn.turnId,
    principal: turn.principal,
    messages,
    // Few hosts look at what a long turn would have to be gone through for.
    get steps() {
      return stepsOf(turn, messages)
    },
    get needs() {
      return turnNeeds({
        system: options.system,
        messages,
        tools: offeredTools(state, options),
      })
    },
  }
}

function stepsOf(turn: Turn, messages: readonly Message[]): readonly StepView[] {
  const ofThisTurn = new Set(turn.messages.slice(1).map((message) => message.id))
  return messages
    .filter((message) => ofThisTurn.has(message.id))
    .map((message) => ({
      message,
      calls: message.parts.filter((part): part is ToolPart => part.type === 'tool'),
    }))
}
