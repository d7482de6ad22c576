import { describe, expect, test } from 'vitest'
import { httpTransport } from '../../src/transports/http.ts'
import {
  add,
  bench,
  expectNothingLeft,
  isOver,
  painter,
  statesOf,
  textOf,
  turn,
  until,
  untilSnapshot,
} from './bench.ts'
import { hosts } from './hosts.ts'
import { answers, ask, end, gate, say, unlessAborted } from './scripted.ts'
import { recorded, seqs } from './wire.ts'

describe.each(hosts)('mounted in $name', (host) => {
  test('a turn runs client tools and server tools at the same time, over several steps', async () => {
    const together = gate()
    let atWork = 0
    const { tool, begun } = painter(async (color) => {
      if (++atWork === 2) together.open()
      await together.passed
      return `painted ${color}`
    })
    const model = answers(
      [
        ...ask('1', 'add', { a: 1, b: 2 }),
        ...ask('2', 'paint', { color: 'red' }),
        ...ask('3', 'paint', { color: 'blue' }),
        ...ask('4', 'add', { a: 3, b: 4 }),
        end('tool-calls'),
      ],
      [...ask('5', 'paint', { color: 'green' }), end('tool-calls')],
      [...say('All ', 'done.'), end('stop')],
    )
    const it = await bench(host, { model, tools: [add, tool.withoutExecute()] })
    const client = it.client({ tools: [tool] })

    const snapshot = await turn(client)

    expect(textOf(snapshot)).toBe('All done.')
    const outputs = snapshot.calls.map(({ output }) => output)
    expect(outputs).toEqual([3, 'painted red', 'painted blue', 7, 'painted green'])
    expect([...begun.values()]).toEqual([1, 1, 1])
    expect(model.requests).toHaveLength(3)
    expect(new Set(model.requests[1]?.tools?.map(({ name }) => name))).toEqual(
      new Set(['add', 'paint']),
    )
    expect(it.errors).toEqual([])

    client.close()
    await it.server.close()
    await expectNothingLeft(it)
  })

  test('text is shown while the model still writes', async () => {
    const rest = gate()
    const model = answers(async function* () {
      yield* say('Once ', 'upon ')
      await rest.passed
      yield* say('a time.')
      yield end('stop')
    })
    const it = await bench(host, { model })
    const client = it.client()

    await client.send('Tell.')
    const early = await untilSnapshot(client, (snapshot) => textOf(snapshot) === 'Once upon ')
    expect(early.status).toBe('streaming')

    rest.open()
    expect(textOf(await untilSnapshot(client, isOver))).toBe('Once upon a time.')
  })

  test('stop ends the turn: the model is aborted, what it said is kept, the handler is aborted', async () => {
    const reasons: string[] = []
    const handlers: AbortSignal[] = []
    const { tool } = painter((_, signal) => {
      handlers.push(signal)
      return unlessAborted(new Promise(() => {}), signal)
    })
    const model = answers(
      async function* (_, signal) {
        yield* say('Let me think')
        await unlessAborted(new Promise(() => {}), signal)
      },
      [...ask('1', 'paint', { color: 'red' }), end('tool-calls')],
    )
    const onFinish = ({ reason }: { reason: string }): void => void reasons.push(reason)
    const it = await bench(host, { model, tools: [tool.withoutExecute()], onFinish })
    const client = it.client({ tools: [tool] })

    await client.send('First.')
    await untilSnapshot(client, (snapshot) => textOf(snapshot) === 'Let me think')
    await client.stop()
    await until(() => reasons.length === 1)
    expect(textOf(await untilSnapshot(client, isOver))).toBe('Let me think')

    await client.send('Second.')
    await until(() => handlers.length === 1)
    await client.stop()
    await until(() => reasons.length === 2)
    expect(handlers[0]?.aborted).toBe(true)
    expect(statesOf(await untilSnapshot(client, isOver))).toEqual(['paint: cancelled'])
    expect(reasons).toEqual(['stopped', 'stopped'])
    expect(it.errors).toEqual([])
  })

  test('cancel reaches the handler of that call, and the turn goes on', async () => {
    const red = gate()
    const { tool } = painter(async (color, signal) => {
      if (color === 'blue') return unlessAborted(new Promise(() => {}), signal)
      await red.passed
      return `painted ${color}`
    })
    const model = answers(
      [
        ...ask('1', 'paint', { color: 'red' }),
        ...ask('2', 'paint', { color: 'blue' }),
        end('tool-calls'),
      ],
      [...say('Well.'), end('stop')],
    )
    const it = await bench(host, { model, tools: [tool.withoutExecute()] })
    const client = it.client({ tools: [tool] })

    await client.send('Go.')
    await untilSnapshot(
      client,
      ({ calls }) => calls.length === 2 && calls.every(({ state }) => state === 'executing'),
    )
    await client.cancel('2')
    await untilSnapshot(client, ({ calls }) => calls[1]?.state === 'cancelled')
    red.open()

    const snapshot = await untilSnapshot(client, isOver)
    expect(statesOf(snapshot)).toEqual(['paint: output-available', 'paint: cancelled'])
    expect(textOf(snapshot)).toBe('Well.')
  })

  test('a client that leaves frees its link and cancels nothing', async () => {
    const rest = gate()
    const reasons: string[] = []
    const model = answers(async function* (_, signal) {
      yield* say('Slowly ')
      await unlessAborted(rest.passed, signal)
      yield* say('done.')
      yield end('stop')
    })
    const onFinish = ({ reason }: { reason: string }): void => void reasons.push(reason)
    const it = await bench(host, { model, onFinish })
    const first = it.client()
    const { conversationId } = first

    await first.send('Go.')
    await untilSnapshot(first, (snapshot) => textOf(snapshot) === 'Slowly ')
    expect(it.server.health().links).toBe(1)
    first.close()
    await until(() => it.server.health().links === 0)
    expect(reasons).toEqual([])

    const second = it.client({ conversationId })
    await untilSnapshot(second, (snapshot) => textOf(snapshot) === 'Slowly ')
    rest.open()
    expect(textOf(await untilSnapshot(second, isOver))).toBe('Slowly done.')
    expect(reasons).toEqual(['stop'])
    expect(it.errors).toEqual([])
  })

  test('a client whose stream was cut comes back and goes on where it was', async () => {
    const [away, back] = [gate(), gate()]
    const [saidAway] = [gate()]
    const { tool, begun } = painter()
    const model = answers(
      [...ask('1', 'paint', { color: 'red' }), end('tool-calls')],
      async function* () {
        yield* say('One ')
        await away.passed
        yield* say('two ')
        saidAway.open()
        await back.passed
        yield* say('three.')
        yield end('stop')
      },
    )
    const it = await bench(host, { model, tools: [tool.withoutExecute()] })
    const { url, fetch } = it
    const wire = recorded(httpTransport({ url, fetch, headers: { authorization: 'ann' } }))
    const client = it.client({ tools: [tool], transport: wire })

    await client.send('Count.')
    await untilSnapshot(client, (snapshot) => textOf(snapshot) === 'One ')
    it.cut()
    await untilSnapshot(client, ({ connection }) => connection === 'reconnecting')
    await until(() => it.server.health().links === 0)
    away.open()
    await saidAway.passed
    await it.world.advance(250)
    await untilSnapshot(client, (snapshot) => textOf(snapshot) === 'One two ')
    expect(client.getSnapshot().connection).toBe('open')
    back.open()

    const snapshot = await untilSnapshot(client, isOver)
    expect(textOf(snapshot)).toBe('One two three.')
    expect(statesOf(snapshot)).toEqual(['paint: output-available'])
    expect([...begun.values()]).toEqual([1])
    expect(wire.hellos.map(({ from }) => from > 0)).toEqual([false, true])
    // Every durable event came once, in order, and nothing as a whole.
    expect(wire.frames.filter(({ k }) => k === 'snap')).toEqual([])
    expect(seqs(wire.frames)).toEqual(seqs(wire.frames).map((_, index) => index + 1))
    expect(it.errors).toEqual([])
  })
})
