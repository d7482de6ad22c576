import type { Observer } from '../../src/server/index.ts'

/** Writes a line for each call that took long. */
export function slowCalls(longMs: number, write: (line: string) => void): Observer {
  return {
    observe(happening) {
      if (happening.type !== 'call-settled') return
      const { toolName, state, executor, durationMs = 0, queueMs = 0 } = happening
      if (durationMs > longMs)
        write(
          `${toolName} at the ${executor}: ${state} after ${durationMs} ms and ${queueMs} ms of waiting`,
        )
    },
  }
}
