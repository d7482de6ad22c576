import { type AnyTool, ToolError, defineTool } from 'toolwire'
import * as z from 'zod'
import type { Dashboard } from './dashboard.ts'

// Otherwise zod tries `new Function` once, which the content security policy of the page reports.
z.config({ jitless: true })

/** The time between two bars, so that one sees the chart grow. */
const barPauseMs = 60

/** What a client passes as `context` is its dashboard. */
const dashboardOf = ({ context }: { readonly context?: unknown }): Dashboard => context as Dashboard

const setTitle = defineTool({
  name: 'set_title',
  description: 'Sets the title of the dashboard and the line below it.',
  inputSchema: z.object({ title: z.string().max(80), subtitle: z.string().max(160).default('') }),
  idempotent: true,
  execute: ({ title, subtitle }, call) => {
    dashboardOf(call).setTitle(title, subtitle)
    return 'The title is set.'
  },
})

const addTable = defineTool({
  name: 'add_table',
  description: 'Adds a table to the dashboard. Returns the id of its card.',
  inputSchema: z.object({
    title: z.string(),
    columns: z.array(z.string()).min(1),
    rows: z
      .array(z.array(z.union([z.string(), z.number(), z.null()])))
      .max(100)
      .describe('One array for each row, in the order of the columns.'),
  }),
  execute: (table, call) => ({ card: dashboardOf(call).addTable(table), rows: table.rows.length }),
})

const addBarChart = defineTool({
  name: 'add_bar_chart',
  description: 'Adds a bar chart to the dashboard. Returns the id of its card.',
  inputSchema: z.object({
    title: z.string(),
    unit: z.string().default('').describe('Written behind each value, as in "€".'),
    bars: z
      .array(z.object({ label: z.string(), value: z.number() }))
      .min(1)
      .max(24),
  }),
  progressSchema: z.object({ done: z.number(), total: z.number() }),
  execute: async ({ bars, ...chart }, { signal, progress, ...call }) => {
    const dashboard = dashboardOf(call)
    const card = dashboard.addChart(chart)
    let done = 0
    for (const bar of bars) {
      // A cancelled call hands back what it has.
      if (signal.aborted) break
      dashboard.addBar(card, bar)
      progress({ done: ++done, total: bars.length })
      await new Promise((resolve) => setTimeout(resolve, barPauseMs))
    }
    return { card, bars: done }
  },
})

const highlight = defineTool({
  name: 'highlight',
  description: 'Draws the eye of the user to one card of the dashboard.',
  inputSchema: z.object({ card: z.string().describe('An id as add_table returns it.') }),
  idempotent: true,
  execute: ({ card }, call) => {
    if (!dashboardOf(call).highlight(card)) throw new ToolError(`There is no card "${card}".`)
    return `"${card}" is highlighted.`
  },
})

const clearDashboard = defineTool({
  name: 'clear_dashboard',
  description: 'Removes every card from the dashboard. The user is asked first.',
  inputSchema: z.object({}),
  idempotent: true,
  destructive: true,
  approval: true,
  execute: (_, call) => ({ removed: dashboardOf(call).clear() }),
})

/** What a model may do in the page. The server holds the same tools without their handlers. */
export const clientTools: readonly AnyTool[] = [
  setTitle,
  addTable,
  addBarChart,
  highlight,
  clearDashboard,
]
