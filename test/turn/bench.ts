// A conversation under test: commands go in, and every event that comes out is folded and kept.
import type {
  Command,
  ConversationEvent,
  NewCall,
  ReplyStatus,
  Sender,
  TurnPolicy,
} from '../../src/protocol/index.ts'
import {
  type Call,
  type ConversationState,
  decide,
  emptyConversation,
  evolve,
  findCall,
  isLegal,
} from '../../src/turn/index.ts'

export const policy: TurnPolicy = {
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

export const tab = { clientId: 'tab', epoch: 1 }
export const otherTab = { clientId: 'other-tab', epoch: 1 }
export const node = { clientId: 'node:a', epoch: 0 }

let counter = 0

export function newCall(change: Partial<NewCall> = {}): NewCall {
  const callId = change.callId ?? `call-${++counter}`
  return {
    callId,
    toolCallId: `tc-${callId}`,
    toolName: 'edit',
    executor: 'client',
    effect: 'once',
    input: { callId },
    argsHash: `hash-${callId}`,
    timeoutMs: 120_000,
    ...change,
  }
}

export class Bench {
  state: ConversationState = emptyConversation
  log: ConversationEvent[] = []
  now = 1_000
  step = 0

  do(command: Command): ReplyStatus {
    const { events, reply } = decide(this.state, command, this.now)
    for (const event of events) {
      if (!isLegal(this.state, event)) throw new Error(`decide made an illegal ${event.type}`)
      this.state = evolve(this.state, event)
      this.log.push(event)
    }
    return reply
  }

  /** Starts a turn on behalf of the tab, which offers the tool `edit`. */
  start(change: Partial<TurnPolicy> = {}, turnId = 'turn-1'): this {
    this.do({ type: 'open', ownerId: 'me', logId: 'log' })
    for (const from of [tab, otherTab])
      this.do({ type: 'sync', hash: 'h', tools: [{ name: 'edit', hash: 'x' }], from })
    const message = {
      id: `message-of-${turnId}`,
      role: 'user' as const,
      parts: [{ type: 'text' as const, text: 'Hi' }],
      metadata: {},
    }
    this.do({ type: 'start', turnId, message, clientId: 'tab', policy: { ...policy, ...change } })
    return this
  }

  /** The model answers with `calls`. */
  model(
    calls: readonly NewCall[] = [],
    finishReason: 'stop' | 'tool-calls' | 'length' | 'error' | 'content-filter' = calls.length > 0
      ? 'tool-calls'
      : 'stop',
  ): this {
    const { turn } = this.state
    if (!turn) throw new Error('no turn')
    const messageId = `${turn.turnId}-step-${turn.step + 1}`
    this.do({
      type: 'step-begin',
      turnId: turn.turnId,
      step: turn.step + 1,
      messageId,
      owner: 'node:a',
    })
    this.do({
      type: 'step-commit',
      turnId: turn.turnId,
      messageId,
      parts: [
        { type: 'text', text: 'Well.' },
        ...calls.map(({ callId }) => ({ type: 'call' as const, callId })),
      ],
      metadata: {},
      calls,
      finishReason,
      usage: { totalTokens: 10 },
    })
    return this
  }

  claim(callId: string, from: Sender = tab, attempt = 1): ReplyStatus {
    return this.do({ type: 'claim', callId, attempt, n: 1, from })
  }

  result(callId: string, from: Sender = tab, attempt = 1, output: unknown = 'done'): ReplyStatus {
    const argsHash = this.call(callId)?.argsHash ?? `hash-${callId}`
    return this.do({
      type: 'result',
      callId,
      attempt,
      argsHash,
      state: 'output-available',
      output,
      from,
    })
  }

  /** Claims and finishes a call. */
  run(callId: string, from: Sender = tab): this {
    this.claim(callId, from)
    this.result(callId, from)
    return this
  }

  wait(ms: number): this {
    this.now += ms
    this.do({ type: 'tick' })
    return this
  }

  call(callId: string): Call | undefined {
    return findCall(this.state, callId)
  }

  stateOf(callId: string): string | undefined {
    const call = this.call(callId)
    if (call) return call.phase.state
    const settled = this.settled(callId)
    return settled[0]
  }

  settled(callId: string): string[] {
    return this.log.flatMap((event) =>
      event.type === 'call-settled' && event.callId === callId ? [event.state] : [],
    )
  }
}
