/** The page beside the chat, as the tools see it: real elements in a browser, plain data in a test. */
export interface Dashboard {
  setTitle(title: string, subtitle: string): void
  /** Adds a table and returns the id of its card. */
  addTable(table: TableContent): string
  /** Adds a chart without bars and returns the id of its card. */
  addChart(chart: ChartContent): string
  addBar(cardId: string, bar: Bar): void
  /** Draws the eye to a card; answers whether there is one with this id. */
  highlight(cardId: string): boolean
  /** Takes every card away and returns how many there were. */
  clear(): number
}

export interface TableContent {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
}

export type Cell = string | number | null

export interface ChartContent {
  readonly title: string
  /** Written behind each value, as in "€". */
  readonly unit: string
}

export interface Bar {
  readonly label: string
  readonly value: number
}
