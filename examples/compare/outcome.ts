import type { SeenCall, Side } from './tally.ts'

export type TurnEnd =
  | 'ended'
  | 'ended after Retry'
  | 'ended after a reload'
  | 'stopped'
  | 'went on after Stop'
  | 'stuck'

/** What came of one plug on one side. */
export interface Outcome {
  readonly plug: string
  readonly side: Side
  readonly calls: readonly SeenCall[]
  readonly turn: TurnEnd
  /** Of 16 pieces, before anything else is asked. */
  readonly published: number
  /** What the chat says went wrong, at the end. */
  readonly error: string
}

const maxErrorChars = 90

/** The columns of the table: runs, results, turn. */
export function columns({
  calls,
  turn,
  published,
  error,
}: Outcome): readonly [string, string, string] {
  const each = (say: (call: SeenCall) => string): string =>
    calls.map((call) => `${call.toolName} ${say(call)}`).join(', ')
  const notes = [
    ...(turn === 'stopped' ? [`${published} of 16 published`] : []),
    ...(error ? [error.length > maxErrorChars ? `${error.slice(0, maxErrorChars)} …` : error] : []),
  ]
  return [
    each(({ runs }) => `${runs}×`),
    each(resultOf),
    notes.length > 0 ? `${turn} (${notes.join('; ')})` : turn,
  ]
}

function resultOf({ results, isKnown, result }: SeenCall): string {
  if (results === null) return 'none (no request)'
  if (!isKnown) return '0 (call forgotten)'
  return `${results}${kindOf(result)}`
}

const kinds: readonly (readonly [RegExp, string])[] = [
  [/may or may not/, 'unknown'],
  [/cancelled/, 'cancelled'],
  [/cut off|invalid|JSON/i, 'invalid input'],
  [/error/i, 'error'],
]

/** What sort of result the model was given, by its words. */
function kindOf(result: string): string {
  const [, kind] = kinds.find(([words]) => words.test(result)) ?? []
  return kind === undefined ? '' : ` (${kind})`
}

/** What toolwire promises, of one outcome: the words for each breach. */
export function breaches({ plug, calls, turn }: Outcome): readonly string[] {
  const wrong = calls.flatMap(({ toolName, runs, results, result }) => [
    ...(runs > 1 && toolName !== 'read_page' ? [`${toolName} ran ${runs} times`] : []),
    ...(results === 1 ? [] : [`${toolName} has ${results} results`]),
    ...(runs === 0 && !/invalid|cut off|cancel/i.test(result)
      ? [`${toolName} never ran, and its result does not say so`]
      : []),
  ])
  const isOver = turn === 'ended' || turn === 'stopped'
  return [
    ...wrong,
    ...(calls.length === 0 ? ['there was no call'] : []),
    ...(isOver ? [] : [`the turn ${turn}`]),
  ].map((breach) => `${plug}: ${breach}`)
}
