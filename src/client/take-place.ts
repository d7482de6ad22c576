import { ToolwireError, type World, isToolwireError, newErrorId } from '../base/index.ts'
import type { ErrorReport } from '../guards/index.ts'
import type { Ledger, LedgerPlace } from '../ports/index.ts'
import { memoryLedger } from './memory-ledger.ts'

/** Who this client is, and what its journal proves. */
export interface Entered {
  readonly place: LedgerPlace
  readonly level: Ledger['level']
}

interface EnterOptions {
  readonly conversationId: string
  readonly world: World
  readonly onError: (report: ErrorReport) => void
}

/** Takes a place in the journal, or in one in memory where that fails. */
export async function takePlace(
  ledger: Ledger,
  { conversationId, world, onError }: EnterOptions,
): Promise<Entered> {
  try {
    return { place: await ledger.enter(conversationId), level: ledger.level }
  } catch (error) {
    // Without a journal nothing runs twice; only what a reload interrupts ends as unknown.
    onError({ errorId: newErrorId(world), error: ledgerFailed(error) })
    return { place: await memoryLedger(world).enter(conversationId), level: 'J0' }
  }
}

/** Browsers throw errors of their own where storage is blocked. */
function ledgerFailed(cause: unknown): ToolwireError {
  if (isToolwireError(cause)) return cause
  return new ToolwireError('LEDGER_FAILED', 'The journal cannot be opened.', {
    cause,
    hint: 'The client goes on with a journal in memory, which does not survive a reload.',
  })
}
