import type { Bar, Cell, ChartContent, Dashboard, TableContent } from '../dashboard.ts'
import { byId, element, setText } from '../../shared/element.ts'

interface Chart {
  readonly body: HTMLElement
  readonly unit: string
  readonly bars: { readonly value: number; readonly bar: HTMLElement }[]
}

/** The right side of the page. */
export class DomDashboard implements Dashboard {
  readonly #cards = byId('cards', HTMLElement)
  readonly #charts = new Map<string, Chart>()
  #lastId = 0

  setTitle(title: string, subtitle: string): void {
    setText(byId('title', HTMLElement), title)
    setText(byId('subtitle', HTMLElement), subtitle)
  }

  addTable({ title, columns, rows }: TableContent): string {
    const table = element('table')
    const numeric = columns.map((_, index) => rows.every((row) => typeof row[index] === 'number'))
    const head = table.createTHead().insertRow()
    columns.forEach((column, index) => {
      const cell = element('th', numeric[index] ? 'number' : '', column)
      cell.scope = 'col'
      head.append(cell)
    })
    const body = table.createTBody()
    for (const row of rows) {
      const line = body.insertRow()
      columns.forEach((_, index) =>
        line.append(element('td', numeric[index] ? 'number' : '', written(row[index] ?? null))),
      )
    }
    return this.#add(title, table)
  }

  addChart({ title, unit }: ChartContent): string {
    const table = element('table', 'chart')
    const id = this.#add(title, table)
    this.#charts.set(id, { body: table.createTBody(), unit, bars: [] })
    return id
  }

  addBar(cardId: string, { label, value }: Bar): void {
    const chart = this.#charts.get(cardId)
    if (!chart) return
    const bar = element('span', 'bar')
    const track = element('td', 'track')
    track.append(bar)
    const name = element('th', '', label)
    name.scope = 'row'
    const row = element('tr')
    row.append(name, track, element('td', 'number', `${written(value)} ${chart.unit}`.trim()))
    chart.body.append(row)
    row.scrollIntoView({ block: 'nearest', behavior: 'smooth' })
    chart.bars.push({ value, bar })
    const largest = Math.max(...chart.bars.map((one) => Math.abs(one.value)), Number.MIN_VALUE)
    for (const one of chart.bars)
      one.bar.style.setProperty('--share', String(Math.abs(one.value) / largest))
  }

  highlight(cardId: string): boolean {
    const card = document.getElementById(cardId)
    if (!card || !this.#cards.contains(card)) return false
    for (const other of this.#cards.children) delete (other as HTMLElement).dataset['highlighted']
    card.dataset['highlighted'] = ''
    card.scrollIntoView({ block: 'nearest', behavior: 'smooth' })
    return true
  }

  clear(): number {
    const count = this.#cards.childElementCount
    this.#cards.replaceChildren()
    this.#charts.clear()
    return count
  }

  #add(title: string, content: HTMLElement): string {
    const card = element('section', 'card')
    card.id = `card-${++this.#lastId}`
    const heading = element('h3', '', title)
    heading.id = `${card.id}-title`
    card.setAttribute('aria-labelledby', heading.id)
    card.append(heading, content)
    this.#cards.append(card)
    card.scrollIntoView({ block: 'nearest', behavior: 'smooth' })
    return card.id
  }
}

function written(cell: Cell): string {
  return typeof cell === 'number' ? cell.toLocaleString('en') : (cell ?? '–')
}
