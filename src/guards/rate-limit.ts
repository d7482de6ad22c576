import type { Limiter } from '../ports/index.ts'
import { type Guard, type GuardedCall, refusal, refusalFor, seconds, titleOf } from './guard.ts'

/** Refuses a call for which the tool's `rateLimit` has no place left, and says when there will be one. */
export function rateLimit(limiter: Limiter): Guard {
  return async (call, next) => {
    const { tool, callId: id } = call
    if (!tool.rateLimit) return next()
    const { limit, windowMs } = tool.rateLimit
    const answer = await limiter.take({ key: keyOf(call), id, limit, windowMs })
    if (answer.ok) return next()
    const wait = seconds(answer.retryAfterMs)
    const refused = refusal(
      'rate-limited',
      `Not run: "${tool.name}" may run ${limit} times in ${seconds(windowMs)}. Try again in ${wait}, or go on without it.`,
      `"${titleOf(tool)}" was used too often. It can be used again in ${wait}.`,
    )
    return refusalFor(answer.retryAfterMs, refused)
  }
}

function keyOf({ tool, conversationId, principal }: GuardedCall): string {
  switch (tool.rateLimit?.by) {
    case 'user':
      return JSON.stringify([tool.name, 'user', principal?.id ?? null])
    case 'session':
      return JSON.stringify([tool.name, 'session', conversationId])
    default:
      return JSON.stringify([tool.name])
  }
}
