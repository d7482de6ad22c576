/**
 * All that can wait or vary, behind one port, so that a simulation can own time and chance.
 * Everything outside this file asks a `World`; lint forbids the globals elsewhere.
 */
export interface World {
  /** Wall clock, milliseconds since 1970. Used for what people read and for store time. */
  now(): number
  /** A clock that never jumps, milliseconds from an arbitrary start. Used for leases and timeouts. */
  monotonic(): number
  /** Runs `task` once after `delayMs`; the returned function cancels it and may be called any number of times. */
  setTimer(delayMs: number, task: () => void): () => void
  /** An unguessable id of 128 random bits, in lower-case hexadecimal. */
  randomId(): string
  /** A number in [0, 1), for jitter only. */
  random(): number
}

/** The real clock, timers and randomness of the runtime. */
export const systemWorld: World = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer(delayMs, task) {
    const timer = setTimeout(task, delayMs)
    return () => clearTimeout(timer)
  },
  // `crypto.randomUUID` is missing in pages that are not served securely.
  randomId: () => Array.from(crypto.getRandomValues(new Uint8Array(16)), hex).join(''),
  random: () => Math.random(),
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}

/** The runtime's `fetch`: looked up at each call, since a page may replace it, and bound, as browsers insist. */
export const systemFetch: typeof globalThis.fetch = (input, init) => globalThis.fetch(input, init)
