import { beforeEach, describe, test } from 'vitest'
import { memoryBroker } from '../../src/brokers/index.ts'
import { brokerSuite } from '../../src/testing/index.ts'
import { ioRedis, needsRedis, nodeRedis, overRedis } from './redis-bench.ts'

describe('memoryBroker', () => {
  const open = () => {
    const broker = memoryBroker()
    return { nodes: [broker, broker] as const }
  }
  test.each(brokerSuite({ name: 'memory', open }))('$name', ({ run }) => run())
})

describe.each([
  ['node-redis', nodeRedis],
  ['ioredis', ioRedis],
] as const)('redisBroker with %s', (name, create) => {
  beforeEach(needsRedis)
  test.each(brokerSuite({ name, open: () => overRedis(create) }))('$name', ({ run }) => run())
})
