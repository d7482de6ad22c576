import { describe, expect, test } from 'vitest'
import { memoryStore } from '../../src/stores/index.ts'
import { ToolError } from '../../src/tools/index.ts'
import { desk, sides } from './desk.ts'

const secret = 'canary-4711'
const leak = (): never => {
  throw new Error(`cannot log in with ${secret}`, { cause: { key: secret } })
}

describe.each(sides)('an error of a tool on the %s', (side) => {
  test.each([
    ['its handler', { execute: leak }],
    ['its view for the model', { tool: { toModelOutput: leak } }],
    ['a guard of the host', { server: { guards: [leak] } }],
    ['a limiter', { tool: { rateLimit: { limit: 1, windowMs: 1, by: 'user' } } }],
  ])(
    'from %s reaches the operator whole, model, user and log with an id only',
    async (_, options) => {
      const store = memoryStore()
      const server = { ...('server' in options && options.server), store, limiter: { take: leak } }
      const it = desk({ side, ...options, server })
      const [call] = await it.call()
      const told = it.model.requests
      const log = await store.read(it.client.conversationId, 0)
      expect(JSON.stringify([call, log, told, it.client.getSnapshot()])).not.toContain(secret)
      expect(it.errors).toHaveLength(1)
      const { error, errorId } = it.errors[0]!
      expect(error).toMatchObject({
        message: `cannot log in with ${secret}`,
        cause: { key: secret },
      })
      expect(JSON.stringify(told)).toContain(errorId)
      expect(JSON.stringify(call)).toContain(errorId)
      await it.end()
    },
  )

  test('speaks to the model and to people, each in its words, where it is a ToolError', async () => {
    const it = desk({
      side,
      execute: () => {
        throw new ToolError('Stock is empty: offer another size.', { forUser: 'Sold out.' })
      },
    })
    expect(await it.call()).toMatchObject([
      { errorText: 'Stock is empty: offer another size.', errorForUser: 'Sold out.' },
    ])
    const told = JSON.stringify(it.model.requests.at(-1)?.messages)
    expect(told).toContain('offer another size')
    expect(it.errors).toEqual([])
    await it.end()
  })
})
