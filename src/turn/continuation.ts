import type { TurnEndReason } from '../protocol/index.ts'
import { type Turn, isSettled } from './state.ts'

/** Why a turn ends between two steps, in order of precedence; the first row that holds decides. */
const endings: readonly (readonly [TurnEndReason, (turn: Turn) => boolean])[] = [
  ['stopped', (turn) => turn.stopRequested],
  ['error', (turn) => turn.lastFinish === 'error'],
  ['content-filter', (turn) => turn.lastFinish === 'content-filter'],
  ['length', (turn) => turn.lastFinish === 'length' && !askedForTools(turn)],
  // A pause is of the provider's own work: it goes on when it is asked again, with no call to answer.
  ['stop', (turn) => turn.step > 0 && !askedForTools(turn) && !turn.paused],
  ['repeated-calls', (turn) => turn.repeats > 1],
  ['max-calls', (turn) => turn.calls.length > turn.policy.maxCalls],
  ['max-tokens', (turn) => turn.tokens >= turn.policy.maxTokens || isSpent(turn)],
  ['max-steps', (turn) => turn.step >= turn.policy.maxSteps],
]

/**
 * What follows for a turn as it stands: `wait` while a step runs or a call is open, `step` when the model
 * is to be asked again, else the reason for which the turn is over. The only rule for going on, and it
 * looks at the server's own record alone.
 */
export function continuation(turn: Turn): 'wait' | 'step' | TurnEndReason {
  if (turn.running || !turn.calls.every(isSettled)) return 'wait'
  return endings.find(([, holds]) => holds(turn))?.[0] ?? 'step'
}

function isSpent({ policy, tokens, tokensBefore }: Turn): boolean {
  return tokensBefore + tokens >= (policy.maxConversationTokens ?? Infinity)
}

function askedForTools(turn: Turn): boolean {
  return turn.calls.some((call) => call.step === turn.step)
}
