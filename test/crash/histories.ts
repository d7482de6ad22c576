import type { Message } from '../../src/protocol/index.ts'
import { bodyFor, refusalsOf, targets } from '../models/history-targets.ts'

let last: Promise<unknown> = Promise.resolve()

/** For what the servers of any format would refuse a request with `messages`. */
export function historyProblems(messages: readonly Message[]): Promise<readonly string[]> {
  const looked = last.then(async () => {
    const found: string[] = []
    for (const target of targets) {
      const problems = refusalsOf(await bodyFor(messages, target), target)
      found.push(...problems.map((one) => `history: ${target.model.id}: ${JSON.stringify(one)}`))
    }
    return found
  })
  last = looked
  return looked
}
