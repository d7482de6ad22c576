import type { CallOutcome, Principal } from '../protocol/index.ts'
import type { AnyTool, Awaitable } from '../tools/index.ts'

/** A call that is about to run, as its guards see it. */
export interface GuardedCall {
  readonly tool: AnyTool
  /** Ours; equal for every attempt at this call. */
  readonly callId: string
  readonly toolCallId: string
  readonly toolName: string
  readonly input?: unknown
  /** Hash of the input. */
  readonly argsHash: string
  readonly attempt: number
  /** The side that runs it. */
  readonly executor: 'client' | 'server'
  /** Set where a call of this input is taken back; `output` is what it gave then. */
  readonly undo?: { readonly output: unknown }
  readonly conversationId: string
  /** On whose behalf; `null` on a client, which has one user only. */
  readonly principal: Principal | null
  /** Names of the tools by which text of strangers came into the conversation so far. */
  readonly untrusted: readonly string[]
  /** Aborts when the call is cancelled. */
  readonly signal: AbortSignal
}

/**
 * Stands between a call and what runs it: goes on with `next()`, whose outcome it may change, or refuses with
 * an outcome of its own. `next` runs the call once, however often it is called. A guard that throws a
 * `ToolError` refuses in its words; with any other error the call is refused, and `onError` gets the error.
 */
export type Guard = (call: GuardedCall, next: () => Promise<CallOutcome>) => Awaitable<CallOutcome>

/** A refusal that holds for a while. */
export function refusalFor(retryAfterMs: number, refused: CallOutcome): CallOutcome {
  return { ...refused, retryAfterMs: Math.max(1, Math.ceil(retryAfterMs)) }
}

/** An outcome that says why a call was not run, or its result not kept; `forUser` names what people know. */
export function refusal(errorCode: string, errorText: string, forUser: string): CallOutcome {
  return { state: 'output-error', errorCode, errorText, errorForUser: forUser }
}

/** What people call a tool. */
export function titleOf({ descriptor, name }: AnyTool): string {
  return descriptor.title ?? name
}

/** A wait as people read it, never shorter than it is. */
export function seconds(ms: number): string {
  const whole = Math.max(1, Math.ceil(ms / 1_000))
  return whole === 1 ? '1 second' : `${whole} seconds`
}
