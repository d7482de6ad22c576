import type { Snapshot } from 'toolwire/client'
import { type ToolPart, isTerminal } from 'toolwire/protocol'
import type { Run } from './witness.ts'

/** What toolwire says of one call beside what the witness saw. */
export interface Entry {
  readonly call: ToolPart
  readonly runs: readonly Run[]
  readonly verdict: Verdict
}

/** `open`: not settled or not counted yet. `wrong`: what was promised did not hold. */
export type Verdict = 'once' | 'repeatable' | 'never' | 'unknown' | 'open' | 'wrong'

export interface Rules {
  /** Whether a tool may run again: it changes nothing. */
  readonly mayRepeat: (toolName: string) => boolean
  /** Whether the runs of a call that is over are all there. */
  readonly isCounted: (call: ToolPart) => boolean
}

export function entriesOf(
  calls: readonly ToolPart[],
  runs: readonly Run[],
  rules: Rules,
): readonly Entry[] {
  return calls.map((call) => {
    const own = runs.filter(({ toolCallId }) => toolCallId === call.toolCallId)
    return { call, runs: own, verdict: verdictOf(call, own.length, rules) }
  })
}

function verdictOf(call: ToolPart, runs: number, { mayRepeat, isCounted }: Rules): Verdict {
  const { state, toolName } = call
  if (runs > 1) return mayRepeat(toolName) ? 'repeatable' : 'wrong'
  if (!isTerminal(state) || !isCounted(call)) return 'open'
  switch (state) {
    case 'output-available':
      return runs === 1 ? 'once' : 'wrong'
    case 'denied':
    case 'input-invalid':
      return runs === 0 ? 'never' : 'wrong'
    case 'outcome-unknown':
      return 'unknown'
    default:
      // Failed, cancelled or timed out: it began or it did not, and says which result it has.
      return runs === 1 ? 'once' : 'never'
  }
}

export const verdictWords: Readonly<Record<Verdict, string>> = {
  once: 'ran once',
  repeatable: 'ran again, as reading may',
  never: 'never ran',
  unknown: 'honestly unknown',
  open: 'under way',
  wrong: 'BROKEN',
}

/** What the entries come to, in one line. */
export function verdictLine(entries: readonly Entry[]): string {
  if (entries.length === 0) return 'No call yet.'
  const count = (verdict: Verdict): number =>
    entries.filter((entry) => entry.verdict === verdict).length
  const parts = (['once', 'repeatable', 'never', 'unknown', 'open', 'wrong'] as const)
    .filter((verdict) => count(verdict) > 0)
    .map((verdict) => `${count(verdict)} ${verdictWords[verdict]}`)
  const isKept = count('wrong') === 0
  const promise = isKept ? 'Every call ran once or is honestly unknown' : 'The promise did not hold'
  return `${promise}: ${parts.join(', ')}.`
}

/** The calls that are in the ledger: those that are still being written are none yet. */
export function ledgerCalls({ calls }: Snapshot): readonly ToolPart[] {
  return calls.filter(({ state }) => state !== 'input-streaming')
}
