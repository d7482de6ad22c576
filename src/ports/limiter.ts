/** A place within a rate limit that a call asks for. */
export interface LimitRequest {
  /** What is limited: a tool, for a user, a conversation or everybody. */
  readonly key: string
  /** The call. Asking again for the same call takes no second place. */
  readonly id: string
  /** How many calls may take a place within any `windowMs`. */
  readonly limit: number
  readonly windowMs: number
}

/** Whether there was a place, and if not, after how many milliseconds there may be one. */
export type LimitAnswer =
  | { readonly ok: true }
  | { readonly ok: false; readonly retryAfterMs: number }

/**
 * Counts calls. A place is never given back: it is free again when the window has passed, so an executor that
 * dies takes none with it. Where it throws, the call is refused: a brake that is broken is no leave to go on.
 */
export interface Limiter {
  take(request: LimitRequest): LimitAnswer | Promise<LimitAnswer>
}
