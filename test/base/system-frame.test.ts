import { expect, test } from 'vitest'
import { systemFrame } from '../../src/base/index.ts'

test('where nothing is painted, a frame comes once all that is here already was dealt with', async () => {
  const seen: string[] = []
  systemFrame(() => void seen.push('frame'))
  for (const name of ['first', 'second', 'third']) {
    await Promise.resolve()
    seen.push(name)
  }
  await new Promise((resolve) => void setImmediate(resolve))
  expect(seen).toEqual(['first', 'second', 'third', 'frame'])
})
