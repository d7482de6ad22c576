import type { CallSpec, ConversationEvent, EventOf, TurnPolicy } from '../../protocol/index.ts'

const policy: TurnPolicy = {
  maxSteps: 20,
  maxCalls: 100,
  maxTokens: 1_000_000,
  maxRepeats: 5,
  leaseMs: 30_000,
  offerTimeoutMs: 60_000,
  orphanTimeoutMs: 90_000,
  cancelGraceMs: 5_000,
  approvalTimeoutMs: 600_000,
  maxAttempts: 3,
  assign: 'initiator',
}

export function opened(at: number, ownerId = 'owner'): EventOf<'conversation-opened'> {
  return { type: 'conversation-opened', ownerId, logId: `log-${at}`, at }
}

/** `count` events, each of another time. */
export function events(count: number, from = 1): readonly ConversationEvent[] {
  return Array.from({ length: count }, (_, index) => opened(from + index))
}

export interface TurnWith {
  readonly turnId: string
  readonly at: number
  readonly principalId?: string
  readonly toolName?: string
  /** A person is asked, and says yes. */
  readonly isAsked?: boolean
}

export function callOf({ turnId, toolName = 'look_up', isAsked = false }: TurnWith): CallSpec {
  return {
    callId: `call-${turnId}`,
    toolCallId: `tool-${turnId}`,
    toolName,
    turnId,
    step: 1,
    executor: 'server',
    effect: 'once',
    input: { q: 'zero\u0000, half \ud800, ü, 🙂' },
    argsHash: 'hash',
    ...(isAsked && { approvalId: `approval-${turnId}` }),
    timeoutMs: 60_000,
  }
}

/** A turn in which the model calls one tool and then answers: up to the question, where one is asked, and on from it. */
export function turn(spec: TurnWith): {
  readonly asked: readonly ConversationEvent[]
  readonly rest: readonly ConversationEvent[]
} {
  return { asked: upToTheQuestion(spec), rest: fromTheAnswer(spec) }
}

function upToTheQuestion(spec: TurnWith): readonly ConversationEvent[] {
  const { turnId, at, principalId } = spec
  const call = callOf(spec)
  const { callId, approvalId } = call
  const message = {
    id: `user-${turnId}`,
    role: 'user' as const,
    parts: [{ type: 'text' as const, text: 'Look it up.' }],
    metadata: { createdAt: at },
  }
  const principal = principalId === undefined ? {} : { principal: { id: principalId } }
  const asked: readonly ConversationEvent[] = [
    { type: 'turn-started', turnId, message, ...principal, policy, at },
    step(turnId, { number: 1, at: at + 1, parts: [{ type: 'call', callId }] }),
    { type: 'call-created', call, at: at + 1 },
  ]
  if (approvalId === undefined) return asked
  const question = { callId, approvalId, expiresAt: at + 1_000, at: at + 1 }
  return [...asked, { type: 'call-approval-requested', ...question }]
}

function fromTheAnswer(spec: TurnWith): readonly ConversationEvent[] {
  const { turnId, at } = spec
  const { callId, approvalId } = callOf(spec)
  const lease = { epoch: 0, leaseUntil: at + 99, closesAt: at + 99 }
  const rest: readonly ConversationEvent[] = [
    { type: 'call-queued', callId, attempt: 1, expiresAt: at + 99, at: at + 3 },
    { type: 'call-granted', callId, attempt: 1, holder: 'node:a', ...lease, at: at + 4 },
    { type: 'call-renewed', callId, attempt: 1, leaseUntil: at + 199 },
    { type: 'call-settled', callId, state: 'output-available', output: { found: 1 }, at: at + 5 },
    step(turnId, { number: 2, at: at + 6, parts: [{ type: 'text', text: 'Found.' }] }),
    { type: 'turn-finished', turnId, reason: 'stop', at: at + 6 },
  ]
  if (approvalId === undefined) return rest
  const answer = { callId, approvalId, approved: true, by: 'tab', at: at + 2 }
  return [{ type: 'call-decided', ...answer }, ...rest]
}

interface StepWith {
  readonly number: number
  readonly at: number
  readonly parts: EventOf<'step-finished'>['message']['parts']
}

function step(turnId: string, { number, at, parts }: StepWith): EventOf<'step-finished'> {
  return {
    type: 'step-finished',
    turnId,
    step: number,
    message: { id: `${turnId}-${number}`, role: 'assistant', parts, metadata: { createdAt: at } },
    finishReason: number === 1 ? 'tool-calls' : 'stop',
    usage: { totalTokens: 10 },
    at,
  }
}
