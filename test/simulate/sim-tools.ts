import * as z from 'zod'
import type { World } from '../../src/base/index.ts'
import { type AnyTool, defineTool } from '../../src/tools/index.ts'
import type { SimClock } from './sim-clock.ts'

export const toolNames = ['once', 'again', 'ask', 'inOrder', 'onServer'] as const

/** Where a handler runs: it dies with it. */
interface Place {
  readonly world: World
  readonly isDead: boolean
}

export interface HandlerLog {
  begun(callId: string, attempt: number): void
  /** The handler is about to give `value` back. */
  ended(callId: string, value: string): void
}

const inputSchema = z.object({ n: z.number() })

const kinds = {
  once: {},
  again: { idempotent: true },
  ask: { approval: true },
  inOrder: { concurrency: 'serial' },
  onServer: { executor: 'server' },
} as const

/** The tools as they run at `place`. */
export function toolsAt(place: Place, clock: SimClock, log: HandlerLog): AnyTool[] {
  return toolNames.map((name) =>
    defineTool({
      name,
      description: name,
      inputSchema,
      ...kinds[name],
      timeoutMs: 20_000,
      execute: async (_, { key, attempt, signal }) => {
        log.begun(key, attempt)
        const { chance } = clock
        const takes = chance.happens(0.05) ? 60_000 : chance.between(1, 5_000)
        const isDeaf = chance.happens(0.3)
        await new Promise<void>((resolve, reject) => {
          place.world.setTimer(takes, resolve)
          if (!isDeaf) signal.addEventListener('abort', () => reject(new Error('aborted')))
        })
        const value = `${key}/${attempt}/${chance.between(0, 1e9)}`
        log.ended(key, value)
        return value
      },
    }),
  )
}
