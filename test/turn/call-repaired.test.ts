import { describe, expect, test } from 'vitest'
import type { CallRepair } from '../../src/protocol/index.ts'
import {
  emptyConversation,
  evolve,
  isLegal,
  messagesOf,
  projectEvent,
  projectState,
  restoreState,
  toolPart,
} from '../../src/turn/index.ts'
import { Bench, newCall } from './bench.ts'

const fence: CallRepair = {
  stage: 'code-fence',
  reason: 'malformed',
  before: { toolName: 'edit', inputText: '```{a:1}```' },
  after: { toolName: 'edit', inputText: '{a:1}' },
}
const syntax: CallRepair = {
  stage: 'tolerant-syntax',
  reason: 'malformed',
  before: fence.after,
  after: { toolName: 'edit', inputText: '{"a":1}' },
}

describe('a repair', () => {
  test('is told right behind the creation of its call, each by its own event', () => {
    const bench = new Bench()
      .start()
      .model([newCall({ callId: 'a', repairs: [fence, syntax] }), newCall({ callId: 'b' })])
    const told = bench.log.flatMap((event) =>
      event.type === 'call-created'
        ? [`created ${event.call.callId}`]
        : event.type.startsWith('call-') && 'callId' in event
          ? [`${event.type} ${event.callId}`]
          : [],
    )
    expect(told).toEqual([
      'created a',
      'call-repaired a',
      'call-repaired a',
      'created b',
      'call-queued a',
      'call-queued b',
    ])
    expect(bench.log.filter(({ type }) => type === 'call-repaired')).toEqual([
      { type: 'call-repaired', callId: 'a', at: bench.now, ...fence },
      { type: 'call-repaired', callId: 'a', at: bench.now, ...syntax },
    ])
    const created = bench.log.find(({ type }) => type === 'call-created')
    expect(created).not.toHaveProperty('call.repairs')
  })

  test('stays with the call, in the turn and in the archive', () => {
    const bench = new Bench().start().model([newCall({ callId: 'a', repairs: [fence, syntax] })])
    expect(bench.call('a')?.repairs).toEqual([fence, syntax])
    expect(toolPart(bench.call('a')!).repairs).toEqual([fence, syntax])
    bench.run('a').model()
    expect(bench.state.turn).toBeNull()
    const parts = messagesOf(bench.state).flatMap((message) => message.parts)
    expect(parts.find(({ type }) => type === 'tool')).toMatchObject({ repairs: [fence, syntax] })
    expect(bench.log.reduce(evolve, emptyConversation)).toEqual(bench.state)
  })

  test('is there also where the call is settled at once', () => {
    const settled = { state: 'denied', errorCode: 'not-permitted' } as const
    const bench = new Bench().start().model([newCall({ callId: 'a', repairs: [fence], settled })])
    expect(bench.call('a')).toMatchObject({ repairs: [fence], phase: settled })
  })

  test('is legal only for a call that has not gone on', () => {
    const event = { type: 'call-repaired', callId: 'a', at: 1, ...fence } as const
    const bench = new Bench().start().model([newCall({ callId: 'a' })])
    for (const go of [() => {}, () => bench.claim('a'), () => bench.run('a')]) {
      go()
      expect(isLegal(bench.state, event)).toBe(false)
      const { version, ...rest } = evolve(bench.state, event)
      expect(version).toBe(bench.state.version + 1)
      expect({ ...rest, version: bench.state.version }).toEqual(bench.state)
    }
    expect(isLegal(bench.state, { ...event, callId: 'nothing' })).toBe(false)
  })

  test('is shown to clients, as an event and in a snapshot', () => {
    const bench = new Bench().start().model([newCall({ callId: 'a', repairs: [fence] })])
    const event = bench.log.find(({ type }) => type === 'call-repaired')!
    expect(projectEvent(event)).toEqual(event)
    const restored = restoreState(JSON.parse(JSON.stringify(projectState(bench.state))))
    expect(restored.turn?.calls[0]?.repairs).toEqual([fence])
  })
})
