import { once } from 'node:events'
import process from 'node:process'

/**
 * Tells whoever started this process how far it is, and goes on when that is answered: so `main.ts` can kill it at
 * that very moment. Started by hand it just goes on.
 */
export async function reached(moment: string): Promise<void> {
  if (!process.send) return
  const answer = once(process, 'message')
  process.send(moment)
  await answer
}
