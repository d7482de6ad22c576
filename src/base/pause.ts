import type { World } from './world.ts'

/** Resolves after `delayMs`, or as soon as `signal` aborts; never rejects. */
export function pause(
  delayMs: number,
  { world, signal }: { readonly world: World; readonly signal: AbortSignal | undefined },
): Promise<void> {
  if (signal?.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const done = (): void => {
      cancel()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const cancel = world.setTimer(delayMs, done)
    signal?.addEventListener('abort', done)
  })
}
