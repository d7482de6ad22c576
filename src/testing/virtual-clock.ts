import type { World } from '../base/index.ts'
import { seededRandom } from './seeded-random.ts'

/** A world whose time stands still until a test moves it. Ids and chance come from a seed, so runs repeat. */
export interface VirtualClock extends World {
  /**
   * Moves time on by `ms`, running each timer at its moment; between timers everything that became ready
   * runs to its end.
   */
  advance(ms: number): Promise<void>
  /** Lets everything that is ready run, without time passing. */
  settle(): Promise<void>
  /** Timers that are set; 0 when nothing is left waiting. */
  readonly pendingTimers: number
}

interface Timer {
  readonly at: number
  readonly task: () => void
}

/** A clock for tests: pass it as `world` to server and client. */
export function virtualClock(
  options: { readonly start?: number; readonly seed?: number } = {},
): VirtualClock {
  const { start = Date.UTC(2026, 0, 1), seed = 1 } = options
  const timers = new Set<Timer>()
  const random = seededRandom(seed)
  let now = start

  const nextTimer = (until: number): Timer | undefined => {
    let first: Timer | undefined
    for (const timer of timers)
      if (timer.at <= until && (!first || timer.at < first.at)) first = timer
    return first
  }

  return {
    now: () => now,
    monotonic: () => now - start,
    random,
    randomId: () =>
      Array.from({ length: 4 }, () =>
        Math.floor(random() * 2 ** 32)
          .toString(16)
          .padStart(8, '0'),
      ).join(''),
    setTimer(delayMs, task) {
      const timer = { at: now + Math.max(0, delayMs), task }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    settle,
    async advance(ms) {
      const until = now + ms
      await settle()
      for (let timer = nextTimer(until); timer; timer = nextTimer(until)) {
        timers.delete(timer)
        now = Math.max(now, timer.at)
        timer.task()
        await settle()
      }
      now = until
    },
    get pendingTimers() {
      return timers.size
    },
  }
}

/** Enough turns of the event loop for promise chains, streams and message ports to come to rest. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise<void>((resolve) => nextTask(resolve))
}

function nextTask(task: () => void): void {
  const { port1, port2 } = new MessageChannel()
  port1.addEventListener('message', () => {
    port1.close()
    task()
  })
  port1.start()
  port2.postMessage(null)
}
