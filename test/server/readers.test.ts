// What goes down to a reader: all that it missed, at its pace, and not what it sent up itself.
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import type { Connection } from '../../src/ports/index.ts'
import {
  type ConversationEvent,
  type ServerFrame,
  parseServerFrame,
  partJoiner,
} from '../../src/protocol/index.ts'
import { createToolServer } from '../../src/server/index.ts'
import { scriptedModel, virtualClock } from '../../src/testing/index.ts'
import type { Guard } from '../../src/guards/index.ts'
import { defineTool } from '../../src/tools/index.ts'
import { memoryTransport } from '../../src/transports/index.ts'
import { FaultyWire } from '../client/faulty-wire.ts'
import { RawLink } from '../client/raw-link.ts'
import { createToolClient } from '../../src/client/index.ts'

const go = {
  type: 'send',
  turnId: 't',
  message: { id: 'm', parts: [{ type: 'text', text: 'Go.' }] },
} as const

function eventsOf(frames: readonly ServerFrame[]): readonly ConversationEvent[] {
  return frames.flatMap((frame) => (frame.k === 'e' ? [frame.e] : []))
}

describe('a reader that comes back for what it missed [P30]', () => {
  const many = Array.from({ length: 40 }, (_, n) => 50_000 + n)

  /** A conversation whose calls gave so much each. */
  async function past(outputs: readonly number[]) {
    const world = virtualClock()
    const write = defineTool({
      name: 'write',
      description: 'Writes.',
      inputSchema: z.object({ chars: z.number() }),
      execute: ({ chars }) => 'x'.repeat(chars),
    })
    const steps = outputs.map((chars) => ({
      toolCalls: [{ toolName: 'write', input: { chars } }],
    }))
    const model = scriptedModel([...steps, { text: 'Done.' }], { record: false })
    const server = createToolServer({ world, model, tools: [write], maxSteps: steps.length + 1 })
    const wire = memoryTransport()
    server.accept(wire, { id: 'me' })
    const first = await RawLink.open(wire)
    await first.ask(go)
    await world.advance(60_000)
    const opened = eventsOf(first.frames).find(({ type }) => type === 'conversation-opened')
    const log = opened?.type === 'conversation-opened' ? { log: opened.logId } : {}
    const last = eventsOf(first.frames).length
    return { world, server, wire, log, last }
  }

  test.each([
    ['more than may wait for a reader', many],
    ['an event longer than all that may wait, before others', [1_200_000, 700_000, 10]],
  ])('gets all of it: %s', async (_, outputs) => {
    const { world, server, wire, log, last } = await past(outputs)
    const back = await RawLink.open(wire, { clientId: 'back', from: 1, ...log })
    await world.advance(1_000)
    expect(back.frames.filter(({ k }) => k === 'bye')).toEqual([])
    const seen = back.frames.flatMap((frame) => (frame.k === 'e' ? [frame.s] : []))
    expect(seen).toEqual(Array.from({ length: last - 1 }, (__, at) => at + 2))
    await server.close()
  })

  test('gets what is long in parts where it puts them together [P88]', async () => {
    const { world, server, wire, log, last } = await past([200_000, 10])
    const [whole, inParts] = await Promise.all(
      [{ clientId: 'whole' }, { clientId: 'in-parts', parts: true }].map((hello) =>
        RawLink.open(wire, { ...hello, from: 1, ...log }),
      ),
    )
    await world.advance(1_000)
    const joined = partJoiner()
    const together = inParts?.frames.map(joined).filter((frame) => parseServerFrame(frame))
    expect(together).toEqual(whole?.frames)
    expect(whole?.frames.some((frame) => JSON.stringify(frame).length > 200_000)).toBe(true)
    for (const frame of inParts?.frames ?? [])
      expect(JSON.stringify(frame).length).toBeLessThan(70_000)
    // A number that a ping names is that of an event which is there.
    const anew = await RawLink.open(wire, { clientId: 'anew', parts: true })
    await world.advance(20_000)
    const pings = anew.frames.flatMap((frame) => (frame.k === 'ping' ? [frame.s] : []))
    expect(pings).toEqual([0, last])
    await server.close()
  })

  test('and takes nothing of it, is given no more than may wait', async () => {
    const { world, server, wire: _, log } = await past(many)
    const given: object[] = []
    const stalled: Connection = {
      frames: (async function* frames() {
        yield {
          k: 'hello',
          v: 1,
          conversationId: 'talk',
          clientId: 's',
          epoch: 1,
          from: 1,
          ...log,
          journal: 'J0',
        }
        await new Promise<never>(() => {})
      })(),
      send(frame) {
        given.push(frame)
        return new Promise<never>(() => {})
      },
      close() {},
    }
    server.accept(stalled, { id: 'me' })
    await world.advance(1_000)
    expect(given).toHaveLength(1)
    await server.close()
  })
})

describe('an output that a client handed in [P87]', () => {
  const work = defineTool({
    name: 'work',
    description: 'works',
    inputSchema: z.object({}),
    execute: () => 'all of it',
  })
  const output = 'all of it'

  function open(options: Partial<Parameters<typeof createToolServer>[0]> = {}) {
    const world = virtualClock()
    const model = scriptedModel([
      { toolCalls: [{ toolName: 'work', input: {} }] },
      { text: 'Done.' },
    ])
    const server = createToolServer({ world, model, tools: [work.withoutExecute()], ...options })
    const wire = new FaultyWire()
    server.accept(wire, { id: 'me' })
    return { world, server, wire }
  }

  /** Runs the one call by hand over `doer`, after `other` said the same; gives back the key of the result. */
  async function run(
    { world }: ReturnType<typeof open>,
    doer: RawLink,
    other?: RawLink,
  ): Promise<string> {
    const { name, descriptor } = work
    await doer.ask({ type: 'sync', hash: 'h', tools: [{ name, hash: descriptor.hash }] })
    await doer.ask(go)
    await world.advance(1_000)
    const created = eventsOf(doer.frames).find(({ type }) => type === 'call-created')
    if (created?.type !== 'call-created') throw new Error('Nothing was asked for.')
    const { callId, argsHash } = created.call
    await doer.ask({ type: 'claim', callId, attempt: 1, n: 1 })
    await world.advance(1_000)
    const result = { type: 'result', callId, attempt: 1, argsHash, output } as const
    for (const link of [...(other ? [other] : []), doer]) {
      await link.ask({ ...result, state: 'output-available' })
      await world.advance(1_000)
    }
    await world.advance(1_000)
    return `result:${callId}:1`
  }

  function settled(link: RawLink): readonly unknown[] {
    return link.frames.flatMap((frame) =>
      frame.k === 'e' && frame.e.type === 'call-settled' ? [[frame.c, frame.e.output]] : [],
    )
  }

  test('is not sent back to who can fill it in, and goes to everybody else', async () => {
    const it = open()
    const doer = await RawLink.open(it.wire, { fills: true })
    const other = await RawLink.open(it.wire, { clientId: 'other', fills: true })
    const key = await run(it, doer)
    expect(settled(doer)).toEqual([[key, null]])
    expect(settled(other)).toEqual([[undefined, output]])
    // Once it is answered, its client may have forgotten it.
    const late = await RawLink.open(it.wire, { fills: true, from: 1 })
    await it.world.advance(1_000)
    expect(settled(late)).toEqual([[undefined, output]])
    await it.server.close()
  })

  test('is sent back where the client did not say that it fills it in', async () => {
    const it = open()
    const doer = await RawLink.open(it.wire)
    await run(it, doer)
    expect(settled(doer)).toEqual([[undefined, output]])
    await it.server.close()
  })

  test('goes to who handed the same in before, and was not the one to', async () => {
    const it = open()
    const other = await RawLink.open(it.wire, { clientId: 'other', fills: true })
    const doer = await RawLink.open(it.wire, { fills: true })
    await run(it, doer, other)
    expect(other.replies).toContainEqual(['result', 'lost'])
    expect(settled(other)).toEqual([[undefined, output]])
    await it.server.close()
  })

  test('is sent back where the server keeps another', async () => {
    const stamp: Guard = async (_, next) => ({ ...(await next()), output: 'stamped' })
    const it = open({ guards: [stamp] })
    const doer = await RawLink.open(it.wire, { fills: true })
    await run(it, doer)
    expect(settled(doer)).toEqual([[undefined, 'stamped']])
    await it.server.close()
  })

  test('is shown by the client that handed it in, with no second link', async () => {
    const { world, server, wire } = open()
    const client = createToolClient({ world, transport: wire, tools: [work] })
    const down: unknown[] = []
    wire.dropDown = (frame) => {
      down.push(frame)
      return false
    }
    const sent = client.send('Go.')
    await world.advance(5_000)
    await sent
    expect(client.getSnapshot().calls).toMatchObject([{ state: 'output-available', output }])
    expect(JSON.stringify(down)).not.toContain(output)
    expect(wire.opened).toBe(1)
    client.close()
    await server.close()
  })

  test('is shown as JSON has it, whatever a guard of the client made of it', async () => {
    const { world, server, wire } = open()
    const at = new Date(0)
    const made: { done: string; at?: Date } = { done: 'stamped', at }
    const stamp: Guard = async (_, next) => ({ ...(await next()), output: made })
    const client = createToolClient({ world, transport: wire, tools: [work], guards: [stamp] })
    const sent = client.send('Go.')
    await world.advance(5_000)
    await sent
    made.done = 'changed later'
    expect(client.getSnapshot().calls[0]?.output).toEqual({
      done: 'stamped',
      at: at.toISOString(),
    })
    client.close()
    await server.close()
  })

  test('is fetched again where the client does not have it any more', async () => {
    const { world, server, wire } = open()
    const client = createToolClient({ world, transport: wire, tools: [work] })
    let late: object | null = null
    // On the first link the event comes behind the answer, and no other event comes.
    wire.dropDown = (frame) => {
      if (wire.opened > 1) return false
      if (frame.k === 'e' && frame.c !== undefined) late = frame
      if (frame.k === 'r' && late) {
        const event = late
        queueMicrotask(() => wire.bring(event))
      }
      return frame.k === 'e' && late !== null
    }
    const sent = client.send('Go.')
    await world.advance(10_000)
    await sent
    expect(late).not.toBe(null)
    expect(wire.opened).toBe(2)
    expect(client.getSnapshot().calls).toMatchObject([{ state: 'output-available', output }])
    client.close()
    await server.close()
  })
})
