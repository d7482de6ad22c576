import type { Bar, ChartContent, Dashboard, TableContent } from './dashboard.ts'

type Card =
  | { readonly kind: 'table'; readonly content: TableContent }
  | { readonly kind: 'chart'; readonly content: ChartContent; readonly bars: Bar[] }

/** The dashboard of a client without a screen. */
export class MemoryDashboard implements Dashboard {
  readonly #cards = new Map<string, Card>()
  #title = ''
  #subtitle = ''
  #highlighted = ''
  #lastId = 0

  setTitle(title: string, subtitle: string): void {
    this.#title = title
    this.#subtitle = subtitle
  }

  addTable(content: TableContent): string {
    return this.#add({ kind: 'table', content })
  }

  addChart(content: ChartContent): string {
    return this.#add({ kind: 'chart', content, bars: [] })
  }

  addBar(cardId: string, bar: Bar): void {
    const card = this.#cards.get(cardId)
    if (card?.kind === 'chart') card.bars.push(bar)
  }

  highlight(cardId: string): boolean {
    if (!this.#cards.has(cardId)) return false
    this.#highlighted = cardId
    return true
  }

  clear(): number {
    const count = this.#cards.size
    this.#cards.clear()
    this.#highlighted = ''
    return count
  }

  /** The dashboard as lines of text. */
  describe(): readonly string[] {
    const cards = [...this.#cards].map(([id, card]) => {
      const size =
        card.kind === 'chart' ? `${card.bars.length} bars` : `${card.content.rows.length} rows`
      const mark = id === this.#highlighted ? ', highlighted' : ''
      return `${id}  ${card.kind} "${card.content.title}", ${size}${mark}`
    })
    return [`title  "${this.#title}", "${this.#subtitle}"`, ...cards]
  }

  #add(card: Card): string {
    const id = `card-${++this.#lastId}`
    this.#cards.set(id, card)
    return id
  }
}
