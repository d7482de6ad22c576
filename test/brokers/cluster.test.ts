import { describe, expect, test } from 'vitest'
import { memoryBroker } from '../../src/brokers/index.ts'
import type { Broker, BrokerListener } from '../../src/ports/index.ts'
import { FleetRig, shown, talk } from './nodes.ts'

const partOf = (client: ReturnType<ReturnType<FleetRig['start']>['open']>) =>
  client
    .getSnapshot()
    .messages.at(-1)
    ?.parts.find((part) => part.type === 'tool')

/** How a call ends that the model makes at the node `at`, in a conversation of its own. */
async function outcomeAt(rig: FleetRig, at: ReturnType<FleetRig['start']>, id: string) {
  const client = at.open(id)
  rig.run(at, id)
  await rig.world.advance(10)
  at.model.call('work', id)
  await rig.world.advance(10)
  return partOf(client)
}

describe('two servers over one store, joined by a broker', () => {
  test('a client at B sees the text of A while the model writes it', async () => {
    const rig = new FleetRig()
    const [a, b] = [rig.start(), rig.start()]
    const client = b.open()
    await rig.world.advance(10)
    rig.run(a)
    await rig.world.advance(10)
    a.model.say('Once ')
    await rig.world.advance(10)
    expect(shown(client)).toBe('Once ')
    a.model.say('upon a time.')
    await rig.world.advance(10)
    expect(shown(client)).toBe('Once upon a time.')
    expect(client.getSnapshot().status).not.toBe('ready')
    a.model.finish()
    await rig.world.advance(10)
    expect(client.getSnapshot().status).toBe('ready')
    expect(shown(client)).toBe('Once upon a time.')
    expect(b.model.answers).toHaveLength(0)
    expect([...a.errors, ...b.errors]).toEqual([])
    client.close()
    await Promise.all([a.node.server.close(), b.node.server.close()])
    expect(rig.world.pendingTimers).toBe(0)
  })

  test('a client that comes to B in the middle sees the text from its beginning', async () => {
    const rig = new FleetRig()
    const [a, b] = [rig.start(), rig.start()]
    rig.run(a)
    await rig.world.advance(10)
    a.model.say('Once ')
    await rig.world.advance(10)
    const client = b.open()
    await rig.world.advance(10)
    expect(shown(client)).toBe('Once ')
    a.model.say('upon a time.')
    await rig.world.advance(10)
    const late = b.open()
    await rig.world.advance(10)
    expect([shown(client), shown(late)]).toEqual(['Once upon a time.', 'Once upon a time.'])
  })

  test('text that a broker lost is asked for when the next comes', async () => {
    const broker = memoryBroker()
    let isLosing = false
    const rig = new FleetRig({
      broker: {
        ...broker,
        publish: async (topic, text) =>
          isLosing && text.includes('"frame"') ? undefined : broker.publish(topic, text),
      },
    })
    const [a, b] = [rig.start(), rig.start()]
    const client = b.open()
    rig.run(a)
    await rig.world.advance(10)
    a.model.say('Once ')
    await rig.world.advance(10)
    isLosing = true
    a.model.say('upon ')
    await rig.world.advance(10)
    isLosing = false
    a.model.say('a time.')
    await rig.world.advance(10)
    expect(shown(client)).toBe('Once upon a time.')
  })

  test('B takes the turn over when A dies in the middle of it, after the lease', async () => {
    const rig = new FleetRig({ limits: { leaseMs: 10_000 } })
    const [a, b] = [rig.start(), rig.start()]
    const client = b.open()
    rig.run(a)
    await rig.world.advance(10)
    a.model.say('Once upon')
    await rig.world.advance(10)
    a.die()
    await rig.world.advance(9_000)
    expect(b.model.answers).toHaveLength(0)
    await rig.world.advance(5_000)
    expect(b.model.answers).toHaveLength(1)
    b.model.say('Another story.')
    await rig.world.advance(10)
    expect(shown(client)).toBe('Another story.')
    b.model.finish()
    await rig.world.advance(10)
    expect(client.getSnapshot()).toMatchObject({ status: 'ready', error: null })
    const messages = client.getSnapshot().messages.map(({ role }) => role)
    expect(messages).toEqual(['user', 'assistant'])
  })

  test('B takes over what A left also where nobody comes for it, and leaves alone what is over', async () => {
    const rig = new FleetRig({ limits: { leaseMs: 10_000 } })
    const [a, b, c] = [rig.start(), rig.start(), rig.start()]
    rig.run(a, 'left')
    rig.run(a, 'over')
    await rig.world.advance(10)
    for (const answer of a.model.answers.slice(1)) {
      answer.push({ type: 'text-delta', text: 'Done.' })
      answer.push({ type: 'finish', reason: 'stop', rawReason: 'stop', usage: {} })
      answer.end()
    }
    await rig.world.advance(60_000)
    for (const { node } of [b, c]) expect(node.server.health().conversations).toBe(0)
    a.die()
    await rig.world.advance(30_000)
    const [answer, ...others] = [...b.model.answers, ...c.model.answers]
    expect(others).toEqual([])
    answer?.push({ type: 'text-delta', text: 'Another story.' })
    answer?.push({ type: 'finish', reason: 'stop', rawReason: 'stop', usage: {} })
    answer?.end()
    await rig.world.advance(10)
    const client = c.open('left')
    await rig.world.advance(10)
    expect(client.getSnapshot().status).toBe('ready')
    expect(shown(client)).toBe('Another story.')
    client.close()
    await rig.world.advance(60_000)
    for (const { node } of [b, c]) expect(node.server.health().conversations).toBe(0)
    expect(await rig.broker.runs?.takeOver(10, 1)).toEqual([])
  })

  test('a run that came to its end is released', async () => {
    const released: string[] = []
    const inner = memoryBroker()
    const release = async (id: string): Promise<void> => void released.push(id)
    const runs = inner.runs && { ...inner.runs, release }
    const rig = new FleetRig({ broker: { ...inner, ...(runs && { runs }) } })
    const a = rig.start()
    rig.run(a)
    await rig.world.advance(10)
    expect(released).toEqual([])
    a.model.say('Done.')
    a.model.finish()
    await rig.world.advance(10)
    expect(released).toEqual([talk])
  })

  test('a turn of a server that is closed goes on at another', async () => {
    const rig = new FleetRig({ limits: { leaseMs: 10_000 } })
    const [a, b] = [rig.start(), rig.start()]
    rig.run(a)
    await rig.world.advance(10)
    await a.node.server.close()
    await rig.world.advance(15_000)
    expect(b.model.answers).toHaveLength(1)
    await b.node.server.close()
    await rig.world.settle()
    expect(rig.world.pendingTimers).toBe(0)
    expect([...a.errors, ...b.errors]).toEqual([])
  })

  test('what A still writes after B took its step over is not mixed into the text of B', async () => {
    const rig = new FleetRig({ limits: { leaseMs: 10_000 } })
    const [a, b] = [rig.start(), rig.start()]
    const [near, far] = [a.open(), b.open()]
    rig.run(a)
    await rig.world.advance(10)
    a.model.say('Old ')
    // A cannot renew its lease, and does not notice.
    a.node.onCommit = () => new Promise(() => {})
    await rig.world.advance(15_000)
    b.model.say('New ')
    await rig.world.advance(10)
    a.model.say('old.')
    await rig.world.advance(10)
    b.model.say('new.')
    await rig.world.advance(10)
    expect(shown(far)).toBe('New new.')
    near.close()
  })

  test('a call of A goes on at once when its question is answered at B, and begins once', async () => {
    const rig = new FleetRig({ tool: { approval: true } })
    const [a, b] = [rig.start(), rig.start()]
    const client = b.open()
    rig.run(a)
    await rig.world.advance(10)
    a.model.call('work', 'call-1')
    await rig.world.advance(10)
    const asked = partOf(client)
    expect(asked).toMatchObject({ state: 'approval-requested' })
    void client.approve(asked?.type === 'tool' ? asked.toolCallId : '')
    await rig.world.advance(10)
    expect(partOf(client)).toMatchObject({ state: 'output-available', output: 'worked' })
    expect([...a.runs, ...b.runs]).toEqual(['call-1'])
    const asking = [a, b].filter(({ model }) => model.answers.length > 0)
    expect(asking.flatMap(({ model }) => model.answers).length).toBe(2)
  })

  test('a stop at B stops the model at A at once', async () => {
    const rig = new FleetRig()
    const [a, b] = [rig.start(), rig.start()]
    const client = b.open()
    rig.run(a)
    await rig.world.advance(10)
    a.model.say('Once upon')
    await rig.world.advance(10)
    void client.stop()
    await rig.world.advance(10)
    expect(client.getSnapshot().status).toBe('ready')
    expect(shown(client)).toBe('Once upon')
  })

  test('the progress of a tool at A is seen at B', async () => {
    const rig = new FleetRig()
    rig.workMs = 5_000
    const [a, b] = [rig.start(), rig.start({ tools: [] })]
    const client = b.open()
    rig.run(a)
    await rig.world.advance(10)
    a.model.call('work', 'call-1')
    await rig.world.advance(100)
    expect(partOf(client)).toMatchObject({ progress: 'half' })
    expect(a.runs).toEqual(['call-1'])
  })

  test('a rate limit holds for all of them together', async () => {
    const rig = new FleetRig({
      tool: { rateLimit: { limit: 1, windowMs: 60_000, by: 'tool' } },
    })
    const [a, b] = [rig.start(), rig.start()]
    const [first, second] = [a.open('first'), b.open('second')]
    rig.run(a, 'first')
    rig.run(b, 'second')
    await rig.world.advance(10)
    a.model.call('work', 'call-1')
    await rig.world.advance(10)
    b.model.call('work', 'call-2')
    await rig.world.advance(10)
    expect(partOf(first)).toMatchObject({ state: 'output-available' })
    expect(partOf(second)).toMatchObject({ errorCode: 'rate-limited' })
  })

  test('failures at both open the circuit at both, and a node that comes later finds it open', async () => {
    const rig = new FleetRig({ limits: { circuit: { failures: 2 } } })
    const [a, b] = [rig.start(), rig.start()]
    rig.isToolBroken = true
    await outcomeAt(rig, a, 'one')
    for (const { node } of [a, b]) expect(node.server.health().circuits).toEqual({})
    await outcomeAt(rig, b, 'two')
    const c = rig.start()
    await rig.world.advance(10)
    for (const { node } of [a, b, c])
      expect(node.server.health().circuits).toMatchObject({ work: { state: 'open' } })
    expect(await outcomeAt(rig, c, 'three')).toMatchObject({ errorCode: 'circuit-open' })
    rig.isToolBroken = false
    await rig.world.advance(30_000)
    expect(await outcomeAt(rig, b, 'four')).toMatchObject({ state: 'output-available' })
    for (const { node } of [a, b, c]) expect(node.server.health().circuits).toEqual({})
  })
})

/** A broker that can be gone. */
function fragile(): Broker & {
  break(): void
  mend(): void
  /** Listeners hear again one after another, in the order in which they came. */
  mendOneByOne(between: () => Promise<void>): Promise<void>
} {
  const inner = memoryBroker()
  const listeners = new Set<BrokerListener>()
  const away = new Set<BrokerListener>()
  let isBroken = false
  const gone = (): Error => new Error('connect ECONNREFUSED')
  const { limiter } = inner
  return {
    limiter: {
      take: async (asked) => {
        if (isBroken || !limiter) throw gone()
        return limiter.take(asked)
      },
    },
    async publish(topic, text) {
      if (isBroken) throw gone()
      return inner.publish(topic, text)
    },
    subscribe(topic, listener) {
      const heard: BrokerListener = {
        message: (text) => void (isBroken || away.has(heard) || listener.message(text)),
        ready: () => void (isBroken || listener.ready()),
        lost: (error) => listener.lost(error),
      }
      listeners.add(heard)
      if (isBroken) heard.lost(gone())
      const stop = inner.subscribe(topic, heard)
      return () => {
        listeners.delete(heard)
        stop()
      }
    },
    close: () => inner.close(),
    break() {
      isBroken = true
      for (const listener of listeners) listener.lost(gone())
    },
    mend() {
      isBroken = false
      for (const listener of listeners) listener.ready()
    },
    async mendOneByOne(between) {
      isBroken = false
      for (const listener of listeners) away.add(listener)
      for (const listener of listeners) {
        away.delete(listener)
        listener.ready()
        await between()
      }
    },
  }
}

describe('while the broker is gone', () => {
  test('a circuit that opened meanwhile is open at the other, whichever is back first', async () => {
    for (const isFirst of [true, false]) {
      const broker = fragile()
      const rig = new FleetRig({ broker, limits: { circuit: { failures: 2 } } })
      const [first, second] = [rig.start(), rig.start()]
      const [a, b] = isFirst ? [first, second] : [second, first]
      await rig.world.advance(10)
      broker.break()
      rig.isToolBroken = true
      await outcomeAt(rig, a, 'one')
      await outcomeAt(rig, a, 'two')
      expect(b.node.server.health().circuits).toEqual({})
      await broker.mendOneByOne(() => rig.world.advance(10))
      expect(b.node.server.health().circuits).toMatchObject({ work: { state: 'open' } })
    }
  })

  test('everything goes on by the store, it is told once, and health() says so until it is back', async () => {
    const broker = fragile()
    const rig = new FleetRig({ broker })
    const [a, b] = [rig.start(), rig.start()]
    const client = b.open()
    await rig.world.advance(10)
    expect(b.node.server.health().broker).toMatchObject({ ok: true })
    broker.break()
    rig.run(a)
    await rig.world.advance(10)
    a.model.say('Once upon a time.')
    a.model.finish()
    await rig.world.advance(2_000)
    expect(client.getSnapshot().status).toBe('ready')
    expect(shown(client)).toBe('Once upon a time.')
    expect([a.errors, b.errors]).toMatchObject([
      [{ message: 'connect ECONNREFUSED' }],
      [{ message: 'connect ECONNREFUSED' }],
    ])
    expect(b.node.server.health()).toMatchObject({
      ok: true,
      broker: { ok: false, lastError: { code: 'BROKER_FAILED' } },
    })
    broker.mend()
    await rig.world.advance(10)
    expect(b.node.server.health().broker).toMatchObject({ ok: true })
    rig.run(a)
    await rig.world.advance(10)
    a.model.say('Again.')
    await rig.world.advance(10)
    expect(shown(client)).toBe('Again.')
  })

  test('what happened meanwhile is seen as soon as it is back', async () => {
    const broker = fragile()
    const rig = new FleetRig({ broker })
    const [a, b] = [rig.start(), rig.start()]
    const client = b.open()
    await rig.world.advance(10)
    broker.break()
    rig.run(a)
    await rig.world.advance(10)
    a.model.say('Once ')
    await rig.world.advance(10)
    broker.mend()
    await rig.world.advance(10)
    expect(shown(client)).toBe('Once ')
  })

  test('a rate limit goes on from the places that were taken at this node', async () => {
    const broker = fragile()
    const rig = new FleetRig({
      broker,
      tool: { rateLimit: { limit: 1, windowMs: 60_000, by: 'tool' } },
    })
    const [a, b] = [rig.start(), rig.start()]
    expect(await outcomeAt(rig, a, 'one')).toMatchObject({ state: 'output-available' })
    broker.break()
    expect(await outcomeAt(rig, a, 'two')).toMatchObject({ errorCode: 'rate-limited' })
    expect(await outcomeAt(rig, b, 'three')).toMatchObject({ state: 'output-available' })
  })

  test('a message of somebody else under the same name changes nothing', async () => {
    const rig = new FleetRig()
    const a = rig.start()
    const client = a.open()
    await rig.world.advance(10)
    for (const text of ['{', '[]', '{"frame":{"k":"bye","why":"shutdown"}}', '{"frame":{"k":"d"}}'])
      await rig.broker.publish(`conversation:${talk}`, text)
    for (const circuit of [null, {}, { toolName: 'work', openMs: 'long' }])
      await rig.broker.publish('circuits', JSON.stringify({ circuit }))
    await rig.world.advance(10)
    expect(client.getSnapshot().connection).toBe('open')
    expect(a.node.server.health().circuits).toEqual({})
    expect(a.errors).toEqual([])
  })
})
