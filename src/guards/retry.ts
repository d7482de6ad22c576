import { type World, isObject, pause } from '../base/index.ts'
import type { AnyTool } from '../tools/index.ts'

interface RetryOptions {
  readonly tool: AnyTool
  readonly world: World
  readonly signal: AbortSignal
}

/**
 * Runs again what may run again: what an idempotent tool declares as retryable, with growing pauses. Waits
 * on the world's clock, so that a simulation can own it.
 */
export async function withRetry<T>(
  run: () => Promise<T>,
  { tool, world, signal }: RetryOptions,
): Promise<T> {
  const { attempts, minDelayMs, maxDelayMs, when } = retryOf(tool)
  for (let attempt = 1; ; attempt++) {
    try {
      return await run()
    } catch (error) {
      if (attempt >= attempts || signal.aborted || !when(error)) throw error
      await pause(Math.min(maxDelayMs, minDelayMs * 2 ** (attempt - 1)), { world, signal })
    }
  }
}

/** A tool that is neither read-only nor idempotent is never repeated, whatever it declares. */
function retryOf({ retry, effect }: AnyTool): Required<NonNullable<AnyTool['retry']>> {
  const base = { attempts: 1, minDelayMs: 0, maxDelayMs: 0, when: isRetryable }
  return retry && effect === 'idempotent' ? { ...base, ...retry } : base
}

function isRetryable(error: unknown): boolean {
  return isObject(error) && error['retryable'] === true
}
