import type { Kysely } from 'kysely'
import type { ToolwireError, World } from '../../base/index.ts'
import type { Store } from '../../ports/index.ts'
import type { Watchers } from '../_watchers.ts'
import type { Db, Tables } from './tables.ts'

/** What the databases do not have in common. */
export interface Backend {
  readonly db: Kysely<Tables>
  readonly durability: Store['durability']
  readonly watchers: Watchers
  readonly world: World
  /** What to tell the host of an error of the driver. */
  failure(error: unknown): ToolwireError
  /** Whether a transaction may be committed though its commit failed so. */
  isAnswerLost(error: unknown): boolean
  /** Whether the same may succeed in a moment, because others are at work. */
  isBusy(error: unknown): boolean
  readonly isMissingTable: (error: unknown) => boolean
  /** Makes whoever migrates at the same time wait; in the transaction of the migration. */
  lockSchema(db: Db): Promise<void>
  /** Tells other processes of a commit; in its transaction. */
  announce(db: Db, conversationId: string): Promise<void>
  /** Makes sure that what others commit is heard of, while somebody watches. */
  listen(): void
  /** After a deletion: leaves nothing of it behind. */
  scrub(): Promise<void>
  close(): Promise<void>
}
