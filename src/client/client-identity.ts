import { ToolwireError, type World } from '../base/index.ts'

/** The part of `LockManager` that is used: locks that end with the realm that holds them. */
export interface Locks {
  request(
    name: string,
    options: { readonly ifAvailable?: boolean },
    callback: (lock: object | null) => Promise<void>,
  ): Promise<unknown>
}

/** Takes the lock `name` if nobody has it. Resolves with how to give it up, or with `null`. */
export function tryLock(locks: Locks, name: string): Promise<(() => void) | null> {
  return new Promise((resolve, reject) => {
    const hold = (lock: object | null): Promise<void> => {
      if (!lock) {
        resolve(null)
        return Promise.resolve()
      }
      return new Promise((release) => {
        resolve(() => release())
      })
    }
    locks.request(name, { ifAvailable: true }, hold).catch(reject)
  })
}

/** Runs `work` while no other realm runs work under the same name. */
export async function inLock<T>(locks: Locks, name: string, work: () => Promise<T>): Promise<T> {
  let result: Promise<T> | undefined
  await locks.request(name, {}, async () => {
    result = work()
    // Its failure is told below; the lock only waits for its end.
    await result.catch(() => {})
  })
  if (!result) throw new Error('The lock was granted without its callback being called.')
  return result
}

/** Where a realm keeps its own id across reloads: a tab has a `sessionStorage` of its own. */
export interface IdentityStorage {
  get(): Promise<string | null>
  set(clientId: string): Promise<void>
}

/**
 * The id of this realm: that of its earlier life, unless a living realm has it, as where a browser copied
 * the storage for a duplicated tab.
 */
export async function claimIdentity(
  storage: IdentityStorage,
  locks: Locks,
  world: World,
): Promise<{ readonly clientId: string; readonly release: () => void }> {
  const known = await storage.get()
  const held = known === null ? null : await tryLock(locks, lockName(known))
  if (known !== null && held) return { clientId: known, release: held }
  const clientId = world.randomId()
  const release = await tryLock(locks, lockName(clientId))
  if (!release)
    throw new ToolwireError('LEDGER_FAILED', 'The lock of a new client id is taken.', {
      hint: 'The `locks` given do not tell names apart.',
    })
  await storage.set(clientId)
  return { clientId, release }
}

/** Held by the living client of that id, or by whoever settles what it left behind. */
export function lockName(clientId: string): string {
  return `toolwire:client:${clientId}`
}
