import { expect, test } from 'vitest'
import type { ClientCommand, ReplyFrame, ReplyStatus } from '../../src/protocol/index.ts'
import { Outbox } from '../../src/session/index.ts'

const cancel: ClientCommand = { type: 'cancel', callId: 'c' }
const reply = (st: ReplyStatus): ReplyFrame => ({ k: 'r', c: 'cancel:c', st })
const stop: ClientCommand = { type: 'stop', turnId: 't' }

test('keeps commands in order until they are answered', async () => {
  const outbox = new Outbox()
  const first = outbox.add(cancel)
  void outbox.add(stop)
  expect(outbox.commands).toEqual([cancel, stop])
  outbox.answer(reply('accepted'))
  expect(await first).toEqual(reply('accepted'))
  expect(outbox.commands).toEqual([stop])
})

test('one answer serves everybody who asked the same', async () => {
  const outbox = new Outbox()
  const asked = [outbox.add(cancel), outbox.add({ ...cancel })]
  expect(outbox.commands).toHaveLength(1)
  outbox.answer(reply('gone'))
  outbox.answer(reply('accepted'))
  expect(await Promise.all(asked)).toEqual([reply('gone'), reply('gone')])
})

test('closing it fails whoever still waits', async () => {
  const outbox = new Outbox()
  const asked = outbox.add(cancel)
  outbox.close(new Error('closed'))
  await expect(asked).rejects.toThrow('closed')
  expect(outbox.commands).toEqual([])
})
