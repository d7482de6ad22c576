import type { ControlledTransaction } from 'kysely'
import { isToolwireError, pause } from '../../base/index.ts'
import type { Backend } from './backend.ts'
import type { Tables } from './tables.ts'

/** The connection broke while a transaction was committed: nobody knows whether it was. */
export const answerLost: unique symbol = Symbol('answer lost')

/** How long to wait for others, and between two tries. */
const patienceMs = 5_000
const pauseMs = 10

/** Runs `work` in a transaction of its own, as a whole or not at all. */
export function inTransaction<T>(
  backend: Backend,
  work: (db: ControlledTransaction<Tables>) => Promise<T>,
): Promise<T | typeof answerLost> {
  return guarded(backend, async () => {
    // Whatever the host's default is: a commit waits for the other one and then sees what that left.
    const begin = backend.db.startTransaction().setIsolationLevel('read committed')
    const trx = await begin.execute()
    const rollback = async (): Promise<void> => {
      // A connection that is gone, or a full disk, has ended the transaction by itself.
      await trx
        .rollback()
        .execute()
        .catch(() => {})
    }
    let result: T
    try {
      result = await work(trx)
    } catch (error) {
      await rollback()
      throw error
    }
    try {
      await trx.commit().execute()
    } catch (error) {
      await rollback()
      if (backend.isAnswerLost(error)) return answerLost
      throw error
    }
    return result
  })
}

/** Runs `work`, which either does all that it does or nothing, until nobody else is in its way. */
export async function guarded<T>(backend: Backend, work: () => Promise<T>): Promise<T> {
  const { world } = backend
  const until = world.monotonic() + patienceMs
  for (;;)
    try {
      return await work()
    } catch (error) {
      if (isToolwireError(error)) throw error
      if (!backend.isBusy(error) || world.monotonic() > until) throw backend.failure(error)
      await pause(pauseMs * (1 + world.random()), { world, signal: undefined })
    }
}
