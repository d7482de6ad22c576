import type { CallState, ToolPart } from 'toolwire/protocol'
import { describe, expect, test } from 'vitest'
import { type Verdict, entriesOf, verdictLine } from '../../examples/page-editor/ledger.ts'
import type { Run } from '../../examples/page-editor/witness.ts'

const call = (state: CallState, toolName = 'publish_page'): ToolPart => ({
  type: 'tool',
  toolCallId: 'a',
  toolName,
  state,
  timings: {},
})
const run: Run = { toolCallId: 'a', toolName: 'publish_page', by: 'tab 1', at: 0 }
const other: Run = { ...run, toolCallId: 'b' }
const rules = {
  mayRepeat: (toolName: string) => toolName === 'list_elements',
  isCounted: () => true,
}

describe('the ledger', () => {
  test.each<[CallState, number, Verdict]>([
    ['output-available', 1, 'once'],
    ['output-available', 0, 'wrong'],
    ['output-available', 2, 'wrong'],
    ['outcome-unknown', 0, 'unknown'],
    ['outcome-unknown', 1, 'unknown'],
    ['outcome-unknown', 2, 'wrong'],
    ['input-invalid', 0, 'never'],
    ['input-invalid', 1, 'wrong'],
    ['denied', 1, 'wrong'],
    ['cancelled', 0, 'never'],
    ['cancelled', 1, 'once'],
    ['timed-out', 2, 'wrong'],
    ['executing', 1, 'open'],
    ['executing', 2, 'wrong'],
  ])('a call that is %s and began %i times: %s', (state, times, verdict) => {
    const runs = [...Array.from({ length: times }, () => run), other]
    expect(entriesOf([call(state)], runs, rules)).toMatchObject([{ verdict }])
  })

  test('what only reads may run again, and what is not counted yet is open', () => {
    const reading = call('output-available', 'list_elements')
    expect(entriesOf([reading], [run, run], rules)).toMatchObject([{ verdict: 'repeatable' }])
    const later = { ...rules, isCounted: () => false }
    expect(entriesOf([call('output-available')], [], later)).toMatchObject([{ verdict: 'open' }])
  })

  test('says in one line whether the promise held', () => {
    const line = (states: readonly CallState[], runs: readonly Run[]): string =>
      verdictLine(
        entriesOf(
          states.map((state) => call(state)),
          runs,
          rules,
        ),
      )
    expect(line([], [])).toBe('No call yet.')
    expect(line(['output-available', 'outcome-unknown'], [run])).toBe(
      'Every call ran once or is honestly unknown: 1 ran once, 1 honestly unknown.',
    )
    expect(line(['output-available'], [run, run])).toBe('The promise did not hold: 1 BROKEN.')
  })
})
