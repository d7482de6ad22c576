// What a page has to draw again.
import { expect, test } from 'vitest'
import { undoRig } from './undo-rig.ts'

test('messages of turns that are over are the same objects at every piece of the next answer', async () => {
  const { first, open, say, undo } = undoRig()
  const client = open(first)
  await say(client)
  const [question, change, answer] = client.getSnapshot().messages
  expect(change?.parts[0]).toMatchObject({ toolCallId: 'a', undo: { state: 'possible' } })
  let looks = 0
  client.subscribe(() => {
    const { messages, calls, status } = client.getSnapshot()
    if (status === 'ready') return
    looks++
    for (const [at, message] of [question, change, answer].entries())
      expect(messages[at]).toBe(message)
    expect(calls).toEqual(change?.parts)
  })
  await say(client, 'And now?')
  expect(client.getSnapshot().messages).toHaveLength(5)
  expect(looks).toBeGreaterThan(4)
  expect(await undo(client, 'a')).toBe('done')
  expect(client.getSnapshot().messages[1]?.parts[0]).toMatchObject({ undo: { state: 'undone' } })
  expect(client.getSnapshot().messages[0]).toBe(question)
  expect(client.getSnapshot().messages[2]).toBe(answer)
  client.close()
})
