import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

/** Races of what does not exist yet: uploads, calls to MCP servers. */
const ofTheFuture = [56, 59]

test('every race from 1 to 60 has a test that is named after it, in one file', () => {
  const { dirname } = import.meta
  const titles = new Map<number, Set<string>>()
  for (const file of readdirSync(dirname).filter((name) => name.endsWith('.test.ts')))
    for (const [, number] of readFileSync(path.join(dirname, file), 'utf8').matchAll(
      /'race (\d+):/g,
    ))
      titles.set(Number(number), (titles.get(Number(number)) ?? new Set()).add(file))
  const all = Array.from({ length: 60 }, (_, index) => index + 1)
  expect([...titles.keys()].toSorted((a, b) => a - b)).toEqual(
    all.filter((number) => !ofTheFuture.includes(number)),
  )
  expect([...titles.values()].filter(({ size }) => size !== 1)).toEqual([])
})
