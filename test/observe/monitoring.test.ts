// The files of examples/monitoring ask for what a real scrape has.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { startTelemetry } from '../../examples/monitoring/telemetry.ts'
import { root } from '../checks/entries.ts'
import { badDay } from './bad-day.ts'
import { startCollector } from './collector.ts'
import { type Sample, readQuery, samplesOf } from './scrape.ts'

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly annotations: Readonly<Record<string, string>>
}

interface Panel {
  readonly id: number
  readonly title: string
  readonly gridPos: { readonly x: number; readonly y: number }
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[]
}

const file = (name: string): string =>
  readFileSync(path.join(root, 'examples/monitoring', name), 'utf8')
const prometheus = parse(file('prometheus.yml')) as {
  rule_files: string[]
  scrape_configs: { metrics_path: string; static_configs: { targets: string[] }[] }[]
}
const alerts = parse(file('alerts.yml')) as { groups: { rules: Rule[] }[] }
const rules = alerts.groups.flatMap((group) => group.rules)
const { panels } = JSON.parse(file('dashboard.json')) as { panels: Panel[] }

let samples: readonly Sample[] = []
beforeAll(async () => {
  const collector = await startCollector()
  const options = { serviceName: 'shop', metricsPort: 0, tracesUrl: collector.url }
  const telemetry = await startTelemetry(options)
  await badDay({ server: telemetry.observer })
  samples = samplesOf(await (await fetch(telemetry.metricsUrl)).text())
  await telemetry.close()
  await collector.close()
})

/** What an expression asks for that no series has. */
function missing(expr: string): readonly string[] {
  const { selectors, groupedBy } = readQuery(expr)
  expect(selectors.length).toBeGreaterThan(0)
  return selectors.flatMap(({ metric, matches, labels }) => {
    const series = samples.filter(({ name }) => name === metric)
    const known = new Set(series.flatMap((sample) => Object.keys(sample.labels)))
    const strange = [...labels, ...groupedBy].filter((label) => !known.has(label))
    if (strange.length > 0) return [`${metric}: ${strange.join(', ')}`]
    return series.some((sample) => matches(sample.labels)) ? [] : [metric]
  })
}

const value = (metric: string, labels: Sample['labels']): number | undefined =>
  samples.find(
    (sample) =>
      sample.name === metric &&
      Object.entries(labels).every(([key, wanted]) => sample.labels[key] === wanted),
  )?.value

test('Prometheus scrapes where the example serves, and reads the alerts', () => {
  expect(prometheus.rule_files).toEqual(['alerts.yml'])
  const [job] = prometheus.scrape_configs
  expect(job?.metrics_path).toBe('/metrics')
  expect(file('main.ts')).toContain(
    `metricsPort: ${job?.static_configs[0]?.targets[0]?.split(':')[1]}`,
  )
})

test.each(rules)('the alert $alert asks for series that a bad day has', ({ expr, annotations }) => {
  expect(missing(expr)).toEqual([])
  const { groupedBy } = readQuery(expr)
  for (const text of Object.values(annotations))
    for (const [, label] of text.matchAll(/\$labels\.(\w+)/g)) expect(groupedBy).toContain(label)
})

test('what the alerts watch for is in the scrape of a bad day', () => {
  expect(rules.map(({ alert }) => alert)).toEqual([
    'ToolSuccessRateLow',
    'ToolSlow',
    'ToolCircuitOpen',
    'TurnsNearStepLimit',
  ])
  const flaky = { gen_ai_tool_name: 'flaky' }
  expect(value('toolwire_calls_total', { ...flaky, toolwire_call_state: 'output-error' })).toBe(3)
  const slow = { gen_ai_tool_name: 'slow' }
  expect(value('gen_ai_execute_tool_duration_bucket', { ...slow, le: '1.28' })).toBe(0)
  expect(value('gen_ai_execute_tool_duration_bucket', { ...slow, le: '2.56' })).toBe(1)
  expect(value('toolwire_circuit_state', flaky)).toBe(2)
  expect(value('toolwire_turn_step_usage_bucket', { le: '0.8' })).toBe(0)
  expect(value('toolwire_turn_step_usage_count', {})).toBe(1)
})

test('limits that were hit are counted, of calls by tool and of turns', () => {
  const hit = samples.filter(({ name }) => name === 'toolwire_limits_hit_total')
  expect(
    hit.map(({ labels, value: count }) => [
      labels['toolwire_limit'],
      labels['gen_ai_tool_name'],
      count,
    ]),
  ).toEqual([
    ['circuit-open', 'flaky', 1],
    ['rate-limited', 'limited', 1],
    ['max-steps', undefined, 1],
  ])
})

test('a name that the model made up becomes no series', () => {
  expect(samples.some(({ labels }) => labels['gen_ai_tool_name'] === 'nowhere')).toBe(false)
  expect(
    value('toolwire_call_errors_total', { gen_ai_tool_name: '_OTHER', error_type: 'unknown-tool' }),
  ).toBe(1)
})

test.each(panels)('the panel "$title" asks for series that a bad day has', ({ targets }) => {
  for (const { expr, legendFormat } of targets) {
    expect(missing(expr)).toEqual([])
    const { groupedBy } = readQuery(expr)
    for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g))
      expect(groupedBy).toContain(label)
  }
})

test('the panels of the dashboard do not lie over each other', () => {
  const places = panels.map(({ gridPos }) => `${gridPos.x} ${gridPos.y}`)
  expect(new Set(places).size).toBe(panels.length)
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
})
