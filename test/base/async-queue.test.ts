import { expect, test } from 'vitest'
import { AsyncQueue } from '../../src/base/index.ts'

test('gives what was pushed, before and after the reader came, and then ends', async () => {
  const queue = new AsyncQueue<number>()
  queue.push(1)
  const read = (async () => {
    const seen: number[] = []
    for await (const item of queue) seen.push(item)
    return seen
  })()
  queue.push(2)
  await Promise.resolve()
  queue.push(3)
  queue.end()
  queue.push(4)
  expect(await read).toEqual([1, 2, 3])
})

test('fails after the items that came before the failure', async () => {
  const queue = new AsyncQueue<number>()
  queue.push(1)
  queue.fail(new Error('cut'))
  const items = queue[Symbol.asyncIterator]()
  expect(await items.next()).toEqual({ value: 1, done: false })
  await expect(items.next()).rejects.toThrow('cut')
})
