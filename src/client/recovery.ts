import type { LedgerEntry, LedgerPlace } from '../ports/index.ts'
import type { CallOutcome, ClientCommand, ReplyFrame } from '../protocol/index.ts'
import { handIn } from './hand-in.ts'

interface RecoveryOptions {
  readonly place: LedgerPlace
  readonly request: (command: ClientCommand) => Promise<ReplyFrame>
  readonly onRefused: (error: unknown) => void
}

/**
 * Settles what dead realms left in the journal: a finished result is handed in, and of a handler that was
 * interrupted only one that may run again is offered again.
 */
export async function recover(options: RecoveryOptions): Promise<void> {
  const { place } = options
  for (const entry of await place.orphans()) {
    await settle(entry, options)
    await place.acknowledge(entry.callId, entry.attempt)
  }
}

async function settle(entry: LedgerEntry, options: RecoveryOptions): Promise<void> {
  const { callId, attempt, argsHash, clientId: holder } = entry
  if (!entry.outcome && entry.effect === 'idempotent') {
    await options.request({ type: 'release', callId, attempt, holder })
    return
  }
  // Like every outcome, it is written down before it is sent: the next life must not say otherwise.
  if (!entry.outcome) await options.place.end(callId, attempt, interrupted)
  const outcome = entry.outcome ?? interrupted
  await handIn({ type: 'result', callId, attempt, argsHash, holder, ...outcome }, options)
}

const interrupted: CallOutcome = {
  state: 'outcome-unknown',
  errorCode: 'interrupted',
  errorText:
    'The page or worker that ran this tool ended before the tool did. The call may or may not have had its effect: do not assume either, check before you repeat it.',
}
