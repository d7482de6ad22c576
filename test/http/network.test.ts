import { describe, expect, test } from 'vitest'
import { isToolwireError } from '../../src/base/index.ts'
import type { ToolClient } from '../../src/client/index.ts'
import type { Transport } from '../../src/ports/index.ts'
import type { ClientCommand } from '../../src/protocol/index.ts'
import { httpTransport } from '../../src/transports/http.ts'
import {
  type Bench,
  add,
  bench,
  isOver,
  painter,
  statesOf,
  textOf,
  turn,
  until,
  untilSnapshot,
} from './bench.ts'
import { type Host, hosts } from './hosts.ts'
import { type Answer, answers, ask, end, gate, say, unlessAborted } from './scripted.ts'

const [host] = hosts as readonly [Host]

/** What a network does to one request. `command` is absent for the one that opens the stream. */
type Fault = (send: () => Promise<Response>, command?: ClientCommand) => Promise<Response>

/** A transport over a network that is not to be relied on. */
function over({ url }: Bench, fault: Fault): Transport {
  return httpTransport({
    url,
    headers: { authorization: 'ann' },
    fetch(input, init) {
      // What `httpTransport` posts.
      const frame = JSON.parse(init?.body as string) as { readonly c?: ClientCommand }
      return fault(() => fetch(input, init), frame.c)
    },
  })
}

const paintAndAdd: readonly Answer[] = [
  [
    ...ask('1', 'paint', { color: 'red' }),
    ...ask('2', 'add', { a: 1, b: 2 }),
    ...ask('3', 'paint', { color: 'blue' }),
    end('tool-calls'),
  ],
  [...say('Well.'), end('stop')],
]

/** Lets time pass until the turn is over, since what was lost is sent again only after a while. */
async function passUntil({ world }: Bench, condition: () => boolean): Promise<void> {
  for (let seconds = 0; !condition(); seconds++) {
    if (seconds === 600) throw new Error('Ten minutes passed in vain.')
    await world.advance(1_000)
    // Real sockets go on meanwhile.
    for (let n = 0; n < 20; n++) await new Promise<void>((done) => void setImmediate(done))
  }
}

/** Sends a message and waits until it was answered and the turn is over. */
async function played(it: Bench, client: ToolClient): Promise<void> {
  let isSent = false
  const sent = client.send('Go.').then(() => {
    isSent = true
  })
  await passUntil(it, () => isSent && isOver(client.getSnapshot()))
  await sent
}

describe('a network that', () => {
  const kinds: ClientCommand['type'][] = ['sync', 'send', 'claim', 'result']

  test.each(kinds)('loses the first reply to "%s" costs time and nothing else', async (kind) => {
    const { tool, begun } = painter()
    const model = answers(...paintAndAdd)
    const it = await bench(host, { model, tools: [add, tool.withoutExecute()] })
    let lost = 0
    const transport = over(it, async (send, command) => {
      const response = await send()
      if (command?.type !== kind || lost++ > 0) return response
      await response.text()
      throw new TypeError('terminated')
    })
    const client = it.client({ tools: [tool], transport })
    await played(it, client)
    expect(lost).toBeGreaterThan(1)
    expect([...begun.values()]).toEqual([1, 1])
    expect(statesOf(client.getSnapshot())).toEqual([
      'paint: output-available',
      'add: output-available',
      'paint: output-available',
    ])
    expect(client.getSnapshot().messages).toHaveLength(3)
    expect(model.requests).toHaveLength(2)
  })

  test('delivers every command twice changes nothing [P19]', async () => {
    const { tool, begun } = painter()
    const model = answers(...paintAndAdd)
    const it = await bench(host, { model, tools: [add, tool.withoutExecute()] })
    const transport = over(it, async (send, command) => {
      const response = await send()
      return command ? send() : response
    })
    const client = it.client({ tools: [tool], transport })
    const snapshot = await turn(client)
    expect([...begun.values()]).toEqual([1, 1])
    expect(snapshot.messages).toHaveLength(3)
    expect(model.requests).toHaveLength(2)
    expect(it.errors).toEqual([])
  })

  test.each([503, 429, 500])(
    'answers every command with %d first is asked again',
    async (status) => {
      const { tool, begun } = painter()
      const model = answers(...paintAndAdd)
      const it = await bench(host, { model, tools: [add, tool.withoutExecute()] })
      const refused = new Set<string>()
      const transport = over(it, async (send, command) => {
        const key = JSON.stringify(command)
        if (!command || refused.has(key)) return send()
        refused.add(key)
        return new Response('Busy.', { status })
      })
      const client = it.client({ tools: [tool], transport })
      await played(it, client)
      expect([...begun.values()]).toEqual([1, 1])
      expect(textOf(client.getSnapshot())).toBe('Well.')
    },
  )

  test('lets a token expire during a turn goes on with the next token', async () => {
    const { tool, begun } = painter()
    const model = answers(...paintAndAdd)
    const it = await bench(host, { model, tools: [add, tool.withoutExecute()] })
    let expired = false
    const transport = over(it, async (send, command) => {
      if (command?.type === 'result' && !expired) {
        expired = true
        return new Response('Not signed in.', { status: 401 })
      }
      return send()
    })
    const client = it.client({ tools: [tool], transport })
    await played(it, client)
    expect([...begun.values()]).toEqual([1, 1])
    expect(statesOf(client.getSnapshot())[0]).toBe('paint: output-available')
  })

  test('swallows the stream while commands pass is noticed by its silence', async () => {
    const rest = gate()
    const model = answers(async function* () {
      yield* say('Once ')
      await rest.passed
      yield* say('upon a time.')
      yield end('stop')
    })
    const it = await bench(host, { model })
    const stalled = new AbortController()
    let streams = 0
    const transport = over(it, async (send, command) => {
      const response = await send()
      if (command || ++streams > 1) return response
      // Nothing comes any more, and nothing says so.
      const stall = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          if (!stalled.signal.aborted) controller.enqueue(chunk)
        },
      })
      return new Response(response.body?.pipeThrough(stall) ?? null, response)
    })
    const client = it.client({ transport })
    await client.send('Tell.')
    await untilSnapshot(client, (snapshot) => textOf(snapshot) === 'Once ')
    stalled.abort()
    rest.open()
    await it.world.advance(29_000)
    expect([client.getSnapshot().connection, textOf(client.getSnapshot())]).toEqual([
      'open',
      'Once ',
    ])
    await passUntil(it, () => isOver(client.getSnapshot()))
    expect(textOf(client.getSnapshot())).toBe('Once upon a time.')
    expect(streams).toBe(2)
  })

  test('is down at the start delivers the message once it is up', async () => {
    const model = answers([...say('Well.'), end('stop')])
    const it = await bench(host, { model })
    let isDown = true
    const transport = over(it, (send) =>
      isDown ? Promise.reject(new TypeError('fetch failed')) : send(),
    )
    const client = it.client({ transport })
    const sent = client.send('Go.')
    await it.world.advance(90_000)
    expect(client.getSnapshot()).toMatchObject({ status: 'submitted', connection: 'reconnecting' })
    isDown = false
    await passUntil(it, () => isOver(client.getSnapshot()))
    await sent
    expect(client.getSnapshot().messages).toHaveLength(2)
    expect(client.getSnapshot().error).toBeNull()
  })

  test('cuts the stream after every few events loses and repeats nothing [P6]', async () => {
    const { tool, begun } = painter()
    const words = Array.from({ length: 40 }, (_, n) => `${n} `)
    const steps = [1, 2, 3].map((n): Answer => [
      ...say(...words),
      ...ask(`${n}`, 'paint', { color: `${n}` }),
      end('tool-calls'),
    ])
    const model = answers(...steps, [...say(...words), end('stop')])
    const it = await bench(host, { model, tools: [tool.withoutExecute()] })
    let streams = 0
    const transport = over(it, async (send, command) => {
      const response = await send()
      if (command) return response
      const bytes = 200 + (streams++ % 7) * 400
      return new Response(response.body?.pipeThrough(cutAfter(bytes)) ?? null, response)
    })
    const client = it.client({ tools: [tool], transport })
    await played(it, client)
    expect(streams).toBeGreaterThan(3)
    const texts = client
      .getSnapshot()
      .messages.slice(1)
      .map(({ parts }) => parts.map((part) => (part.type === 'text' ? part.text : '')).join(''))
    expect(texts).toEqual([1, 2, 3, 4].map(() => words.join('')))
    expect([...begun.values()]).toEqual([1, 1, 1])
    expect(model.requests).toHaveLength(4)
    expect(it.errors).toEqual([])
  })
})

/** Breaks the stream after so many bytes, in the middle of an event as likely as not. */
function cutAfter(bytes: number): TransformStream<Uint8Array, Uint8Array> {
  let left = bytes
  return new TransformStream({
    transform(chunk, controller) {
      controller.enqueue(chunk.subarray(0, left))
      left -= chunk.length
      if (left <= 0) controller.error(new TypeError('terminated'))
    },
  })
}

describe('a client', () => {
  test('that stops a turn right after it was sent stops it', async () => {
    const [replied, stopped] = [gate(), gate()]
    const model = answers(async function* (_, signal) {
      await unlessAborted(stopped.passed, signal)
      yield* say('Said all the same.')
      yield end('stop')
    })
    const it = await bench(host, { model })
    const transport = over(it, async (send, command) => {
      const response = await send()
      if (command) return response
      // The stream is slower than the replies.
      const late = new TransformStream<Uint8Array, Uint8Array>({
        async transform(chunk, controller) {
          if (it.server.health().conversations > 0) await replied.passed
          controller.enqueue(chunk)
        },
      })
      return new Response(response.body?.pipeThrough(late) ?? null, response)
    })
    const client = it.client({ transport })
    await client.send('Go.')
    const stop = client.stop()
    replied.open()
    await stop
    stopped.open()
    await untilSnapshot(client, ({ status }) => status === 'ready')
    expect(textOf(client.getSnapshot())).not.toBe('Said all the same.')
  })

  test('that missed the end of a step sees the text of the next one while it grows', async () => {
    const [away, rest] = [gate(), gate()]
    const first = gate()
    const model = answers(
      async function* () {
        yield* say('Let me add. ')
        await first.passed
        yield* ask('1', 'add', { a: 1, b: 2 })
        yield end('tool-calls')
      },
      async function* () {
        yield* say('It ', 'is ')
        away.open()
        await rest.passed
        yield* say('three.')
        yield end('stop')
      },
    )
    const it = await bench(host, { model, tools: [add] })
    const client = it.client()
    await client.send('Go.')
    await untilSnapshot(client, (snapshot) => textOf(snapshot) === 'Let me add. ')
    it.cut()
    await untilSnapshot(client, ({ connection }) => connection === 'reconnecting')
    first.open()
    await away.passed
    await it.world.advance(250)
    await untilSnapshot(client, ({ calls }) => calls[0]?.state === 'output-available')
    for (let n = 0; n < 50; n++) await it.world.settle()
    expect(textOf(client.getSnapshot())).toBe('It is ')
    rest.open()
  })

  test('that is not known hears so', async () => {
    const it = await bench(host, { model: answers() })
    const client = it.client({ transport: httpTransport({ url: it.url }) })
    const failure: unknown = await client.send('Go.').catch((error: unknown) => error)
    expect(isToolwireError(failure)).toBe(true)
    expect(client.getSnapshot()).toMatchObject({
      connection: 'closed',
      messages: [],
      error: { code: 'UNAUTHORIZED' },
    })
  })

  test('that is not known hears why', async () => {
    const it = await bench(host, { model: answers() })
    const client = it.client({ transport: httpTransport({ url: it.url }) })
    await expect(client.send('Go.')).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
  })
})

describe('a result that no request can carry', () => {
  const nested = (depth: number): unknown => (depth === 0 ? 1 : { in: nested(depth - 1) })
  const outputs: Record<string, unknown> = {
    'more than 1 MiB': 'x'.repeat(1024 * 1024),
    'deeper than 64': nested(70),
    'with a key of 300 characters': { ['k'.repeat(300)]: 1 },
    'of 60,000 values': Array.from({ length: 60_000 }, () => 0),
    'with a key "__proto__"': JSON.parse('{"__proto__":1}'),
  }

  test.each(Object.keys(outputs))('settles its call as failed at once (%s) [P54]', async (name) => {
    const { tool } = painter(() => outputs[name])
    const model = answers(
      [...ask('1', 'paint', { color: 'red' }), end('tool-calls')],
      [...say('Well.'), end('stop')],
    )
    const it = await bench(host, { model, tools: [tool.withoutExecute()] })
    const client = it.client({ tools: [tool] })
    await client.send('Go.')
    await until(() => it.errors.length > 0 || isOver(client.getSnapshot()))
    for (let n = 0; n < 50; n++) await it.world.settle()
    expect(statesOf(client.getSnapshot())).toEqual(['paint: output-error'])
    expect(textOf(client.getSnapshot())).toBe('Well.')
  })
})
