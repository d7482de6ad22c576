// A bomb costs little memory, since it is refused before anything of it is unpacked or decoded.
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { expect, test } from 'vitest'

test('bombs of 100 MB and more are refused within 32 MB of memory each', () => {
  const measure = path.join(import.meta.dirname, 'bomb-memory.ts')
  const output = execFileSync(process.execPath, ['--expose-gc', measure], { encoding: 'utf8' })
  const found = JSON.parse(output) as Readonly<Record<string, { outcome: string; grewBy: number }>>
  expect(Object.keys(found)).toHaveLength(4)
  for (const [name, { outcome, grewBy }] of Object.entries(found)) {
    expect([name, outcome]).toEqual([name, expect.stringMatching(/^(?:file-dangerous|image-too)/)])
    expect([name, grewBy < 32_000_000]).toEqual([name, true])
  }
})
