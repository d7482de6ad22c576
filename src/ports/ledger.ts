import type { CallOutcome } from '../protocol/index.ts'

/** What a client remembers about one call, so that a reload neither runs it twice nor loses its result. */
export interface LedgerEntry {
  readonly callId: string
  readonly attempt: number
  readonly argsHash: string
  /** Set once the handler was about to run. */
  readonly begun: boolean
  /** Set once the handler ended; offered to the server until it was accepted. */
  readonly outcome?: CallOutcome
}

/** The client's write-ahead journal, shared by all that may run the same calls. */
export interface Ledger {
  /** `J1` survives a reload, `J0` does not: without proof, a call that may have begun is never run again. */
  readonly level: 'J0' | 'J1'
  /** Every entry of a conversation that is not yet acknowledged. */
  entries(conversationId: string): Promise<readonly LedgerEntry[]>
  /** Checks and sets in one step: whether this attempt of the call may begin now, by whoever asks first. */
  begin(conversationId: string, entry: LedgerEntry): Promise<boolean>
  /** Keeps the outcome before it is sent. */
  end(conversationId: string, callId: string, outcome: CallOutcome): Promise<void>
  /** Forgets a call whose outcome the server has. */
  acknowledge(conversationId: string, callId: string): Promise<void>
}
