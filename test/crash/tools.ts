import { setTimeout as pause } from 'node:timers/promises'
import * as z from 'zod'
import { type AnyTool, defineTool } from '../../src/tools/index.ts'
import { Chance } from '../simulate/chance.ts'
import type { WitnessFile } from './witness-file.ts'

const inputSchema = z.object({ n: z.number() })

const kinds = {
  charge: { executor: 'server' },
  chargeInOrder: { executor: 'server', concurrency: 'serial' },
  refund: { executor: 'server', approval: true },
  put: { executor: 'server', idempotent: true },
  look: {
    executor: 'server',
    readOnly: true,
    // Never reached; the place is asked for all the same.
    rateLimit: { limit: 10_000, windowMs: 60_000, by: 'tool' },
  },
  click: { executor: 'client' },
  submit: { executor: 'client', approval: true },
  paint: { executor: 'client', idempotent: true },
  read: { executor: 'client', readOnly: true },
} as const

export const toolNames = Object.keys(kinds) as [keyof typeof kinds]

/** Every tool, with a handler that tells the witness before it does anything, and before it gives its result. */
export function toolsBefore(witness: WitnessFile): readonly AnyTool[] {
  return toolNames.map((name) =>
    defineTool({
      name,
      description: name,
      inputSchema,
      ...kinds[name],
      execute: async ({ n }, { key, attempt, signal }) => {
        witness.write({ saw: 'begin', callId: key, attempt })
        await pause(durationOf(n), undefined, { signal })
        const value = `${key}/${attempt}/${n}`
        witness.write({ saw: 'end', callId: key, value })
        return value
      },
    }),
  )
}

/** Mostly short; some run for longer than a lease. */
function durationOf(n: number): number {
  const chance = new Chance(n)
  return chance.happens(0.1) ? chance.between(1_500, 4_000) : chance.between(5, 400)
}
