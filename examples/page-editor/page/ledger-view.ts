import { byId, element, setText } from '../../shared/element.ts'
import { type Entry, verdictLine, verdictWords } from '../ledger.ts'

/** The table beside the plugs. */
export class LedgerView {
  readonly #rows = byId('ledger-rows', HTMLElement)
  readonly #verdict = byId('verdict', HTMLElement)
  readonly #known = new Map<string, HTMLElement>()

  show(entries: readonly Entry[]): void {
    for (const entry of entries) this.#fill(this.#rowOf(entry.call.toolCallId), entry)
    setText(this.#verdict, verdictLine(entries))
    const isWrong = entries.some(({ verdict }) => verdict === 'wrong')
    this.#verdict.dataset['verdict'] = isWrong ? 'wrong' : 'kept'
  }

  #rowOf(id: string): HTMLElement {
    const known = this.#known.get(id)
    if (known) return known
    const row = element('tr')
    row.append(element('th'), element('td', 'count'), element('td'), element('td'))
    this.#known.set(id, row)
    // The newest first: it is what somebody who pulled a plug looks for.
    this.#rows.prepend(row)
    return row
  }

  #fill(row: HTMLElement, { call, runs, verdict }: Entry): void {
    row.dataset['verdict'] = verdict
    row.dataset['state'] = call.state
    const texts = [
      call.toolName,
      String(runs.length),
      [...new Set(runs.map(({ by }) => by))].join(', ') || '–',
      `${call.state} · ${verdictWords[verdict]}`,
    ]
    texts.forEach((text, index) => {
      const cell = row.children[index]
      if (cell) setText(cell, text)
    })
  }
}
