import type { CallOutcome } from '../protocol/index.ts'

/** What a client wrote down about one call, so that a reload neither runs it twice nor loses its result. */
export interface LedgerEntry {
  readonly callId: string
  readonly attempt: number
  readonly argsHash: string
  /** `once` must not begin again after this entry, `idempotent` may. */
  readonly effect: 'once' | 'idempotent'
  /** The client that was granted the call. */
  readonly clientId: string
  /** Set once the handler ended; offered to the server until it is accepted. */
  readonly outcome?: CallOutcome
}

/**
 * The write-ahead journal of the tool side: one for all tabs, frames and workers that share a storage, so
 * that the results of one that died are handed in by another.
 */
export interface Ledger {
  /** `J1` survives a reload, `J0` does not: without proof, a call that may have begun is never run again. */
  readonly level: 'J0' | 'J1'
  /**
   * Takes up a place in a conversation.
   * @throws {@link ToolwireError} `LEDGER_FAILED` where the storage cannot be used.
   */
  enter(conversationId: string): Promise<LedgerPlace>
}

/** The place of one living client in one conversation. Every write is kept before its promise resolves. */
export interface LedgerPlace {
  /** The same after a reload, and never that of another living client, also where a tab was duplicated. */
  readonly clientId: string
  /** Counts the lives of this id, from 1. */
  readonly epoch: number
  /** Whether an earlier or this life of this client began this attempt, or a later one. */
  hasBegun(callId: string, attempt: number): Promise<boolean>
  /** Checks and sets in one step, whoever asks: whether this attempt of the call may begin now. */
  begin(entry: LedgerEntry): Promise<boolean>
  /** Keeps the outcome of an attempt that began. */
  end(callId: string, attempt: number, outcome: CallOutcome): Promise<void>
  /** Forgets an attempt that the server needs no more word of. A later one, of whoever, is kept. */
  acknowledge(callId: string, attempt: number): Promise<void>
  /**
   * What earlier lives of this client, and clients that are dead, left behind. This client is to deal with
   * it; until it leaves, nobody else is told of the same entries.
   */
  orphans(): Promise<readonly LedgerEntry[]>
  /** Gives the place up: from now on this client counts as dead. */
  leave(): void
}
