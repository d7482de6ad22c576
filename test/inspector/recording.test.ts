import { describe, expect, test } from 'vitest'
import { inspect, openLog, redactFrames } from '../../src/inspector/index.ts'
import { callTraces } from '../../src/inspector/call-traces.ts'
import { describeLine } from '../../src/inspector/describe-line.ts'
import { logText } from '../../src/inspector/frame-log.ts'
import { partsOf } from '../../src/protocol/index.ts'
import { exportConversation } from '../../src/server/index.ts'
import { memoryTransport, virtualClock } from '../../src/testing/index.ts'
import { apiKey, password, pinCode, session } from './session.ts'

describe('an inspected transport', () => {
  test('carries what it carried, and records every frame both ways with its time', async () => {
    const { recording, snapshot } = await session()
    expect(snapshot.calls).toMatchObject([{ state: 'output-available' }])
    const [first] = recording.lines
    expect(first).toMatchObject({ at: 0, link: 1, way: 'up', frame: { k: 'hello' } })
    const kinds = recording.lines.map((line) =>
      'way' in line ? `${line.way} ${(line.frame as { k: string }).k}` : line.end,
    )
    expect(kinds).toEqual(expect.arrayContaining(['up c', 'down e', 'down d', 'down r', 'broken']))
    const times = recording.lines.map(({ at }) => at)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
  })

  test('keeps no secret, whether a name, a schema or its looks say that it is one', async () => {
    const { recording } = await session()
    const text = logText(recording)
    expect(text).toContain('sign_in')
    expect(text).toContain('Ada')
    for (const secret of [password, pinCode, apiKey]) expect(text).not.toContain(secret)
    const joined = recording.lines
      .flatMap((line) => ('way' in line ? [line.frame as { k: string; x?: unknown }] : []))
      .filter(({ k }) => k === 'd')
      .map(({ x }) => String(x))
      .join('')
    expect(joined.length).toBeGreaterThan(20)
    expect(joined.trim()).toBe('')
  })

  test('keeps ids and hashes, without which nothing can be followed', async () => {
    const { recording } = await session()
    const frames = recording.lines.flatMap((line) => ('way' in line ? [line.frame] : []))
    const created = frames.find((frame) => JSON.stringify(frame).includes('call-created'))
    const { callId, argsHash } = (created as { e: { call: { callId: string; argsHash: string } } })
      .e.call
    expect(callId).not.toContain('redacted')
    expect(argsHash).not.toContain('redacted')
    expect(frames).toContainEqual({
      k: 'c',
      c: expect.objectContaining({ type: 'claim', callId, argsHash }) as unknown,
    })
  })

  test('says of an output that does not come back that it is as it was handed in', async () => {
    const { recording } = await session()
    const summaries = recording.lines.map((line) => describeLine(line).summary)
    expect(summaries.filter((text) => text.endsWith('output as handed in'))).toHaveLength(1)
  })

  test('keeps what comes in parts as one frame, so that its secrets are found', async () => {
    const world = virtualClock()
    const wire = memoryTransport({ world })
    const transport = inspect(wire, { world })
    const { recording } = transport
    wire.listen((server) => {
      const state = { messages: [{ password, text: 'x'.repeat(100_000) }] }
      for (const part of partsOf({ k: 'snap', s: 3, state })) void server.send(part)
    })
    const hello = { k: 'hello', v: 1, conversationId: 'c', clientId: 'a', epoch: 1 } as const
    const link = await transport.connect(
      { ...hello, from: 0, journal: 'J0' },
      new AbortController().signal,
    )
    const frames = link.frames[Symbol.asyncIterator]()
    for (let n = 0; n < 2; n++) {
      const next = frames.next()
      await world.advance(100)
      expect((await next).value).toMatchObject({ k: 'part' })
    }
    expect(recording.lines).toMatchObject([
      { way: 'up' },
      { way: 'down', frame: { k: 'snap', s: 3 } },
    ])
    expect(logText(recording)).not.toContain(password)
  })

  test('takes out what the host names, too', async () => {
    const { recording } = await session({ keys: ['user'], secrets: ['Thanks'] })
    const text = logText(recording)
    expect(text).not.toContain('Thanks')
    expect(text).not.toContain('"user":"Ada"')
  })

  test('keeps the newest lines within its bounds, and counts the others', async () => {
    const whole = await session()
    const { recording } = await session({ maxLines: 10 })
    expect(recording.lines).toEqual(whole.recording.lines.slice(-10))
    expect(recording.dropped).toBe(whole.recording.lines.length - 10)
    const { recording: small } = await session({ maxChars: 3_000 })
    expect(logText(small).length).toBeLessThanOrEqual(3_000 + small.lines.length)
    expect(small.lines.length + small.dropped).toBe(whole.recording.lines.length)
  })

  test('cuts a payload that is longer than it may be, once', () => {
    const redact = redactFrames({ maxPayloadChars: 100 })
    const big = {
      k: 'p',
      c: 'c1',
      a: 1,
      n: 1,
      x: { rows: Array.from({ length: 99 }, () => 'word') },
    }
    const said = {
      k: 'c',
      c: {
        type: 'send',
        turnId: 't',
        message: { parts: [{ type: 'text', text: 'word '.repeat(99) }] },
      },
    }
    for (const frame of [big, said]) {
      const once = redact(frame, 'up')
      expect(JSON.stringify(once).length).toBeLessThan(250)
      expect(JSON.stringify(once)).toContain('characters]')
      expect(redact(once, 'up')).toEqual(once)
    }
  })

  test('records further transports of its client into the same log, and tells of each line', async () => {
    const world = virtualClock({ seed: 1 })
    const { recording } = inspect(memoryTransport({ world }), { world })
    let told = 0
    const stop = recording.subscribe(() => told++)
    const hello = {
      k: 'hello',
      v: 1,
      conversationId: 'one',
      clientId: 'me',
      epoch: 1,
      from: 0,
      journal: 'J0',
    } as const
    const other = recording.transport({
      name: 'none',
      connect: () => Promise.reject(new Error('No network.')),
    })
    await expect(other.connect(hello, new AbortController().signal)).rejects.toThrow('No network.')
    expect(recording.lines).toMatchObject([{ way: 'up' }, { end: 'refused' }])
    expect(told).toBe(2)
    stop()
    await expect(other.connect(hello, new AbortController().signal)).rejects.toThrow('No network.')
    expect(told).toBe(2)
  })
})

describe('the timeline', () => {
  test('has each call with its states, how long they took, its attempts and who ran it', async () => {
    const { recording } = await session()
    const [call, ...others] = callTraces(recording.lines)
    expect(others).toEqual([])
    expect(call).toMatchObject({
      toolName: 'sign_in',
      state: 'output-available',
      executor: 'client',
      attempts: 1,
      isUndo: false,
      outcome: { state: 'output-available' },
    })
    const states = call?.segments.map(({ state }) => state)
    expect(states).toEqual(['input-streaming', 'input-available', 'queued', 'executing'])
    for (const { from, to } of call?.segments ?? []) expect(to).toBeGreaterThanOrEqual(from)
    expect(call?.runMs).toBeGreaterThanOrEqual(2_000)
    expect(call?.durationMs).toBeGreaterThanOrEqual(call?.runMs ?? Infinity)
  })

  test('of an exported conversation is that of its recording, but for what is never kept', async () => {
    const { recording, store, conversationId } = await session()
    const lines: string[] = []
    for await (const line of exportConversation(store, conversationId)) lines.push(line)
    const log = openLog(lines.join('\n'), { keys: ['locker'] })
    const [there] = callTraces(recording.lines)
    const [here] = callTraces(log.lines)
    expect(here?.segments).toEqual(there?.segments.slice(1))
    expect(here?.outcome).toEqual(there?.outcome)
    for (const secret of [password, pinCode, apiKey]) expect(logText(log)).not.toContain(secret)
  })

  test('of a client that came late begins with the state that it was given', () => {
    const state = {
      turn: {
        calls: [
          {
            callId: 'c1',
            toolName: 'paint',
            turnId: 't1',
            executor: 'client',
            phase: { state: 'executing', attempt: 2, holder: 'me' },
            timings: { createdAt: 1_000, queuedAt: 1_100, startedAt: 1_500 },
          },
        ],
      },
    }
    const settled = {
      type: 'call-settled',
      callId: 'c1',
      state: 'output-error',
      errorCode: 'X',
      at: 4_000,
    }
    const lines = [
      { at: 0, link: 1, way: 'down', frame: { k: 'snap', s: 9, state } },
      { at: 10, link: 1, way: 'down', frame: { k: 'e', s: 10, e: settled } },
    ] as const
    const [call] = callTraces(lines)
    expect(call).toMatchObject({
      state: 'output-error',
      attempts: 2,
      runMs: 2_500,
      durationMs: 3_000,
    })
  })
})

describe('a log that is opened', () => {
  test('is what was saved', async () => {
    const { recording } = await session()
    expect(openLog(logText(recording)).lines).toEqual(recording.lines)
  })

  test.each([
    ['', 'The log is empty.'],
    ['{"at":0,"link":1,"way":"up","frame":{}}\nnonsense', 'Line 2 is no JSON.'],
    ['{"at":0}', 'Line 1 is no line of a recording.'],
    ['[]', 'Line 1 is no JSON object.'],
    ['{"at":0,"link":1}', 'Line 1 is neither a frame nor the end of a link.'],
    ['{"toolwire":"conversation","format":1}\n{"no":"type"}', 'Line 2 is no event.'],
  ])('is refused with the line that is wrong: %j', (text, problem) => {
    expect(() => openLog(text)).toThrow(problem)
  })

  test('may hold anything in its frames', () => {
    const frames = [
      null,
      1,
      'x',
      [],
      {},
      { k: 'e' },
      { k: 'e', e: { type: 'call-created', call: 3, at: 'soon' } },
      { k: 'constructor' },
      { k: 'snap', state: { turn: { calls: [1, {}, { phase: {}, timings: {} }] } } },
      { k: 'd', h: { toolCallId: 1 } },
    ]
    const deep = '['.repeat(50_000) + ']'.repeat(50_000)
    const text = frames.map((frame) => JSON.stringify({ at: 0, link: 1, way: 'down', frame }))
    text.push(`{"at":0,"link":1,"way":"down","frame":${deep}}`)
    const { lines } = openLog(text.join('\n'))
    expect(callTraces(lines)).toEqual([])
    expect(JSON.stringify(lines.at(-1))).toContain('[too deep]')
  })
})
