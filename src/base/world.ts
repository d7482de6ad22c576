/**
 * All that can wait or vary, behind one port, so that a simulation can own time and chance.
 * Everything outside this file asks a `World`; lint forbids the globals elsewhere.
 */
export interface World {
  /** Wall clock, milliseconds since 1970. Used for what people read and for store time. */
  now(): number
  /** A clock that never jumps, milliseconds from an arbitrary start. Used for leases and timeouts. */
  monotonic(): number
  /**
   * Runs `task` once after `delayMs`; the returned function cancels it and may be called any number of times. With
   * `keepAlive: false` a program that has nothing else left to do need not wait for it.
   */
  setTimer(
    delayMs: number,
    task: () => void,
    options?: { readonly keepAlive?: boolean },
  ): () => void
  /** An unguessable id of 128 random bits, in lower-case hexadecimal. */
  randomId(): string
  /** A number in [0, 1), for jitter only. */
  random(): number
  /**
   * Calls `listener` when waiting may have become pointless: the network is back, a page is shown again.
   * The returned function ends it. Absent where nothing tells of that.
   */
  onWake?(listener: () => void): () => void
  /**
   * Runs `task` once before the page is painted next; where nobody looks, as soon as what runs now is over. Absent
   * where nothing is ever painted.
   */
  onFrame?(task: () => void): void
}

/** The runtime's timer, for what needs no more of a {@link World}. */
export const systemTimer: World['setTimer'] = (delayMs, task, { keepAlive = true } = {}) => {
  const timer = setTimeout(task, delayMs)
  // Only Node has a program that ends.
  if (!keepAlive) (timer as { unref?(): void }).unref?.()
  return () => clearTimeout(timer)
}

/** The real clock, timers and randomness of the runtime. */
export const systemWorld: World = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer: systemTimer,
  // `crypto.randomUUID` is missing in pages that are not served securely.
  randomId: () => Array.from(drawWords(), hex).join(''),
  random: () => Math.random(),
  onWake(listener) {
    const onVisible = (): void => {
      if (document.visibilityState === 'visible') listener()
    }
    const page = systemPage()
    page?.addEventListener('visibilitychange', onVisible)
    // Browsers, pages and workers alike; servers have neither the function nor the events.
    const events = typeof addEventListener === 'function' ? ['online', 'pageshow'] : []
    for (const event of events) addEventListener(event, listener)
    return () => {
      page?.removeEventListener('visibilitychange', onVisible)
      for (const event of events) removeEventListener(event, listener)
    }
  },
}

/** Runs `task` before the page is painted next, as {@link World.onFrame} says. Apart, since few need it. */
export function systemFrame(task: () => void): void {
  const isPainted = systemPage()?.visibilityState === 'visible'
  if (!isPainted || typeof requestAnimationFrame !== 'function') return void systemSoon(task)
  const run = (): void => {
    cancelAnimationFrame(frame)
    clearTimeout(timer)
    task()
  }
  const frame = requestAnimationFrame(run)
  // A page that is hidden meanwhile is not painted, nor is a frame that was scrolled out of sight.
  const timer = setTimeout(run, 1_000)
}

/** Runs `task` once all is done that has come so far: Node reads its sockets before it does what is due immediately. */
export const systemSoon: (task: () => void) => unknown =
  (globalThis as { setImmediate?: typeof queueMicrotask }).setImmediate ?? queueMicrotask

/** Random words for one id. They are drawn for many at a time: to draw costs the same for all of them as for one. */
const drawWords = (() => {
  const wordsOfOne = 4
  const words = new Uint32Array(wordsOfOne * 64)
  let next = words.length
  return (): Uint32Array => {
    if (next === words.length) {
      crypto.getRandomValues(words)
      next = 0
    }
    next += wordsOfOne
    return words.subarray(next - wordsOfOne, next)
  }
})()

function hex(word: number): string {
  return word.toString(16).padStart(8, '0')
}

/** The page that this runs in; workers and servers have none. */
export const systemPage = (): Document | undefined =>
  (globalThis as { document?: Document }).document

/** The runtime's `WebSocket`; looked up when a socket is opened. */
export const systemWebSocket = (): typeof globalThis.WebSocket => globalThis.WebSocket

/** The runtime's `fetch`: looked up at each call, since a page may replace it, and bound, as browsers insist. */
export const systemFetch: typeof globalThis.fetch = (input, init) => globalThis.fetch(input, init)

/** The runtime's console: where an error is told that nobody asked to hear of, since silence would hide it. */
// oxlint-disable-next-line no-console -- Every runtime has it and nothing else; whoever wants errors elsewhere gives `onError`.
export const systemLog = (what: unknown): void => console.error(what)

/** By which a person, a model and the log speak of the same error. */
export function newErrorId(world: Pick<World, 'randomId'>): string {
  return world.randomId().slice(0, 12)
}
