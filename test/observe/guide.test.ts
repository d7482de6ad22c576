// docs/guides/observability.md shows programs that run, and names what there is.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import {
  attributes,
  metrics,
  operations,
  refusedEvent,
} from '../../src/observe/opentelemetry/names.ts'
import { type Happening, createToolServer } from '../../src/server/index.ts'
import { scriptedModel } from '../../src/testing/index.ts'
import { root } from '../checks/entries.ts'
import { badDay } from './bad-day.ts'
import { slowCalls } from './slow-calls.ts'
import { watched } from './watched.ts'

const guide = readFileSync(path.join(root, 'docs/guides/observability.md'), 'utf8')

/** The first cells of the rows of a table under a heading. */
function rowsUnder(heading: string): readonly (readonly string[])[] {
  const section = guide.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? ''
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')))
}

test.each(['watched.ts', 'slow-calls.ts'])(
  'the guide shows the program %s that is tested here',
  (name) => {
    const program = readFileSync(path.join(import.meta.dirname, name), 'utf8')
      .replace('../../src/observe/opentelemetry.ts', 'toolwire/observe/opentelemetry')
      .replace('../../src/server/index.ts', 'toolwire/server')
    expect(guide).toContain(`\`\`\`ts\n${program}\`\`\``)
  },
)

test('the table names every span, event, attribute and metric, and no other', () => {
  const rows = rowsUnder('Names')
  const named = (kind: string): readonly (string | undefined)[] =>
    rows.filter(([, , what]) => what?.startsWith(kind)).map(([, name]) => name)
  expect(named('span')).toEqual(
    Object.values(operations).map((operation) => expect.stringMatching(`^${operation}( |$)`)),
  )
  expect(named('event')).toEqual([refusedEvent])
  expect(new Set(named('attribute'))).toEqual(new Set(Object.values(attributes)))
  expect(new Set(named('counter').concat(named('histogram'), named('gauge')))).toEqual(
    new Set(Object.values(metrics)),
  )
})

test('the table of what an observer is told names every kind of it', async () => {
  const told: Happening[] = []
  await badDay({ server: { observe: (happening) => void told.push(happening) } })
  const kinds = new Set<string>(told.map(({ type }) => type)).add('turn-left')
  expect(new Set(rowsUnder('Your own observer').map(([, name]) => name))).toEqual(kinds)
})

test('the observer of the guide writes of calls that took long', async () => {
  const lines: string[] = []
  await badDay({ server: slowCalls(1_000, (line) => lines.push(line)) })
  expect(lines).toEqual(['slow at the server: output-available after 1500 ms and 0 ms of waiting'])
})

test('the server of the guide shows its health to who has the token', async () => {
  const options = { model: scriptedModel([{ text: 'Hi.' }]), tools: [] }
  const server = createToolServer(watched(options, 'probe'))
  await server.run({ message: 'Hello.' }).result
  const ask = async (token: string): Promise<number> => {
    const headers = { authorization: `Bearer ${token}` }
    return (await server.fetch(new Request('http://127.0.0.1/', { headers }))).status
  }
  expect([await ask('probe'), await ask('guess')]).toEqual([200, 401])
  await server.close()
  expect(await ask('probe')).toBe(503)
})
