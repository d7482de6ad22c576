import { type World, isToolwireError } from '../base/index.ts'
import type { ReplyStatus } from '../protocol/index.ts'

interface LeaseOptions {
  readonly world: World
  readonly leaseMs: number
  readonly renew: () => Promise<{ readonly reply: ReplyStatus }>
  /** The lease is gone or a cancel was asked for: what runs under it is to stop. */
  readonly onLost: () => void
  readonly onError: (error: unknown) => void
}

/**
 * Shows the other nodes that this one is alive, three times a lease, until the returned function is called.
 * A renewal that fails is tried again at the next turn: the store may be out of reach for a moment.
 */
export function keepLease({ world, leaseMs, renew, onLost, onError }: LeaseOptions): () => void {
  let stop = (): void => {}
  let stopped = false
  const next = (): void => {
    if (!stopped) stop = world.setTimer(leaseMs / 3, beat)
  }
  const beat = (): void => {
    renew().then(
      ({ reply }) => {
        if (reply === 'granted') next()
        else if (!stopped) onLost()
      },
      (error: unknown) => {
        if (stopped) return
        // The conversation is no longer served here, so there is nothing left to renew.
        if (isToolwireError(error) && error.code === 'ABORTED') return onLost()
        onError(error)
        next()
      },
    )
  }
  next()
  return () => {
    stopped = true
    stop()
  }
}
