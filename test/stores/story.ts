import type { ConversationEvent } from '../../src/protocol/index.ts'
import { policy } from '../turn/bench.ts'

/** The commits of one turn with one call: each has several events that belong together. */
export function storyOf(turnId: string): readonly (readonly ConversationEvent[])[] {
  const callId = `call-of-${turnId}`
  const at = 1_000
  const message = {
    id: `m-${turnId}`,
    role: 'user' as const,
    parts: [{ type: 'text' as const, text: 'Hi' }],
    metadata: {},
  }
  return [
    [{ type: 'turn-started', turnId, message, policy, at }],
    [
      {
        type: 'step-finished',
        turnId,
        step: 1,
        message: {
          id: `s-${turnId}`,
          role: 'assistant',
          parts: [{ type: 'call', callId }],
          metadata: {},
        },
        finishReason: 'tool-calls',
        usage: { totalTokens: 1 },
        at,
      },
      {
        type: 'call-created',
        call: {
          callId,
          toolCallId: `t-${callId}`,
          toolName: 'edit',
          turnId,
          step: 1,
          executor: 'server',
          effect: 'once',
          input: { text: 'x'.repeat(2_000) },
          argsHash: 'h',
          timeoutMs: 1,
        },
        at,
      },
      { type: 'call-queued', callId, attempt: 1, expiresAt: at, at },
    ],
    [
      { type: 'call-settled', callId, state: 'output-available', output: 'done', at },
      { type: 'turn-finished', turnId, reason: 'stop', at },
    ],
  ]
}
