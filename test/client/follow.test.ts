import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ServerFrame } from '../../src/protocol/index.ts'
import { type Followed, nothingFollowed, receive } from '../../src/client/follow.ts'
import { projectState } from '../../src/turn/index.ts'
import { Bench, newCall } from '../turn/bench.ts'

function played(): Bench {
  const bench = new Bench().start().model([newCall({ callId: 'c' })])
  bench.run('c')
  return bench.model()
}

function frames({ log }: Bench): ServerFrame[] {
  return log.map((e, index) => ({ k: 'e', s: index + 1, e }))
}

function follow(all: readonly ServerFrame[], from: Followed = nothingFollowed): Followed {
  return all.reduce((followed, frame) => receive(followed, frame).followed, from)
}

describe('events', () => {
  test('in order give the state of the server', () => {
    const bench = played()
    expect(follow(frames(bench)).conversation).toEqual(bench.state)
  })

  test('that come again change nothing, and a gap applies nothing [P24]', () => {
    const bench = played()
    const all = frames(bench)
    fc.assert(
      fc.property(fc.array(fc.nat(all.length - 1), { maxLength: 60 }), (order) => {
        let followed = nothingFollowed
        for (const index of order) {
          const before = followed.conversation.version
          const { effect, followed: next } = receive(followed, all[index]!)
          expect(effect).toBe(index < before ? 'unchanged' : index === before ? 'changed' : 'gap')
          expect(next.conversation.version).toBe(index === before ? before + 1 : before)
          followed = next
        }
        expect(follow(all, followed).conversation).toEqual(bench.state)
      }),
    )
  })

  test('that are illegal are told and not applied [P35]', () => {
    const bench = played()
    const late = { type: 'call-settled', callId: 'c', state: 'cancelled', at: 1 } as const
    const { illegal, followed } = receive(follow(frames(bench)), {
      k: 'e',
      s: bench.state.version + 1,
      e: late,
    })
    expect(illegal).toEqual(late)
    expect(followed.conversation).toEqual({ ...bench.state, version: bench.state.version + 1 })
  })

  test('of an unknown type count, so that the next is no gap', () => {
    const bench = played()
    const next = { k: 'e', s: bench.state.version + 1, e: { type: 'from-the-future' } }
    const { effect, followed } = receive(follow(frames(bench)), next as never)
    expect(effect).toBe('changed')
    expect(followed.conversation.version).toBe(bench.state.version + 1)
  })
})

test('a snapshot replaces what was known, and the log goes on from there', () => {
  const bench = new Bench().start().model([newCall({ callId: 'c' })])
  const snap = JSON.parse(
    JSON.stringify({ k: 'snap', s: bench.state.version, state: projectState(bench.state) }),
  )
  const followed = receive(follow(frames(played())), snap).followed
  expect(followed.conversation.version).toBe(bench.state.version)
  const { version } = bench.state
  bench.run('c')
  const rest = frames(bench).slice(version)
  expect(follow(rest, followed).conversation.turn?.calls[0]?.phase.state).toBe('output-available')
})

test('a ping tells of events that never came', () => {
  const followed = follow(frames(played()))
  const { version } = followed.conversation
  expect(receive(followed, { k: 'ping', s: version }).effect).toBe('unchanged')
  expect(receive(followed, { k: 'ping', s: version + 1 }).effect).toBe('gap')
})

describe('text under way', () => {
  const text = 'The quick brown fox'
  const head = { type: 'text' } as const
  const piece = (o: number, x: string): ServerFrame => ({
    k: 'd',
    m: 'turn-1-step-1',
    p: 0,
    o,
    x,
    ...(o === 0 && { h: head }),
  })

  const all = frames(played())
  const begun = all.findIndex((frame) => frame.k === 'e' && frame.e.type === 'step-started') + 1
  /** The first step is under way. */
  const writing = follow(all.slice(0, begun))

  test('is placed by offset, so that repeats and overlaps show once [P25]', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(text.length), fc.nat(text.length))), (cuts) => {
        let followed = receive(writing, piece(0, '')).followed
        for (const [a, b] of cuts)
          followed = receive(
            followed,
            piece(Math.min(a, b), text.slice(Math.min(a, b), Math.max(a, b))),
          ).followed
        expect(text.startsWith(followed.draft!.parts[0]!.text)).toBe(true)
        followed = receive(followed, piece(0, text)).followed
        expect(followed.draft!.parts[0]!.text).toBe(text)
      }),
    )
  })

  test('of a step that is not under way is not shown: its message is there, or comes whole', () => {
    const late = piece(0, 'late')
    for (const followed of [nothingFollowed, follow(all)])
      expect(receive(followed, late).followed.draft).toBeNull()
    expect(receive(writing, { ...late, m: 'other' } as ServerFrame).followed.draft).toBeNull()
  })

  test('ends with the commit of its message', () => {
    const before = receive(writing, piece(0, 'half')).followed
    expect(before.draft?.parts).toEqual([{ head, text: 'half' }])
    expect(follow(all.slice(begun, begun + 1), before).draft).toBeNull()
  })
})

test('progress that is late or for a call that does not run is not shown [P26]', () => {
  const bench = new Bench().start().model([newCall({ callId: 'c' }), newCall({ callId: 'd' })])
  bench.run('d')
  bench.claim('c')
  const progress = (c: string, n: number, x: string): ServerFrame => ({ k: 'p', c, a: 1, n, x })
  let followed = follow(frames(bench))
  for (const frame of [
    progress('c', 2, 'half'),
    progress('c', 1, 'start'),
    progress('d', 1, 'late'),
  ])
    followed = receive(followed, frame).followed
  expect([...followed.progress]).toEqual([['c', { attempt: 1, n: 2, value: 'half' }]])
})
