import { expect, test } from 'vitest'
import type { ClientCommand } from '../../src/protocol/index.ts'
import { Outbox } from '../../src/session/index.ts'

const cancel: ClientCommand = { type: 'cancel', callId: 'c' }
const stop: ClientCommand = { type: 'stop', turnId: 't' }

test('keeps commands in order until they are answered', async () => {
  const outbox = new Outbox()
  const first = outbox.add(cancel)
  void outbox.add(stop)
  expect(outbox.commands).toEqual([cancel, stop])
  outbox.answer('cancel:c', 'accepted')
  expect(await first).toBe('accepted')
  expect(outbox.commands).toEqual([stop])
})

test('one answer serves everybody who asked the same', async () => {
  const outbox = new Outbox()
  const asked = [outbox.add(cancel), outbox.add({ ...cancel })]
  expect(outbox.commands).toHaveLength(1)
  outbox.answer('cancel:c', 'gone')
  outbox.answer('cancel:c', 'accepted')
  expect(await Promise.all(asked)).toEqual(['gone', 'gone'])
})

test('closing it fails whoever still waits', async () => {
  const outbox = new Outbox()
  const asked = outbox.add(cancel)
  outbox.close(new Error('closed'))
  await expect(asked).rejects.toThrow('closed')
  expect(outbox.commands).toEqual([])
})
