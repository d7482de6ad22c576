// What may wait for one reader [P30].
import { expect, test } from 'vitest'
import type { Connection } from '../../src/ports/index.ts'
import type { ServerFrame } from '../../src/protocol/index.ts'
import { Outlet } from '../../src/server/outlet.ts'

/** A reader that takes a frame when it is told to. */
function slowReader() {
  const sent: ServerFrame[] = []
  let take = (): void => {}
  const connection: Connection = {
    frames: (async function* none() {})(),
    send(frame) {
      sent.push(frame as ServerFrame)
      return new Promise((resolve) => {
        take = resolve
      })
    },
    close() {},
  }
  return {
    outlet: new Outlet(connection),
    isCut: () => sent.at(-1)?.k === 'bye',
    take: async () => {
      take()
      // The next frame is handed over behind a few microtasks.
      await new Promise(setImmediate)
    },
  }
}

const progress = (chars: number): ServerFrame => ({
  k: 'p',
  c: 'call',
  a: 1,
  n: 1,
  x: 'x'.repeat(chars),
})

test('a reader that is slow but reads is not cut for what it took long ago', async () => {
  const { outlet, isCut, take } = slowReader()
  outlet.push(progress(300_000))
  outlet.push(progress(300_000))
  for (let n = 0; n < 10; n++) {
    outlet.push(progress(300_000))
    await take()
  }
  expect(isCut()).toBe(false)
})

test('what is longer than all that may wait comes through where nothing waits with it', async () => {
  const { outlet, isCut, take } = slowReader()
  outlet.push(progress(10))
  outlet.push(progress(1_200_000))
  expect(isCut()).toBe(false)
  await take()
  outlet.push(progress(900_000))
  expect(isCut()).toBe(false)
  outlet.push(progress(200_000))
  expect(isCut()).toBe(true)
})

test('a reader that takes nothing is cut at a thousand frames, however short', () => {
  const { outlet, isCut } = slowReader()
  for (let n = 0; n <= 1_000; n++) outlet.push(progress(1))
  expect(isCut()).toBe(false)
  outlet.push(progress(1))
  expect(isCut()).toBe(true)
})
