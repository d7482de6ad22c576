import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { root } from '../checks/entries.ts'
import { hasRedis, redisUrl } from './redis-bench.ts'

describe.runIf(hasRedis)('the example of two server processes', () => {
  test('passes the client on, and outlives the death of the server that works', () => {
    const output = execFileSync('node', ['examples/cluster/main.ts'], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, REDIS_URL: redisUrl },
    })
    expect(output.trim().split('\n')).toEqual([
      expect.stringMatching(/^The client at A reads: Once upon/),
      expect.stringMatching(/^The client at B reads what A writes: Once upon a time there was/),
      'A is dead, and B told it to the end: Once upon a time there was a door that nobody had painted.',
    ])
  })
})
