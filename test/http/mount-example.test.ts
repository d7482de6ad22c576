import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { expect, test } from 'vitest'

test('the example takes the same turn through every host, and ends', () => {
  const root = path.resolve(import.meta.dirname, '../..')
  const output = execFileSync('node', ['examples/mount/main.ts'], { cwd: root, encoding: 'utf8' })
  const said = 'The door is green now. Your door is green.'
  expect(output.trim().split('\n')).toEqual([
    `node:http: ${said}`,
    `Express: ${said}`,
    `Fastify: ${said}`,
    `Hono: ${said}`,
  ])
})
