/**
 * The states of a call, in the order in which a call passes them; a call skips what it does not need.
 * `input-invalid` is reached from the first two, the other terminal states from any that is not terminal.
 */
export const callStates = [
  'input-streaming',
  'input-available',
  'approval-requested',
  'queued',
  'executing',
  'output-available',
  'output-error',
  'denied',
  'cancelled',
  'timed-out',
  'outcome-unknown',
  'input-invalid',
] as const

/** Where a call stands. */
export type CallState = (typeof callStates)[number]

/** States that a call never leaves: a later event changes nothing but the audit log. */
export type TerminalCallState = Exclude<
  CallState,
  'input-streaming' | 'input-available' | 'approval-requested' | 'queued' | 'executing'
>

const firstTerminal = callStates.indexOf('output-available')

/** Whether a call in `state` is settled. */
export function isTerminal(state: CallState): state is TerminalCallState {
  return callStates.indexOf(state) >= firstTerminal
}

/**
 * Why a call did not give an output: data for model, user and UI, never thrown.
 * A handler's `ToolError` may carry a code of its own beside these.
 */
export type CallErrorCode =
  | 'unknown-tool'
  | 'stale-tool'
  | 'invalid-input'
  | 'malformed-input'
  | 'truncated-input'
  | 'invalid-output'
  | 'handler-error'
  | 'not-serializable'
  | 'denied'
  | 'not-permitted'
  | 'approval-expired'
  | 'cancelled'
  | 'timed-out'
  | 'not-started'
  | 'outcome-unknown'
  | 'interrupted'
  | 'not-journaled'
  | 'result-refused'
  | 'repeated-call'
  | 'budget-exceeded'
  | 'input-too-large'
  | 'output-too-large'
  | 'rate-limited'
  | 'circuit-open'
  | 'guard-failed'
