// What a page has to draw again.
import { expect, test } from 'vitest'
import { undoRig } from './undo-rig.ts'

test('messages of turns that are over stay the same objects in every snapshot after, until something is said of them', async () => {
  const { first, open, say, undo } = undoRig()
  const client = open(first)
  await say(client)
  const [question, change, answer] = client.getSnapshot().messages
  expect(change?.parts[0]).toMatchObject({ toolCallId: 'a', undo: { state: 'possible' } })
  let looks = 0
  client.subscribe(() => {
    looks++
    const { messages, calls } = client.getSnapshot()
    for (const [at, message] of [question, change, answer].entries())
      expect(messages[at]).toBe(message)
    expect(calls).toEqual(change?.parts)
  })
  await say(client, 'And now?')
  expect(client.getSnapshot().messages).toHaveLength(5)
  expect(looks).toBeGreaterThan(4)
  client.close()

  const later = open(first)
  await say(later, 'And then?')
  const before = later.getSnapshot().messages
  expect(await undo(later, 'a')).toBe('done')
  const after = later.getSnapshot().messages
  expect(before.map((message, at) => message === after[at])).toEqual(
    before.map((_, at) => at !== 1),
  )
  expect(after[1]?.parts[0]).toMatchObject({ undo: { state: 'undone' } })
  later.close()
})
