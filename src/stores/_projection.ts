import type { Execution, StoredApproval, StoredConversation } from '../ports/index.ts'
import {
  type CallSpec,
  type CallTimings,
  type ConversationEvent,
  type EventOf,
  type EventType,
  isAuditLog,
  isTerminal,
} from '../protocol/index.ts'

/** What follows from a log so far; of the calls, those that are loaded. */
export interface Projection {
  conversation: StoredConversation
  readonly executions: Map<string, Execution>
}

export function emptyProjection(id: string): Projection {
  const counts = { version: 0, createdAt: 0, updatedAt: 0, turns: 0, tokens: 0 }
  return { conversation: { id, ownerId: null, ...counts, turn: null }, executions: new Map() }
}

/**
 * Takes in the next event. Pure folding, as in the core: what comes too late changes nothing, and neither does
 * an event that this version does not know.
 */
export function project(to: Projection, event: ConversationEvent): void {
  const { conversation } = to
  const at = 'at' in event ? event.at : conversation.updatedAt
  to.conversation = {
    ...conversation,
    version: conversation.version + 1,
    createdAt: conversation.createdAt || at,
    updatedAt: Math.max(conversation.updatedAt, at),
  }
  // What an audit's log holds are no events of a conversation, though a word of theirs may be the same.
  if (isAuditLog(conversation.id)) return
  // The table is keyed by the event's own type, which TypeScript cannot follow through the lookup.
  const step = steps[event.type] as ((to: Projection, event: ConversationEvent) => void) | undefined
  step?.(to, event)
}

/** The calls of which `project` has to know to take in `events`. */
export function callsOf(events: readonly ConversationEvent[]): readonly string[] {
  const ids = events.flatMap((event) => {
    if (!Object.hasOwn(steps, event.type)) return []
    if (event.type === 'undo-finished') return [event.target]
    if (event.type === 'call-created') return [event.call.callId]
    return 'callId' in event ? [event.callId] : []
  })
  return [...new Set(ids)]
}

type Steps = { readonly [T in EventType]?: (to: Projection, event: EventOf<T>) => void }

const steps: Steps = {
  'conversation-opened': (to, { ownerId }) => {
    if (to.conversation.ownerId === null) inConversation(to, { ownerId })
  },
  'turn-started': (to, { turnId, principal }) => {
    const { turn, turns } = to.conversation
    if (turn) return
    inConversation(to, { turn: { turnId, principalId: principal?.id ?? null }, turns: turns + 1 })
  },
  'step-finished': (to, { usage }) =>
    inConversation(to, { tokens: to.conversation.tokens + (usage.totalTokens ?? 0) }),
  'turn-finished': (to, { turnId }) => {
    if (to.conversation.turn?.turnId === turnId) inConversation(to, { turn: null })
  },
  'call-created': (to, { call, at }) => {
    const { conversation, executions } = to
    if (!conversation.turn || executions.has(call.callId)) return
    executions.set(call.callId, {
      conversationId: conversation.id,
      principalId: conversation.turn.principalId,
      ...saidOf(call),
      state: 'input-available',
      attempts: 0,
      timings: { createdAt: at },
      // A consent from before is the answer to this question too.
      ...(call.consentId !== undefined && {
        approval: { approvalId: call.consentId, approved: true },
      }),
    })
  },
  'call-repaired': (to, { type: _, at: __, callId, ...repair }) =>
    inCall(to, callId, ({ repairs = [] }) => ({ repairs: [...repairs, repair] })),
  'call-approval-requested': (to, { callId, approvalId, expiresAt, at }) =>
    inCall(to, callId, () => ({
      state: 'approval-requested',
      approval: { approvalId, askedAt: at, expiresAt },
    })),
  'call-decided': (to, { type: _, callId, at, ...decision }) =>
    inCall(to, callId, ({ approval }) => ({
      approval: { ...timesOf(approval), ...decision, decidedAt: at },
    })),
  'call-edited': (to, { callId, input, argsHash }) =>
    inCall(to, callId, ({ approval }) => ({
      state: 'input-available',
      input,
      argsHash,
      ...(approval && { approval: { ...approval, isEdited: true as const } }),
    })),
  'call-queued': (to, { callId, at }) =>
    inCall(to, callId, ({ timings }) => ({
      state: 'queued',
      timings: { ...timings, queuedAt: at },
    })),
  'call-granted': (to, { callId, holder, at }) =>
    inCall(to, callId, ({ attempts, timings }) => ({
      state: 'executing',
      attempts: attempts + 1,
      holder,
      timings: { ...timings, startedAt: at },
    })),
  'call-settled': (to, { type: _, callId, at, ...outcome }) =>
    inCall(to, callId, ({ timings }) => ({
      ...outcome,
      timings: { ...timings, finishedAt: at } satisfies CallTimings,
    })),
  'undo-finished': ({ executions }, { target, errorCode, at }) => {
    const call = executions.get(target)
    if (call && errorCode === undefined) executions.set(target, { ...call, undoneAt: at })
  },
}

function inConversation(to: Projection, change: Partial<StoredConversation>): void {
  to.conversation = { ...to.conversation, ...change }
}

function inCall(to: Projection, callId: string, change: (call: Execution) => Partial<Execution>) {
  const call = to.executions.get(callId)
  if (call && !isTerminal(call.state)) to.executions.set(callId, { ...call, ...change(call) })
}

function saidOf(call: CallSpec) {
  const { callId, turnId, toolCallId, toolName, executor, effect, argsHash } = call
  const { providerToolCallId, toolHash, input, inputText } = call
  return {
    callId,
    turnId,
    toolCallId,
    toolName,
    executor,
    effect,
    argsHash,
    ...(providerToolCallId !== undefined && { providerToolCallId }),
    ...(toolHash !== undefined && { toolHash }),
    ...(input !== undefined && { input }),
    ...(inputText !== undefined && { inputText }),
  }
}

function timesOf(approval: StoredApproval | undefined): Pick<StoredApproval, 'askedAt'> {
  const { askedAt, expiresAt } = approval ?? {}
  return {
    ...(askedAt !== undefined && { askedAt }),
    ...(expiresAt !== undefined && { expiresAt }),
  }
}
