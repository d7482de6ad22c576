import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { createToolServer } from '../../../src/server/index.ts'
import { memoryTransport, scriptedModel, virtualClock } from '../../../src/testing/index.ts'
import { entries, root } from '../../checks/entries.ts'
import { clientOfReport, reportingClient } from './bug-report.ts'

const guide = readFileSync(path.join(root, 'docs/guides/transports.md'), 'utf8')

const names = ['lines.ts', 'lines-suite.test.ts', 'bad-weather.test.ts', 'bug-report.ts']

/** A program as the guide shows it: it imports the package by its name, on one line where that fits. */
function shown(name: string): string {
  const program = readFileSync(path.join(import.meta.dirname, name), 'utf8')
  const named = program.replace(/'((?:\.\.\/)+src\/[\w./-]+)'/g, (whole, file: string) => {
    const source = path.resolve(import.meta.dirname, file)
    const entry = entries.find((one) => one.source === source)
    return entry ? `'${entry.specifier}'` : whole
  })
  return named.replace(
    /^import \{\n([^}]*),\n\} (from .*)$/gm,
    (whole, inner: string, from: string) => {
      const line = `import { ${inner
        .trim()
        .split(/\s*\n\s*/)
        .join(' ')} } ${from}`
      return line.length > 100 ? whole : line
    },
  )
}

describe('the guide to transports', () => {
  test('shows the programs that are tested here', () => {
    const programs = [...guide.matchAll(/```ts\n(.*?)```/gs)].map(([, program]) => program)
    expect(programs).toEqual(names.map(shown))
  })

  test('knows every transport', () => {
    for (const { specifier } of entries)
      if (specifier.includes('/transports/')) expect(guide).toContain(specifier)
  })

  test('records a session without its files, and shows it to a fresh client', async () => {
    const world = virtualClock()
    const wire = memoryTransport({ world })
    const server = createToolServer({
      world,
      model: scriptedModel([{ text: 'A cat.' }]),
      tools: [],
    })
    server.accept(wire, { id: 'me' })
    const parts = [
      { type: 'text', text: 'What is it?' },
      { type: 'file', mediaType: 'image/png', url: 'data:image/png;base64,SECRET' },
    ] as const
    const { client, report } = reportingClient({ world, transport: wire })
    void client.send(parts)
    await world.advance(5_000)
    expect(report()).not.toContain('SECRET')

    const later = virtualClock({ seed: 2 })
    const again = clientOfReport(report(), { world: later })
    void again.client.send(parts)
    await later.advance(5_000)
    await again.replay.finished
    expect(again.client.getSnapshot().messages.at(-1)).toEqual(client.getSnapshot().messages.at(-1))
    client.close()
    again.client.close()
    await server.close()
  })
})
