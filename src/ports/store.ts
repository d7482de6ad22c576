import type { ConversationEvent } from '../protocol/index.ts'

/**
 * Where conversations are kept: for each an append-only log of events, numbered 1, 2, 3…
 *
 * The compare-and-set of `commit` is all that safety rests on; everything else here is about speed.
 */
export interface Store {
  /** What survives: nothing (`process`), nearly everything (`crash-lossy`), or what was acknowledged (`durable`). */
  readonly durability: 'process' | 'crash-lossy' | 'durable'
  /**
   * Appends `events` if the log holds exactly `expectedVersion` events, else changes nothing.
   * `unknown` says that the answer was lost: the same commit may be tried again after a `read`.
   * Rejects with `STORE_FAILED` where the store cannot be used.
   */
  commit(
    conversationId: string,
    expectedVersion: number,
    events: readonly ConversationEvent[],
  ): Promise<'committed' | 'conflict' | 'unknown'>
  /** The events after the first `afterVersion`, oldest first; a prefix of what follows, never a gap. */
  read(conversationId: string, afterVersion: number): Promise<readonly ConversationEvent[]>
  /** Calls `listener` soon after others commit: a hint, which may come late, twice or never. */
  watch(conversationId: string, listener: () => void): () => void
}
