import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { type Snapshot, type ToolClient, createToolClient } from '../../src/client/index.ts'
import type { Transport } from '../../src/ports/index.ts'
import { createToolServer } from '../../src/server/index.ts'
import {
  type FrameRecorder,
  type RecordFramesOptions,
  type Redact,
  type VirtualClock,
  memoryTransport,
  recordFrames,
  replayFrames,
  scriptedModel,
  virtualClock,
} from '../../src/testing/index.ts'
import { type AnyTool, defineTool } from '../../src/tools/index.ts'

function paint(world: VirtualClock, result = 'painted'): AnyTool {
  return defineTool({
    name: 'paint',
    description: 'Paints a door.',
    inputSchema: z.object({ color: z.string() }),
    execute: ({ color }, { progress }) => {
      progress('half')
      return new Promise((resolve) => {
        world.setTimer(15_000, () => resolve(`${result} ${color}`))
      })
    },
  })
}

function page(world: VirtualClock, transport: Transport, result?: string): ToolClient {
  return createToolClient({ world, transport, tools: [paint(world, result)] })
}

interface Session {
  readonly recorder: FrameRecorder
  readonly snapshot: Snapshot
}

/** A conversation with two messages and a call, whose link breaks under the call, recorded at one of its ends. */
async function recorded(
  side: 'client' | 'server' = 'client',
  options: RecordFramesOptions = {},
): Promise<Session> {
  const world = virtualClock({ seed: 5 })
  const wire = memoryTransport({ world, delay: 20 })
  const recorder = recordFrames({ ...options, world })
  const server = createToolServer({
    world,
    model: scriptedModel([
      { text: 'I paint.', toolCalls: [{ toolName: 'paint', input: { color: 'red' } }] },
      { text: 'It is red.' },
      { text: 'You are welcome.' },
    ]),
    tools: [paint(world).withoutExecute()],
  })
  server.accept(side === 'server' ? recorder.listener(wire) : wire, { id: 'me' })
  const client = page(world, side === 'client' ? recorder.transport(wire) : wire)
  const sent = client.send('Red, please.')
  await world.advance(5_000)
  await sent
  wire.cut()
  await world.advance(60_000)
  const thanked = client.send('Thanks.')
  await world.advance(30_000)
  await thanked
  const snapshot = client.getSnapshot()
  client.close()
  await server.close()
  await world.settle()
  return { recorder, snapshot }
}

/** What people see of it: who said what, and what became of the calls. */
function shown({ messages, calls, status }: Snapshot): unknown {
  return {
    status,
    messages: messages.map(({ role, parts }) => ({ role, parts })),
    calls: calls.map(({ toolName, state, output }) => ({ toolName, state, output })),
  }
}

/** A fresh client before a recording. */
async function replayed(
  log: string,
  {
    words = ['Red, please.', 'Thanks.'],
    result,
    redact,
  }: {
    readonly words?: readonly string[]
    readonly result?: string
    readonly redact?: Redact
  } = {},
): Promise<{ snapshot: Snapshot; replay: ReturnType<typeof replayFrames> }> {
  const world = virtualClock({ seed: 77 })
  const replay = replayFrames(log, { world, ...(redact && { redact }) })
  const client = page(world, replay, result)
  await world.advance(100)
  for (const word of words) {
    // Where the replay ends the link, it is never stored.
    client.send(word).catch(() => {})
    await world.advance(60_000)
  }
  const snapshot = client.getSnapshot()
  client.close()
  await world.settle()
  return { snapshot, replay }
}

describe('a recording', () => {
  test.each(['client', 'server'] as const)(
    'made at the %s, shows a fresh client the same session',
    async (side) => {
      const { recorder, snapshot } = await recorded(side)
      const { snapshot: again, replay } = await replayed(recorder.text())
      expect(shown(snapshot)).toMatchObject({
        status: 'ready',
        calls: [{ state: 'output-available', output: 'painted red' }],
      })
      expect(shown(again)).toEqual(shown(snapshot))
      expect(replay.waitsFor).toBeNull()
      await replay.finished
    },
  )

  test('is lines of JSON with the time, the link and the way of each frame', async () => {
    const { recorder } = await recorded()
    const lines = recorder.text().trim().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(recorder.lines)
    expect(recorder.lines[0]).toMatchObject({ at: 0, link: 1, way: 'up', frame: { k: 'hello' } })
    const ends = recorder.lines.filter((line) => 'end' in line)
    expect(ends).toMatchObject([
      { link: 1, end: 'broken', code: 'TRANSPORT_CLOSED' },
      { link: 2, end: 'client' },
    ])
    const times = recorder.lines.map(({ at }) => at)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(times.at(-1)).toBeGreaterThan(90_000)
  })

  test('keeps no more than it is told, and counts the rest', async () => {
    const whole = await recorded()
    const { recorder } = await recorded('client', { maxLines: 10 })
    expect(recorder.lines).toEqual(whole.recorder.lines.slice(0, 10))
    expect(recorder.omitted).toBe(whole.recorder.lines.length - 10)
  })

  test('holds only what redact leaves, and is replayed with the same redact', async () => {
    const redact: Redact = (frame) =>
      JSON.parse(JSON.stringify(frame).replaceAll('Red, please.', '***'))
    const { recorder, snapshot } = await recorded('client', { redact })
    expect(recorder.text()).not.toContain('Red, please.')
    const { snapshot: again, replay } = await replayed(recorder.text(), { redact })
    expect(again.calls.map(({ output }) => output)).toEqual(['painted red'])
    expect(again.messages.length).toBe(snapshot.messages.length)
    await replay.finished
  })

  test('tells of a server that cannot be reached', async () => {
    const recorder = recordFrames()
    const transport = recorder.transport(memoryTransport())
    const hello = {
      k: 'hello',
      v: 1,
      conversationId: 'c',
      clientId: 'a',
      epoch: 1,
      from: 0,
    } as const
    const { signal } = new AbortController()
    const refused = transport.connect({ ...hello, journal: 'J0' }, signal)
    await expect(refused).rejects.toMatchObject({ code: 'TRANSPORT_CLOSED' })
    expect(recorder.lines.at(-1)).toMatchObject({ end: 'refused', code: 'TRANSPORT_CLOSED' })
    const again = replayFrames(recorder.lines).connect({ ...hello, journal: 'J0' }, signal)
    await expect(again).rejects.toMatchObject({ code: 'TRANSPORT_CLOSED' })
  })

  test('that is none is refused, by its line', () => {
    expect(() => replayFrames('{"at":0,"link":1,"way":"up","frame":{}}\nnonsense\n')).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTIONS',
        message: expect.stringContaining('line 2'),
      }),
    )
  })
})

describe('a client that says something else', () => {
  test('in a message, is told what came and what was recorded', async () => {
    const { recorder } = await recorded()
    const { replay } = await replayed(recorder.text(), { words: ['Blue, please.'] })
    await expect(replay.finished).rejects.toMatchObject({
      code: 'REPLAY_DIVERGED',
      message: expect.stringMatching(/Blue, please\..*Red, please\./s),
    })
  })

  test('in a result, is told so', async () => {
    const { recorder } = await recorded()
    const { replay } = await replayed(recorder.text(), { result: 'sprayed' })
    await expect(replay.finished).rejects.toMatchObject({
      code: 'REPLAY_DIVERGED',
      message: expect.stringMatching(/sprayed red.*painted red/s),
    })
  })

  test('by silence, is waited for', async () => {
    const { recorder } = await recorded()
    const { replay } = await replayed(recorder.text(), { words: [] })
    expect(replay.waitsFor).toMatchObject({ way: 'up', frame: { c: { type: 'send' } } })
  })

  test('behind the end of the recording, is told so', async () => {
    const { recorder } = await recorded()
    const { replay, snapshot } = await replayed(recorder.text(), {
      words: ['Red, please.', 'Thanks.', 'Again!'],
    })
    await replay.finished
    expect(snapshot.connection).toBe('reconnecting')
    const hello = {
      k: 'hello',
      v: 1,
      conversationId: 'c',
      clientId: 'a',
      epoch: 1,
      from: 0,
    } as const
    const next = replay.connect({ ...hello, journal: 'J0' }, new AbortController().signal)
    await expect(next).rejects.toMatchObject({
      code: 'REPLAY_DIVERGED',
      message: expect.stringContaining('Again!'),
    })
  })
})
