import { element } from '../../shared/element.ts'
import { type Outcome, columns } from '../outcome.ts'
import type { Side } from '../tally.ts'

const titles = ['Runs', 'Results', 'Turn'] as const

/** What came of one plug on both sides. It judges neither: it marks what differs. */
export class OutcomeRow {
  readonly root: HTMLElement = element('tr')
  readonly #cells: ReadonlyMap<Side, HTMLElement>

  constructor(plug: string, sides: readonly Side[]) {
    const head = element('th', '', plug)
    head.scope = 'row'
    this.#cells = new Map(sides.map((side) => [side, element('td', '', '…')]))
    for (const [side, cell] of this.#cells) cell.dataset['side'] = side
    this.root.append(head, ...this.#cells.values())
  }

  show(outcome: Outcome): void {
    const cell = this.#cells.get(outcome.side)
    if (!cell) return
    const facts = columns(outcome).map((text, at) => {
      const fact = element('p')
      fact.append(element('span', 'title', titles[at]), element('span', 'fact', text))
      return fact
    })
    cell.replaceChildren(...facts)
    cell.dataset['outcome'] = JSON.stringify(outcome)
    this.#mark()
  }

  #mark(): void {
    const [left = [], right = []] = [...this.#cells.values()].map((cell) =>
      Array.from(cell.querySelectorAll<HTMLElement>('.fact')),
    )
    for (const [at, fact] of left.entries()) {
      const other = right[at]
      if (!other || other.textContent === fact.textContent) continue
      for (const one of [fact, other]) one.dataset['differs'] = ''
    }
  }
}
