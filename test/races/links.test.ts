import { expect, test } from 'vitest'
import type { Connection, Listener, Model } from '../../src/ports/index.ts'
import { RawLink } from '../client/raw-link.ts'
import { Freezer } from '../client/freezer.ts'
import { that } from './race-wire.ts'
import { Rig, type Tab, settledOnce } from './rig.ts'

test('race 24: the stream is dead while replies still come, and the tab opens another', async () => {
  const rig = new Rig()
  rig.workMs = 90_000
  const tab = rig.open('tab')
  await rig.say(tab, 500)
  // The stream of this link is gone for good; that of the next is not. Beats are answered all the time.
  tab.wire.down = (frame) => (tab.wire.opened === 1 && !frame.includes('"k":"r"') ? 'drop' : 'pass')
  await rig.world.advance(29_000)
  expect(tab.wire.opened).toBe(1)
  await rig.world.advance(2_000)
  expect(tab.wire.opened).toBe(2)
  await rig.world.advance(90_000)
  expect(await rig.verdict()).toEqual(settledOnce(['tab']))
})

test('race 25: a tab sends into the void while its stream is fine, and is told so by the end of the link', async () => {
  const rig = new Rig()
  const tab = rig.open('tab', { beatMs: 5_000 })
  await rig.world.advance(100)
  // The way up of this link is gone; that of the next is not.
  tab.wire.up = () => (tab.wire.opened === 1 ? 'drop' : 'pass')
  await rig.say(tab, 60_000)
  expect(tab.wire.opened).toBe(2)
  expect(await rig.verdict()).toEqual(settledOnce(['tab']))
})

test('race 26: an event is lost in the middle, the tab notices and comes back at another node', async () => {
  const rig = new Rig()
  const other = rig.startNode()
  const tab = rig.open('tab')
  await rig.world.advance(100)
  tab.wire.down = that('drop', ['call-created'], 1)
  tab.wire.to = other.wire()
  await rig.say(tab, 5_000)
  expect(tab.wire.opened).toBe(2)
  expect(await rig.verdict()).toEqual(settledOnce(['tab']))
})

test('race 27: frames of the old link arrive on both sides after the new hello, and nobody minds', async () => {
  const rig = new Rig()
  const tab = rig.open('tab')
  await rig.say(tab, 500)
  tab.wire.down = () => 'hold'
  tab.wire.up = () => 'hold'
  await rig.world.advance(5_000)
  const { opened } = tab.wire
  tab.wire.cut()
  tab.wire.up = () => (tab.wire.opened === opened ? 'hold' : 'pass')
  tab.wire.down = () => (tab.wire.opened === opened ? 'hold' : 'pass')
  await rig.world.advance(5_000)
  const before = await rig.verdict()
  expect(before).toEqual(settledOnce(['tab']))
  tab.wire.release()
  await rig.world.advance(60_000)
  expect(await rig.verdict()).toEqual(before)
  expect(tab.wire.opened).toBe(opened + 1)
})

test('race 41: the events after the last that a tab has are no longer sent one by one, so it gets the whole state', async () => {
  const rig = new Rig()
  const tab = rig.open('tab')
  await rig.say(tab, 5_000)
  tab.freezer.freeze()
  tab.wire.cut()
  await history(rig, 600)
  const seen: string[] = []
  tab.wire.down = (frame) => {
    seen.push(frame.slice(0, 10))
    return 'pass'
  }
  tab.freezer.thaw()
  await rig.world.advance(60_000)
  expect(seen.some((frame) => frame.includes('snap'))).toBe(true)
  rig.open('late', { tools: [] })
  await rig.world.advance(1_000)
  expect(await rig.verdict()).toEqual(settledOnce(['tab']))
})

test('race 42: a tab joins at the very moment of each commit, and sees each event once', async () => {
  const rig = new Rig()
  const tab = rig.open('tab')
  const late: Tab[] = []
  rig.store.watch('talk', () => {
    if (late.length < 30) late.push(rig.open(`late ${late.length}`, { tools: [] }))
  })
  await rig.say(tab, 5_000)
  expect(late.length).toBeGreaterThan(8)
  expect(await rig.verdict()).toEqual(settledOnce(['tab']))
  expect(late.map(({ wire }) => wire.opened)).toEqual(late.map(() => 1))
})

test('race 43: a link breaks while text streams, and the text has neither a hole nor a repeat', async () => {
  const words = Array.from({ length: 40 }, (_, n) => `word${n} `)
  const rig: Rig = new Rig({ model: typing(() => rig, words) })
  const tab = rig.open('tab')
  const shown = new Set<string>()
  tab.client.subscribe(() => {
    const last = tab.client.getSnapshot().messages.at(-1)
    const [part] = last?.role === 'assistant' ? last.parts : []
    if (part?.type === 'text') shown.add(part.text)
  })
  await rig.say(tab, 500)
  for (let cut = 0; cut < 5; cut++) {
    tab.wire.down = that('drop', ['"k":"d"'], 2)
    await rig.world.advance(350)
    tab.wire.cut()
    await rig.world.advance(150)
  }
  await rig.world.advance(20_000)
  const text = words.join('')
  expect(shown.size).toBeGreaterThan(5)
  expect([...shown].filter((one) => !text.startsWith(one))).toEqual([])
  expect((await rig.verdict()).words).toEqual([text])
})

test('race 44: a reader that does not read is cut off in the middle of its grant, and finishes its call', async () => {
  const rig = new Rig()
  const reader = new Freezer()
  const tab = rig.open('tab', { to: rig.node.wire('me', (listener) => slowed(listener, reader)) })
  await rig.world.advance(100)
  rig.node.onCommit = (events, commit) => {
    if (events.some(({ type }) => type === 'call-granted')) reader.freeze()
    return commit()
  }
  await rig.say(tab, 500)
  await history(rig, 1_100)
  expect(rig.begins).toEqual([])
  rig.node.onCommit = (_, commit) => commit()
  reader.thaw()
  // It was told to come back; it need not find out by the silence.
  await rig.world.advance(5_000)
  expect(tab.wire.opened).toBe(2)
  expect(await rig.verdict()).toEqual(settledOnce(['tab']))
})

/** Another client makes the log `length` events longer. */
async function history(rig: Rig, length: number): Promise<void> {
  const raw = await RawLink.open(rig.node.wire() as Parameters<typeof RawLink.open>[0])
  for (let n = 0; n < length; n++) await raw.ask({ type: 'sync', hash: `${n}`, tools: [] })
  for (let n = 0; n < 50 && raw.replies.length < length; n++) await rig.world.settle()
  raw.close()
}

/** The server's ends of links whose other ends read only while the freezer lets them. */
function slowed(listener: Listener, reader: Freezer): Listener {
  return {
    listen: (onConnection) =>
      listener.listen((connection: Connection) =>
        onConnection({
          frames: connection.frames,
          close: () => connection.close(),
          async send(frame) {
            await reader.passed()
            await connection.send(frame)
          },
        }),
      ),
  }
}

/** A model that says a word every 100 ms. */
function typing(rig: () => Rig, words: readonly string[]): Model {
  return {
    id: 'typing',
    format: 'scripted',
    async *stream() {
      for (const text of words) {
        await new Promise<void>((resolve) => void rig().world.setTimer(100, resolve))
        yield { type: 'text-delta', text }
      }
      yield { type: 'finish', reason: 'stop', rawReason: 'stop', usage: {} }
    },
  }
}
