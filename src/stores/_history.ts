import type { Execution } from '../ports/index.ts'
import type {
  ConversationEvent,
  EventOf,
  Message,
  MessagePart,
  ToolPart,
} from '../protocol/index.ts'

/** An event that brings a message of the conversation. */
export type MessageEvent = EventOf<'turn-started' | 'step-finished'>

export const messageEvents: readonly ConversationEvent['type'][] = ['turn-started', 'step-finished']

/** Ids of the calls that stand in the messages of `events`. */
export function callsIn(events: readonly MessageEvent[]): readonly string[] {
  return events.flatMap(({ message: { parts } }) =>
    parts.flatMap((part) => (part.type === 'call' ? [part.callId] : [])),
  )
}

/** The messages, with each call in its place. */
export function messagesFrom(
  events: readonly MessageEvent[],
  executions: ReadonlyMap<string, Execution>,
): readonly Message[] {
  return events.flatMap(({ message }): readonly Message[] => {
    // A step that failed before it said anything left no message.
    if (message.role === 'assistant' && message.parts.length === 0) return []
    const parts = message.parts.flatMap((part): readonly MessagePart[] => {
      if (part.type !== 'call') return [part]
      const execution = executions.get(part.callId)
      return execution ? [toolPartOf(execution)] : []
    })
    return [{ ...message, parts }]
  })
}

function toolPartOf(execution: Execution): ToolPart {
  const { conversationId: _, principalId, callId, turnId, toolHash, effect, ...rest } = execution
  const { attempts, holder, undoneAt, approval, argsHash, ...said } = rest
  return {
    type: 'tool',
    ...said,
    ...(approval && { approval: { ...answerOf(approval), argsHash } }),
  }
}

function answerOf({
  askedAt,
  expiresAt,
  decidedAt,
  by,
  ...answer
}: NonNullable<Execution['approval']>): Omit<NonNullable<ToolPart['approval']>, 'argsHash'> {
  return answer
}
