import type { CallScope } from '../turn/index.ts'

/** What a client is when several could run the same call. */
export interface Claimant {
  readonly clientId: string
  readonly name: string | undefined
  /** Whether the user is looking at this client. */
  isFocused(): boolean
}

/** What the preferred client has for its claim before others ask, too. */
const headStartMs = 250

/**
 * How long to wait before claiming a call; `null` where the call is not for this client. Who
 * waits is only polite: whatever happens, the server grants one.
 */
export function claimDelayMs({ policy, clientId }: CallScope, claimant: Claimant): number | null {
  const { assign } = policy
  if (typeof assign === 'object') return assign.client === claimant.name ? 0 : null
  const isPreferred =
    assign === 'initiator'
      ? (clientId ?? claimant.clientId) === claimant.clientId
      : assign === 'any' || claimant.isFocused()
  return isPreferred ? 0 : headStartMs
}
