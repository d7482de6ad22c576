import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { createToolClient } from '../../src/client/index.ts'
import type { Happening, Observer } from '../../src/ports/index.ts'
import { createToolServer } from '../../src/server/index.ts'
import { memoryStore } from '../../src/stores/index.ts'
import { scriptedModel, virtualClock } from '../../src/testing/index.ts'
import { defineTool } from '../../src/tools/index.ts'
import { memoryTransport } from '../../src/transports/index.ts'
import { badDay } from './bad-day.ts'
import { desk, sides } from '../guards/desk.ts'

type Told<T extends Happening['type']> = Extract<Happening, { type: T }>

/** Keeps what it is told. */
function recorder(options: Partial<Observer> = {}): {
  readonly observer: Observer
  readonly all: Happening[]
  readonly of: <T extends Happening['type']>(type: T) => readonly Told<T>[]
} {
  const all: Happening[] = []
  return {
    observer: { observe: (happening) => void all.push(happening), ...options },
    all,
    of: <T extends Happening['type']>(type: T) =>
      all.filter((happening): happening is Told<T> => happening.type === type),
  }
}

describe('an observer', () => {
  test('is told of a turn in the order in which it happens', async () => {
    const { observer, all } = recorder()
    const it = desk({ side: 'server', server: { observer } })
    await it.call()
    expect(all.map(({ type }) => type)).toEqual([
      'turn-started',
      'request-started',
      'request-finished',
      'attempt-started',
      'attempt-finished',
      'call-settled',
      'request-started',
      'request-finished',
      'turn-finished',
    ])
    await it.end()
  })

  test('is told how long a call waited and how long it ran', async () => {
    const { observer, of } = recorder()
    const it = desk({
      side: 'server',
      calls: 2,
      execute: () => new Promise((resolve) => it.world.setTimer(300, () => resolve('ok'))),
      server: { observer, limits: { maxConcurrent: 1 } },
    })
    await it.call(1_000)
    expect(of('call-settled')).toMatchObject([
      { queueMs: 0, durationMs: 300 },
      { queueMs: 300, durationMs: 300 },
    ])
    await it.end()
  })

  test('hears of a call that never began by its outcome alone', async () => {
    const { observer, of } = recorder()
    const it = desk({ side: 'server', tool: { permission: 'pay' }, server: { observer } })
    await it.call()
    expect(of('attempt-started')).toEqual([])
    const [settled] = of('call-settled')
    expect(settled).toMatchObject({ state: 'denied', errorCode: 'not-permitted', isKnown: true })
    expect(settled).not.toHaveProperty('durationMs')
    await it.end()
  })

  test('hears when the circuit of a tool opens, lets one call try, and closes', async () => {
    const { observer, of } = recorder()
    let isBroken = true
    const it = desk({
      side: 'server',
      execute: () => {
        if (isBroken) throw new Error('no disk')
        return 'fine'
      },
      server: { observer, limits: { circuit: { failures: 1, coolDownMs: 1_000 } } },
    })
    await it.call(2_000)
    isBroken = false
    await it.call()
    expect(of('circuit-changed').map(({ toolName, state }) => `${toolName} ${state}`)).toEqual([
      'work open',
      'work half-open',
      'work closed',
    ])
    await it.end()
  })

  test.each(['observe', 'within', 'traceparent'] as const)(
    'that throws in "%s" breaks no call, and its error reaches onError',
    async (method) => {
      const fail = (): never => {
        throw new Error('the collector is down')
      }
      const { observer } = recorder({ [method]: fail })
      for (const side of sides) {
        const it = desk({ side, server: { observer } })
        expect(await it.call()).toMatchObject([{ state: 'output-available', output: 'done' }])
        expect(it.runs).toHaveLength(1)
        const errors = it.errors.map(({ error }) => (error as Error).message)
        // A trace goes on only at a client.
        if (method !== 'traceparent' || side === 'client')
          expect(errors).toContain('the collector is down')
        await it.end()
      }
    },
  )

  test('that fails later, does nothing, or does it twice breaks no call either', async () => {
    const twice = <T>(_: string, work: () => T): T => {
      work()
      return work()
    }
    // As an async function is, where nothing checks types.
    const later = (): never => Promise.reject(new Error('late')) as never
    for (const within of [twice, () => undefined as never]) {
      const it = desk({ side: 'server', server: { observer: { observe: later, within } } })
      expect(await it.call()).toMatchObject([{ output: 'done' }])
      expect(it.runs).toHaveLength(1)
      expect(it.errors.map(({ error }) => (error as Error).message)).toContain('late')
      await it.end()
    }
  })

  test('that throws at a client breaks no call there', async () => {
    const observer = {
      observe: (): never => {
        throw new Error('no beacon')
      },
    }
    const it = desk({ side: 'client', client: { observer } })
    expect(await it.call()).toMatchObject([{ output: 'done' }])
    expect(it.errors.map(({ error }) => (error as Error).message)).toContain('no beacon')
    await it.end()
  })
})

describe('what is told of inputs and outputs', () => {
  const tool = {
    inputSchema: z.looseObject({ pin: z.string().meta({ 'x-secret': true }) }),
    outputSchema: z.object({ token: z.string(), city: z.string() }),
  }
  const options = {
    tool,
    input: () => ({ pin: '4711', city: 'Rome' }),
    execute: () => ({ token: 'abc', city: 'Rome' }),
  }

  test.each(sides)('nothing, where the observer of a call on the %s does not ask', async (side) => {
    const { observer, all } = recorder()
    const it = desk({ side, ...options, server: { observer }, client: { observer } })
    await it.call()
    expect(JSON.stringify(all)).not.toMatch(/Rome|4711|abc/)
    await it.end()
  })

  test.each(sides)(
    'all but secrets and declared fields, where it asks, on the %s',
    async (side) => {
      const { observer, of } = recorder({ takesContent: true })
      const it = desk({ side, ...options, server: { observer } })
      await it.call()
      expect(of('attempt-started')).toMatchObject([{ input: { pin: '[redacted]', city: 'Rome' } }])
      expect(of('attempt-finished')).toMatchObject([
        { output: { token: '[redacted]', city: 'Rome' } },
      ])
      await it.end()
    },
  )

  test('no secret of an error', async () => {
    const { observer, of } = recorder({ takesContent: true })
    const it = desk({
      side: 'client',
      execute: () => {
        throw Object.assign(new Error(), {})
      },
      server: { observer, redact: { secrets: ['The tool failed'] } },
    })
    await it.call()
    const [finished] = of('attempt-finished')
    expect(finished?.errorText).toContain('[redacted]')
    await it.end()
  })

  test('nothing at a client, whatever its observer asks', async () => {
    const { observer, all } = recorder({ takesContent: true })
    const it = desk({ side: 'client', ...options, client: { observer } })
    await it.call()
    expect(all.map(({ type }) => type)).toEqual(['attempt-started', 'attempt-finished'])
    expect(JSON.stringify(all)).not.toMatch(/Rome|4711|abc/)
    await it.end()
  })
})

test('a name that the model made up is told as unknown', async () => {
  const { observer, of } = recorder()
  await badDay({ server: observer })
  const unknown = of('call-settled').filter(({ isKnown }) => !isKnown)
  expect(unknown.map(({ toolName }) => toolName)).toEqual(['nowhere'])
})

test('two nodes tell each outcome and each end of a turn once, and each what it began itself', async () => {
  const world = virtualClock()
  const store = memoryStore()
  let runs = 0
  const work = defineTool({
    name: 'work',
    description: 'Works.',
    inputSchema: z.object({}),
    idempotent: true,
    execute: () => (++runs === 1 ? new Promise(() => {}) : 'done'),
  })
  const node = (): {
    told: ReturnType<typeof recorder>
    server: ReturnType<typeof createToolServer>
  } => {
    const told = recorder()
    const model = scriptedModel((_, { step }) =>
      step === 0 ? { toolCalls: [{ toolName: 'work' }] } : { text: 'Done.' },
    )
    const { observer } = told
    return { told, server: createToolServer({ world, store, model, tools: [work], observer }) }
  }
  const first = node()
  const second = node()
  first.server.run({ conversationId: 'c', message: 'Go.' }).result.catch(() => {})
  await world.advance(100)
  await first.server.close()
  const run = second.server.run({ conversationId: 'c', message: 'And?' })
  await world.advance(120_000)
  await run.result
  await second.server.close()
  await world.settle()

  expect(first.told.all.map(({ type }) => type)).toContain('turn-left')
  expect(first.told.of('turn-finished')).toEqual([])
  const [takenUp] = second.told.of('turn-started')
  expect(takenUp).toMatchObject({
    isTakenUp: true,
    turnId: first.told.of('turn-started')[0]?.turnId,
  })
  expect(second.told.all[0]?.type).toBe('turn-started')
  expect(second.told.of('turn-finished')).toHaveLength(2)
  const settled = [...first.told.of('call-settled'), ...second.told.of('call-settled')]
  expect(new Set(settled.map(({ callId }) => callId)).size).toBe(settled.length)
  const ends = [first, second].map(({ told }) => [
    told.of('attempt-started').length,
    told.of('attempt-finished').length,
  ])
  for (const [started, finished] of ends) expect(finished).toBe(started)
})

test('two nodes that share the work of a turn tell each thing once, whichever of them did it', async () => {
  const world = virtualClock()
  const store = memoryStore()
  const [one, other] = [recorder(), recorder()]
  const work = defineTool({
    name: 'work',
    description: 'Works.',
    inputSchema: z.object({}),
    execute: () => 'done',
  })
  const model = scriptedModel([{ toolCalls: [{ toolName: 'work' }] }, { text: 'Done.' }])
  const node = (observer: Observer): ReturnType<typeof createToolServer> =>
    createToolServer({ world, store, model, tools: [work], observer })
  const [first, second] = [node(one.observer), node(other.observer)]
  const wire = memoryTransport()
  second.accept(wire, { id: 'server' })
  const client = createToolClient({ world, transport: wire, conversationId: 'c' })
  await world.advance(100)
  const run = first.run({ conversationId: 'c', message: 'Go.' })
  await world.advance(20_000)
  await run.result
  expect(client.getSnapshot().calls).toMatchObject([{ state: 'output-available' }])
  const told = (type: Happening['type']): number => one.of(type).length + other.of(type).length
  for (const type of [
    'turn-finished',
    'call-settled',
    'attempt-started',
    'attempt-finished',
  ] as const)
    expect([type, told(type)]).toEqual([type, 1])
  expect(told('request-started')).toBe(2)
  for (const side of [one, other])
    expect(side.of('turn-started')).toHaveLength(
      side.of('turn-finished').length + side.of('turn-left').length,
    )
  client.close()
  await first.close()
  await second.close()
  await world.settle()
})
