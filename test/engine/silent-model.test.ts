import { describe, expect, test } from 'vitest'
import { attendedStream } from '../../src/engine/attended-stream.ts'
import type { Model, ModelEvent } from '../../src/ports/index.ts'
import { virtualClock } from '../../src/testing/index.ts'
import { setup } from '../server/setup.ts'
import { finish, playedModel, text } from './played-model.ts'

interface StuckModel extends Model {
  readonly signals: (AbortSignal | undefined)[]
}

/** Says what it has, and then nothing for ever; it does not listen to its signal. */
function stuckModel(id: string, ...events: readonly ModelEvent[]): StuckModel {
  const signals: (AbortSignal | undefined)[] = []
  return {
    id,
    format: 'stuck',
    signals,
    async *stream({ signal }) {
      signals.push(signal)
      yield* events
      await new Promise(() => {})
    },
  }
}

const here = [text('Here.'), finish()] as const

describe('a model that falls silent', () => {
  test('before it said anything makes room for the next', async () => {
    const stuck = stuckModel('stuck')
    const { say, client, errors, world, end } = setup({
      steps: [],
      model: [stuck, playedModel('next', here)],
      limits: { modelIdleTimeoutMs: 20_000 },
    })
    await say('Hi', 19_999)
    expect(client.getSnapshot().status).toBe('submitted')
    expect(stuck.signals[0]?.aborted).toBe(false)
    await world.advance(1)
    expect(client.getSnapshot().messages[1]?.metadata.model).toBe('next')
    expect(stuck.signals[0]?.aborted).toBe(true)
    expect(errors).toMatchObject([
      {
        modelId: 'stuck',
        error: {
          code: 'MODEL_NETWORK',
          message: 'The model "stuck" was silent for 20000 ms.',
          hint: expect.stringContaining('modelIdleTimeoutMs'),
        },
      },
    ])
    await end()
    expect(world.pendingTimers).toBe(0)
  })

  test('after it said something ends the turn with what it said', async () => {
    const { say, client, world, end } = setup({ steps: [], model: stuckModel('stuck', text('So')) })
    await say('Hi', 599_999)
    expect(client.getSnapshot().status).toBe('streaming')
    await world.advance(1)
    const { status, error, messages } = client.getSnapshot()
    expect([status, error?.code]).toEqual(['error', 'MODEL_NETWORK'])
    expect(messages[1]?.parts).toEqual([{ type: 'text', text: 'So' }])
    await end()
    expect(world.pendingTimers).toBe(0)
  })

  test('is given up when it has been silent for so long, however late it began', async () => {
    const world = virtualClock()
    const model: Model = {
      ...stuckModel('stuck'),
      async *stream() {
        await new Promise<void>((resolve) => world.setTimer(15_000, resolve))
        yield text('So')
        await new Promise(() => {})
      },
    }
    const limits = { modelIdleTimeoutMs: 20_000 }
    const { say, client, end } = setup({ steps: [], world, model, limits })
    const sent = say('Hi', 0)
    await world.advance(34_999)
    await sent
    expect(client.getSnapshot().status).toBe('streaming')
    await world.advance(1)
    expect(client.getSnapshot().status).toBe('error')
    await end()
  })

  test('is not one that is slow, however long it takes', async () => {
    const world = virtualClock()
    const slow: Model = {
      id: 'slow',
      format: 'slow',
      async *stream() {
        for (let n = 1; n <= 30; n++) {
          await new Promise<void>((resolve) => world.setTimer(900, resolve))
          yield text(`${n} `)
        }
        yield finish()
      },
    }
    const { say, client, errors, end } = setup({
      steps: [],
      world,
      model: slow,
      limits: { modelIdleTimeoutMs: 1_000 },
    })
    const sent = say('Hi', 0)
    await world.advance(60_000)
    await sent
    expect(client.getSnapshot()).toMatchObject({ status: 'ready', error: null })
    expect(client.getSnapshot().messages[1]?.parts).toMatchObject([
      { text: expect.stringMatching(/30 $/) },
    ])
    expect(errors).toEqual([])
    await end()
    expect(world.pendingTimers).toBe(0)
  })
})

test('stop ends a turn at once, also where the model does not listen', async () => {
  const stuck = stuckModel('stuck', text('Once upon'))
  const { say, client, world, errors, end } = setup({ steps: [], model: stuck })
  await say('Tell me.')
  await Promise.all([client.stop(), world.advance(0)])
  expect(client.getSnapshot()).toMatchObject({ status: 'ready', error: null })
  expect(client.getSnapshot().messages[1]?.parts).toEqual([{ type: 'text', text: 'Once upon' }])
  expect(stuck.signals[0]?.aborted).toBe(true)
  expect(errors).toEqual([])
  await end()
  expect(world.pendingTimers).toBe(0)
})

test('stop while a model is being chosen asks none', async () => {
  const stuck = stuckModel('stuck')
  const { say, client, world, errors, end } = setup({
    steps: [],
    selectModel: () => new Promise((resolve) => world.setTimer(5_000, () => resolve(stuck))),
  })
  await say('Hi')
  await Promise.all([client.stop(), world.advance(10_000)])
  expect(client.getSnapshot()).toMatchObject({ status: 'ready', error: null })
  expect(stuck.signals).toEqual([])
  expect(errors).toEqual([])
  await end()
})

test('an abort between two pieces is not missed', async () => {
  const world = virtualClock()
  const { signal, abort } = abortable()
  const options = { world, signal, idleTimeoutMs: 1_000 }
  const stream = attendedStream(stuckModel('stuck', text('One')), { messages: [] }, options)
  expect(await stream.next()).toEqual({ done: false, value: text('One') })
  abort()
  await expect(stream.next()).rejects.toMatchObject({ code: 'ABORTED' })
  expect(world.pendingTimers).toBe(0)
})

test('a model that is given up can close what it opened', async () => {
  let closed = false
  const world = virtualClock()
  const { signal, abort } = abortable()
  const late: Model = {
    id: 'late',
    format: 'late',
    async *stream() {
      try {
        await new Promise<void>((resolve) => world.setTimer(5_000, resolve))
        yield text('Late.')
      } finally {
        closed = true
      }
    },
  }
  const options = { world, signal, idleTimeoutMs: 60_000 }
  const next = attendedStream(late, { messages: [] }, options).next()
  abort()
  await expect(next).rejects.toMatchObject({ code: 'ABORTED' })
  await world.advance(5_000)
  expect(closed).toBe(true)
})

function abortable(): { readonly signal: AbortSignal; readonly abort: () => void } {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort() }
}
