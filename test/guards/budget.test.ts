import { expect, test } from 'vitest'
import * as z from 'zod'
import { defineTool } from '../../src/tools/index.ts'
import { setup } from '../server/setup.ts'

const usage = { totalTokens: 40 }

test('a conversation that has spent its tokens asks the model no more, and says why', async () => {
  const ends: string[] = []
  const it = setup({
    steps: [
      { text: 'One.', usage },
      { text: 'Two.', usage },
      { text: 'Three.', usage },
    ],
    budgets: { maxConversationTokens: 80 },
    onFinish: ({ reason }) => void ends.push(reason),
  })
  for (const text of ['a', 'b', 'c', 'd']) await it.say(text)
  expect(it.model.requests).toHaveLength(2)
  expect(ends).toEqual(['stop', 'stop', 'max-tokens', 'max-tokens'])
  expect(it.client.getSnapshot().status).toBe('ready')
  await it.end()
  expect(it.world.pendingTimers).toBe(0)
})

test('messages that waited for the turn that spent the last tokens end the same way, all of them', async () => {
  const ends: string[] = []
  const it = setup({
    steps: [{ text: 'One.', usage }],
    budgets: { maxConversationTokens: 40 },
    onFinish: ({ reason }) => void ends.push(reason),
  })
  const sent = ['a', 'b', 'c'].map((text) => it.client.send(text))
  await it.world.advance(1_000)
  await Promise.all(sent)
  expect(ends).toEqual(['stop', 'max-tokens', 'max-tokens'])
  await it.end()
})

test('a turn stops between two steps when the conversation has spent its tokens', async () => {
  const look = defineTool({
    name: 'look',
    description: 'looks',
    inputSchema: z.object({}),
    execute: () => 1,
  })
  const ends: string[] = []
  const it = setup({
    steps: [
      { text: 'One.', usage },
      { toolCalls: [{ toolName: 'look', input: {} }], usage },
      { text: 'Never.' },
    ],
    serverTools: [look],
    budgets: { maxConversationTokens: 80 },
    onFinish: ({ reason }) => void ends.push(reason),
  })
  await it.say('a')
  await it.say('b')
  expect(ends).toEqual(['stop', 'max-tokens'])
  expect(it.client.getSnapshot().calls).toMatchObject([{ output: 1 }])
  await it.end()
})
