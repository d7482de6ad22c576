import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { defineTool } from '../../src/tools/index.ts'
import { memoryStore } from '../../src/stores/index.ts'
import { painter, statesOf, textOf } from './bench.ts'
import { inProcess } from './in-process.ts'
import { answers, ask, end, gate, say, unlessAborted } from './scripted.ts'

const paintThenTalk = () =>
  answers(
    [...ask('1', 'paint', { color: 'red' }), end('tool-calls')],
    [...say('Well.'), end('stop')],
  )

describe('who runs a call', () => {
  test('of two clients that offer the tool exactly one runs each call', async () => {
    const calls = Array.from({ length: 20 }, (_, n) => ask(`${n}`, 'paint', { color: `${n}` }))
    const model = answers([...calls.flat(), end('tool-calls')], [...say('Well.'), end('stop')])
    const [one, two] = [painter(), painter()]
    const it = inProcess({ model, tools: [one.tool.withoutExecute()] })
    const first = it.client({ tools: [one.tool] })
    const { conversationId } = first
    const second = it.client({ tools: [two.tool], conversationId })
    await it.world.settle()
    const sent = first.send('Go.')
    await it.world.settle()
    await sent

    const snapshot = first.getSnapshot()
    expect(snapshot.calls.map(({ state }) => state)).toEqual(
      calls.map(() => 'output-available' as const),
    )
    expect(second.getSnapshot().messages).toEqual(snapshot.messages)
    const runs = [...one.begun, ...two.begun]
    expect(runs.map(([, count]) => count)).toEqual(calls.map(() => 1))
    expect(new Set(runs.map(([callId]) => callId)).size).toBe(20)
    expect(it.errors).toEqual([])
  })

  test('a client that comes after the call was queued runs it', async () => {
    const [gone, late] = [painter(), painter()]
    const asked = gate()
    const model = answers(
      async function* () {
        await asked.passed
        yield* ask('1', 'paint', { color: 'red' })
        yield end('tool-calls')
      },
      [...say('Well.'), end('stop')],
    )
    const it = inProcess({ model, tools: [gone.tool.withoutExecute()] })
    const first = it.client({ tools: [gone.tool] })
    const { conversationId } = first
    const sent = first.send('Go.')
    await it.world.settle()
    await sent
    first.close()
    asked.open()
    await it.world.advance(59_000)

    const second = it.client({ tools: [late.tool], conversationId })
    // Whoever sent the message would have had a head start.
    await it.world.advance(250)
    expect(statesOf(second.getSnapshot())).toEqual(['paint: output-available'])
    expect(textOf(second.getSnapshot())).toBe('Well.')
    expect([gone.begun.size, late.begun.size]).toEqual([0, 1])
  })

  test('a call for which nobody comes ends as not started, and the turn goes on', async () => {
    const { tool, begun } = painter()
    const it = inProcess({ model: paintThenTalk(), tools: [tool.withoutExecute()] })
    const first = it.client({ tools: [tool] })
    const { conversationId } = first
    await it.world.settle()
    it.wire.isDown = true
    const run = it.server.run({ conversationId, message: 'Go.', principal: { id: 'ann' } })
    it.wire.cut()
    await it.world.advance(60_000)
    expect(await run.result).toMatchObject({
      text: 'Well.',
      calls: [{ state: 'timed-out', errorCode: 'not-started' }],
    })
    expect(begun.size).toBe(0)
  })

  test('a client that closes while its handler runs aborts it; the call ends as unknown', async () => {
    const signals: AbortSignal[] = []
    const { tool, begun } = painter((_, signal) => {
      signals.push(signal)
      return unlessAborted(new Promise(() => {}), signal)
    })
    const it = inProcess({ model: paintThenTalk(), tools: [tool.withoutExecute()] })
    const client = it.client({ tools: [tool] })
    const { conversationId } = client
    const sent = client.send('Go.')
    await it.world.settle()
    await sent
    client.close()
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])

    const other = it.client({ tools: [tool], conversationId })
    await it.world.advance(89_000)
    expect(statesOf(other.getSnapshot())).toEqual(['paint: executing'])
    await it.world.advance(1_000)
    expect(statesOf(other.getSnapshot())).toEqual(['paint: outcome-unknown'])
    expect(textOf(other.getSnapshot())).toBe('Well.')
    expect([...begun.values()]).toEqual([1])
    expect(it.errors).toEqual([])
  })

  test('an idempotent call of a client that closes is run again by another', async () => {
    const lost = painter((_, signal) => unlessAborted(new Promise(() => {}), signal), {
      idempotent: true,
    })
    const other = painter((color) => `painted ${color}`, { idempotent: true })
    const it = inProcess({ model: paintThenTalk(), tools: [lost.tool.withoutExecute()] })
    const first = it.client({ tools: [lost.tool] })
    const { conversationId } = first
    const sent = first.send('Go.')
    await it.world.settle()
    await sent
    const second = it.client({ tools: [other.tool], conversationId })
    await it.world.settle()
    first.close()
    await it.world.advance(30_250)

    expect(statesOf(second.getSnapshot())).toEqual(['paint: output-available'])
    expect([...lost.begun.keys()]).toEqual([...other.begun.keys()])
    expect(textOf(second.getSnapshot())).toBe('Well.')
  })

  test('a handler that ends after its deadline changes nothing any more', async () => {
    const late = gate()
    const signals: AbortSignal[] = []
    const { tool } = painter(
      async (_, signal) => {
        signals.push(signal)
        await late.passed
        return 'late'
      },
      { timeoutMs: 5_000 },
    )
    const model = paintThenTalk()
    const it = inProcess({ model, tools: [tool.withoutExecute()] })
    const client = it.client({ tools: [tool] })
    const sent = client.send('Go.')
    await it.world.advance(4_999)
    await sent
    expect(statesOf(client.getSnapshot())).toEqual(['paint: executing'])
    await it.world.advance(1)
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
    const ended = client.getSnapshot()
    expect(statesOf(ended)).toEqual(['paint: timed-out'])
    expect(textOf(ended)).toBe('Well.')

    late.open()
    await it.world.advance(120_000)
    expect(client.getSnapshot().messages).toEqual(ended.messages)
    expect(model.requests).toHaveLength(2)
    expect(it.errors).toEqual([])
  })

  test('a result that is ready while the link is dead arrives once the client is back', async () => {
    const ready = gate()
    const { tool, begun } = painter(async () => {
      await ready.passed
      return 'done'
    })
    const model = paintThenTalk()
    const it = inProcess({ model, tools: [tool.withoutExecute()] })
    const client = it.client({ tools: [tool] })
    const sent = client.send('Go.')
    await it.world.settle()
    await sent
    it.wire.isDown = true
    it.wire.cut()
    ready.open()
    // Longer than a lease, so that the call is under suspicion when the result comes.
    await it.world.advance(45_000)
    expect(statesOf(client.getSnapshot())).toEqual(['paint: executing'])

    it.wire.isDown = false
    await it.world.advance(30_000)
    expect(client.getSnapshot().calls).toMatchObject([
      { state: 'output-available', output: 'done' },
    ])
    expect([...begun.values()]).toEqual([1])
    expect(model.requests).toHaveLength(2)
  })
})

describe('a fault of the host', () => {
  const faulty = () => {
    throw new Error('A fault in toModelOutput.')
  }

  test('a view for the model that throws keeps the output of a client, and the error is told', async () => {
    const paint = defineTool({
      name: 'paint',
      description: 'Paints.',
      inputSchema: z.object({ color: z.string() }),
      execute: ({ color }) => color,
      toModelOutput: faulty,
    })
    const it = inProcess({ model: paintThenTalk(), tools: [paint.withoutExecute()] })
    const client = it.client({ tools: [paint] })
    const sent = client.send('Go.')
    await it.world.advance(1_000)
    await sent
    expect(statesOf(client.getSnapshot())).toEqual(['paint: output-available'])
    expect(it.errors).toHaveLength(1)
  })

  test('a view for the model that throws keeps the output of the server', async () => {
    const paint = defineTool({
      name: 'paint',
      description: 'Paints.',
      inputSchema: z.object({ color: z.string() }),
      execute: ({ color }) => color,
      toModelOutput: faulty,
    })
    const it = inProcess({ model: paintThenTalk(), tools: [paint] })
    const run = it.server.run({ message: 'Go.' })
    await it.world.advance(1_000)
    const [first] = it.server.health().conversations === 0 ? (await run.result).calls : []
    expect(first?.state).toBe('output-available')
    expect(JSON.stringify(first?.modelOutput)).toContain('cannot be shown')
  })

  test('a store that fails once does not keep the server busy', async () => {
    const world = inProcess({ model: answers() }).world
    let timers = 0
    const counting = {
      ...world,
      setTimer(delayMs: number, task: () => void) {
        return ++timers > 1_000 ? () => {} : world.setTimer(delayMs, task)
      },
    }
    const store = memoryStore()
    let failures = 1
    const failing: typeof store = {
      ...store,
      async commit(id, version, events) {
        if (events[0]?.type === 'step-renewed' && failures-- > 0) throw new Error('No store.')
        return store.commit(id, version, events)
      },
    }
    const model = answers(async function* (_, signal) {
      await unlessAborted(new Promise(() => {}), signal)
      yield end('stop')
    })
    const it = inProcess({ model, store: failing, world: counting })
    it.server.run({ message: 'Go.' })
    await world.advance(60_000)
    expect(timers).toBeLessThan(100)
  })
})
