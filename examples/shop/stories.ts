import type { JsonObject } from 'toolwire'

/** One conversation that the script can play: what it says at each step, given what its tools answered. */
export interface Story {
  /** Offered in the page as a suggestion. */
  readonly prompt: string
  readonly fits: RegExp
  readonly steps: readonly ((results: Results) => Say)[]
}

export interface Say {
  readonly text: string
  readonly calls?: readonly (readonly [toolName: string, input: JsonObject])[]
}

/** What has come of this turn's calls so far, in the order of the calls; `undefined` for one that failed. */
export interface Results {
  readonly list_tables: readonly ({ tables: { name: string; rows: number }[] } | undefined)[]
  readonly query: readonly ({ rows: Rows } | undefined)[]
  readonly add_bar_chart: readonly ({ card: string } | undefined)[]
  readonly clear_dashboard: readonly ({ removed: number } | undefined)[]
}

type Rows = readonly (readonly (string | number)[])[]

const revenue = 'sum(i.quantity * i.unit_price)'
const sales = `FROM order_items i JOIN orders o ON o.id = i.order_id
  JOIN products p ON p.id = i.product_id WHERE o.status <> 'returned'`

const rows = ({ query }: Results, n: number): Rows => query[n]?.rows ?? []

const bars = (found: Rows): readonly { label: string; value: number }[] =>
  found.map(([label, value]) => ({ label: String(label), value: Number(value) }))

/** As in "December" for "2025-12". */
const monthName = (month: string): string =>
  new Date(`${month}-01`).toLocaleString('en', { month: 'long', timeZone: 'UTC' })

const byMonth = (found: Rows): ReturnType<typeof bars> =>
  bars(found).map(({ label, value }) => ({ label: monthName(label), value }))

const euros = (value: unknown): string => `${Number(value).toLocaleString('en')} €`

/** Server tools first, then the page; each step waits for what the last one asked. */
const bestSellers: Story = {
  prompt: 'Which products sold best in 2025?',
  fits: /best|top|sold|sell|product/i,
  steps: [
    () => ({ text: 'I look at the tables first.', calls: [['list_tables', {}]] }),
    () => ({
      text: 'Now two questions to the database at once, and a title for the page.',
      calls: [
        [
          'query',
          {
            sql: `SELECT p.name, ${revenue} AS revenue ${sales}
  GROUP BY p.id ORDER BY revenue DESC LIMIT 8`,
          },
        ],
        [
          'query',
          {
            sql: `SELECT p.category, count(DISTINCT o.id) AS orders, sum(i.quantity) AS pieces, ${revenue} AS revenue ${sales}
  GROUP BY p.category ORDER BY revenue DESC`,
          },
        ],
        ['set_title', { title: 'Best sellers', subtitle: 'Revenue of 2025 without returns' }],
      ],
    }),
    (results) => ({
      text: '',
      calls: [
        [
          'add_bar_chart',
          { title: 'Products with the most revenue', unit: '€', bars: bars(rows(results, 0)) },
        ],
        [
          'add_table',
          {
            title: 'By category',
            columns: ['Category', 'Orders', 'Pieces', 'Revenue (€)'],
            rows: rows(results, 1),
          },
        ],
      ],
    }),
    (results) => ({
      text: '',
      calls: [['highlight', { card: results.add_bar_chart[0]?.card ?? '' }]],
    }),
    (results) => {
      const [first, second] = rows(results, 0)
      const [category] = rows(results, 1)
      return {
        text: `${first?.[0]} sold best, with ${euros(first?.[1])}, followed by ${second?.[0]} with ${euros(second?.[1])}. The strongest category is ${category?.[0]}: ${Number(category?.[2]).toLocaleString('en')} pieces in ${category?.[1]} orders, ${euros(category?.[3])} in all.`,
      }
    },
  ],
}

/** Several calls in parallel, on both sides. */
const theYear: Story = {
  prompt: 'How did the year go, by month and by country?',
  fits: /year|month|countr|season|where/i,
  steps: [
    () => ({
      text: 'Both questions are independent, so I ask them together.',
      calls: [
        [
          'query',
          {
            sql: `SELECT substr(o.ordered_on, 1, 7) AS month, ${revenue} AS revenue ${sales}
  GROUP BY month ORDER BY month`,
          },
        ],
        [
          'query',
          {
            sql: `SELECT c.country, ${revenue} AS revenue
  FROM customers c JOIN orders o ON o.customer_id = c.id JOIN order_items i ON i.order_id = o.id
  WHERE o.status <> 'returned' GROUP BY c.country ORDER BY revenue DESC`,
          },
        ],
        ['set_title', { title: 'The year 2025', subtitle: 'Revenue by month and by country' }],
      ],
    }),
    (results) => ({
      text: '',
      calls: [
        [
          'add_bar_chart',
          { title: 'Revenue by month', unit: '€', bars: byMonth(rows(results, 0)) },
        ],
        ['add_bar_chart', { title: 'Revenue by country', unit: '€', bars: bars(rows(results, 1)) }],
      ],
    }),
    (results) => {
      const months = byMonth(rows(results, 0))
      const total = months.reduce((sum, { value }) => sum + value, 0)
      const best = months.toSorted((a, b) => b.value - a.value)[0]
      const [country] = rows(results, 1)
      return {
        text: `The shop took ${euros(total)} in 2025. ${best?.label} was the best month with ${euros(best?.value)}, and ${country?.[0]} is the largest market with ${euros(country?.[1])}.`,
      }
    },
  ],
}

/** A question to the user, and a mistake that the model learns of and mends. */
const reorder: Story = {
  prompt: 'Clear the dashboard and show what to reorder.',
  fits: /reorder|stock|clear|empty|low/i,
  steps: [
    () => ({
      text: 'You decide about the dashboard; I look at the stock meanwhile.',
      calls: [
        ['clear_dashboard', {}],
        ['query', { sql: 'SELECT name, quantity FROM products WHERE quantity <= reorder_at' }],
      ],
    }),
    () => ({
      text: 'There is no column "quantity"; it has to be "stock". Once more.',
      calls: [
        [
          'query',
          {
            sql: `SELECT name, category, stock, reorder_at FROM products
  WHERE stock <= reorder_at ORDER BY stock - reorder_at LIMIT 20`,
          },
        ],
        ['set_title', { title: 'To reorder', subtitle: 'Products at or below their limit' }],
      ],
    }),
    (results) => ({
      text: '',
      calls: [
        [
          'add_table',
          {
            title: 'Running low',
            columns: ['Product', 'Category', 'In stock', 'Reorder at'],
            rows: rows(results, 1),
          },
        ],
      ],
    }),
    (results) => {
      const found = rows(results, 1)
      const cleared = results.clear_dashboard[0]
      const before = cleared ? 'The dashboard is cleared.' : 'The dashboard stays as it was.'
      return {
        text: `${before} ${found.length} products have run low; the most urgent is ${found[0]?.[0]}, with ${found[0]?.[2]} left.`,
      }
    },
  ],
}

/** For everything that the script has no answer to. */
export const anythingElse: Story = {
  prompt: '',
  fits: /^/,
  steps: [
    () => ({ text: '', calls: [['list_tables', {}]] }),
    (results) => {
      const tables = results.list_tables[0]?.tables ?? []
      const sizes = tables.map(({ name, rows: count }) => `${name} (${count})`).join(', ')
      return {
        text: `I am a script, not a language model, so I have an answer only to the three suggestions. The database is real, though: ${sizes}. For a model that answers anything, start the demo with OPENAI_API_KEY, or with TOOLWIRE_BASE_URL and TOOLWIRE_MODEL.`,
      }
    },
  ],
}

export const stories: readonly Story[] = [bestSellers, theYear, reorder]
