import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

const root = path.resolve(import.meta.dirname, '../..')
const example = readFileSync(path.join(root, 'examples/hello/main.ts'), 'utf8')
const readme = readFileSync(path.join(root, 'README.md'), 'utf8')

test('the program in the README is the example, and no longer than 25 lines', () => {
  const [, program] = /```ts\n(.*?)```/s.exec(readme) ?? []
  expect(program).toBe(example)
  expect(example.trim().split('\n').length).toBeLessThanOrEqual(25)
})

test('the program prints the life of its call, and the answer', () => {
  const output = execFileSync('node', ['examples/hello/main.ts'], { cwd: root, encoding: 'utf8' })
  expect(output.trim().split('\n')).toEqual([
    'paint_door input-available',
    'paint_door queued',
    'paint_door executing',
    'paint_door output-available',
    'Done. Your door is green.',
  ])
})
