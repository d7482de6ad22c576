import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { ToolwireError } from '../../src/base/index.ts'
import type { ModelEvent } from '../../src/ports/index.ts'
import { createToolServer } from '../../src/server/index.ts'
import { defineTool } from '../../src/tools/index.ts'
import { setup } from '../server/setup.ts'
import { call, failing, failure, finish, playedModel, text } from './played-model.ts'

const answer = (said: string): readonly ModelEvent[] => [text(said), finish()]
const refused = failing(failure('MODEL_REQUEST'))
const brokenOff = failing(failure('MODEL_NETWORK'))

describe('a list of models', () => {
  const failures: Record<string, readonly (ModelEvent | Error)[]> = {
    'refuses the request': refused,
    'cannot be reached': brokenOff,
    'breaks its format': failing(failure('MODEL_PROTOCOL')),
    'reports a failure': failing(failure('MODEL_PROVIDER', { retryable: false })),
    'throws what it was given': [new ToolwireError('INVALID_OPTIONS', 'No such option.')],
    'throws anything': [new TypeError('undefined is not a function')],
    'aborts by itself': [new ToolwireError('ABORTED', 'Its own time is up.')],
    'ends without a finish': [],
    'fails without a word': [finish('error')],
    'says nothing': [finish()],
    'says nothing but blanks that are empty': [text(''), finish('other')],
  }
  for (const [name, events] of Object.entries(failures))
    test(`goes on to the next where the first ${name}`, async () => {
      const first = playedModel('first', events)
      const second = playedModel('second', answer('Here.'))
      const { say, client, errors, world, end } = setup({ steps: [], model: [first, second] })
      // No time passes: another model is asked at once.
      await say('Hi', 0)
      const { messages, status, error } = client.getSnapshot()
      expect([status, error]).toEqual(['ready', null])
      expect(messages[1]).toMatchObject({
        parts: [{ text: 'Here.' }],
        metadata: { model: 'second' },
      })
      expect([first.requests.length, second.requests.length]).toEqual([1, 1])
      expect(second.requests[0]?.messages).toEqual(first.requests[0]?.messages)
      // The operator hears what became of the first.
      expect(errors).toEqual([
        {
          errorId: expect.stringMatching(/^\w{12}$/),
          error: expect.any(Error),
          modelId: 'first',
          conversationId: client.conversationId,
          turnId: expect.any(String),
        },
      ])
      await end()
      expect(world.pendingTimers).toBe(0)
    })

  const shown: Record<string, readonly ModelEvent[]> = {
    text: [text('Well')],
    reasoning: [{ type: 'reasoning-delta', text: 'Hm' }],
    'a refusal': [{ type: 'refusal-delta', text: 'No' }],
    'the beginning of a call': [
      { type: 'tool-input-start', toolCallId: 'c', toolName: 'look' },
      { type: 'tool-input-delta', toolCallId: 'c', delta: '{"a' },
    ],
    'state of the provider': [{ type: 'provider-state', format: 'played', state: { a: 1 } }],
  }
  for (const [name, events] of Object.entries(shown))
    test(`asks nobody else once ${name} came`, async () => {
      const first = playedModel('first', failing(failure('MODEL_NETWORK'), ...events))
      const second = playedModel('second', answer('Never.'))
      const { say, client, errors, end } = setup({ steps: [], model: [first, second] })
      await say('Hi', 60_000)
      const { status, error } = client.getSnapshot()
      expect(status).toBe('error')
      expect(error).toMatchObject({ code: 'MODEL_NETWORK' })
      expect([first.requests.length, second.requests.length]).toEqual([1, 0])
      expect(errors).toMatchObject([{ errorId: error?.errorId, modelId: 'first' }])
      await end()
    })

  test('keeps what came before a failure, and runs none of its calls', async () => {
    let runs = 0
    const look = defineTool({
      name: 'look',
      description: 'Looks.',
      inputSchema: z.object({}),
      execute: () => ++runs,
    })
    const first = playedModel(
      'first',
      failing(failure('MODEL_PROVIDER', { retryable: true }), text('Let me see.'), ...call('look')),
    )
    const { say, client, end } = setup({ steps: [], model: [first], serverTools: [look] })
    await say('Hi', 60_000)
    const { messages, calls } = client.getSnapshot()
    expect(messages[1]?.parts[0]).toMatchObject({ text: 'Let me see.' })
    expect(calls).toMatchObject([{ state: 'cancelled' }])
    expect(runs).toBe(0)
    expect(first.requests).toHaveLength(1)
    await end()
  })

  test('ends the turn with the failure of the last, and tells of each', async () => {
    const models = ['a', 'b', 'c'].map((id) => playedModel(id, refused))
    const { say, client, errors, end } = setup({ steps: [], model: models })
    await say('Hi', 60_000)
    const { status, error } = client.getSnapshot()
    expect(status).toBe('error')
    expect(error?.text).toBe(`The model could not answer (error ${error?.errorId}).`)
    expect(errors).toMatchObject([{ modelId: 'a' }, { modelId: 'b' }, { modelId: 'c' }])
    expect(errors[2]).toMatchObject({ errorId: error?.errorId })
    expect(models.map(({ requests }) => requests.length)).toEqual([1, 1, 1])
    await end()
  })

  test('begins with the first again at the next step', async () => {
    const look = defineTool({
      name: 'look',
      description: 'Looks.',
      inputSchema: z.object({}),
      execute: () => 'seen',
    })
    const first = playedModel('first', refused, answer('Back.'))
    const second = playedModel('second', [...call('look'), finish('tool-calls')])
    const { say, client, end } = setup({ steps: [], model: [first, second], serverTools: [look] })
    await say('Hi')
    expect(client.getSnapshot().messages.slice(1)).toMatchObject([
      { metadata: { model: 'second' }, parts: [{ state: 'output-available' }] },
      { metadata: { model: 'first' }, parts: [{ text: 'Back.' }] },
    ])
    await end()
  })

  test('may come from selectModel, at once or later', async () => {
    for (const later of [false, true]) {
      const models = [playedModel('first', refused), playedModel('second', answer('Here.'))]
      const selectModel = () => (later ? Promise.resolve(models) : models)
      const { say, client, end } = setup({ steps: [], selectModel })
      await say('Hi')
      expect(client.getSnapshot().messages[1]?.metadata.model).toBe('second')
      await end()
    }
  })

  test('that is empty is refused at once, and ends the turn where selectModel returns it', async () => {
    expect(() => createToolServer({ model: [], tools: [] })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTIONS' }),
    )
    const { say, client, errors, end } = setup({ steps: [], selectModel: () => [] })
    await say('Hi')
    expect(client.getSnapshot()).toMatchObject({
      status: 'error',
      error: { code: 'INVALID_OPTIONS' },
    })
    expect(errors).toMatchObject([{ error: { hint: expect.stringContaining('selectModel') } }])
    await end()
  })
})

describe('the last model', () => {
  const passing: Record<string, readonly (ModelEvent | Error)[]> = {
    'a connection that broke': brokenOff,
    'a connection that broke, thrown': [failure('MODEL_NETWORK')],
    'a stream that ended too soon': failing(failure('MODEL_PROTOCOL')),
    'a failure of the provider that may pass': failing(
      failure('MODEL_PROVIDER', { retryable: true }),
    ),
    'an answer that says nothing': [finish()],
  }
  for (const [name, events] of Object.entries(passing))
    test(`is asked once more after ${name}, when half a second has passed`, async () => {
      const model = playedModel('only', events, answer('Here.'))
      const { say, client, world, errors, end } = setup({ steps: [], model })
      await say('Hi', 374)
      expect(model.requests).toHaveLength(1)
      expect(client.getSnapshot().status).toBe('submitted')
      expect(errors).toMatchObject([{ modelId: 'only' }])
      await world.advance(126)
      expect(model.requests).toHaveLength(2)
      expect(client.getSnapshot()).toMatchObject({ status: 'ready', error: null })
      expect(errors).toHaveLength(1)
      await end()
      expect(world.pendingTimers).toBe(0)
    })

  const final: Record<string, readonly (ModelEvent | Error)[]> = {
    'a refusal of the request': refused,
    'a failure of the provider that says no more': failing(failure('MODEL_PROVIDER')),
    'a connection that the adapter gave up': failing(
      failure('MODEL_NETWORK', { retryable: true, attempts: 3 }),
    ),
    'a failure that cannot pass': failing(failure('MODEL_PROTOCOL', { retryable: false })),
    'a mistake in the options': [new ToolwireError('INVALID_OPTIONS', 'No such option.')],
    'an abort of its own': [new ToolwireError('ABORTED', 'Its own time is up.')],
    'a bug': [new TypeError('undefined is not a function')],
    'an end without a finish': [],
  }
  for (const [name, events] of Object.entries(final))
    test(`is not asked again after ${name}`, async () => {
      const model = playedModel('only', events)
      const { say, client, errors, world, end } = setup({
        steps: [],
        model,
        modelRetry: { attempts: 9 },
      })
      await say('Hi', 60_000)
      expect(model.requests).toHaveLength(1)
      expect(client.getSnapshot().status).toBe('error')
      expect(errors).toHaveLength(1)
      await end()
      expect(world.pendingTimers).toBe(0)
    })

  test('is asked as often and as patiently as the options say, and no more', async () => {
    const first = playedModel('first', brokenOff)
    const last = playedModel('last', brokenOff)
    const times: number[] = []
    const stream = last.stream.bind(last)
    const timed = {
      ...last,
      stream: (request: Parameters<typeof stream>[0]) => {
        times.push(world.now())
        return stream(request)
      },
    }
    const { say, client, world, errors, end } = setup({
      steps: [],
      model: [first, timed],
      modelRetry: { attempts: 5, minDelayMs: 1_000, maxDelayMs: 3_000 },
    })
    await say('Hi', 60_000)
    expect([first.requests.length, last.requests.length]).toEqual([1, 5])
    const pauses = times.slice(1).map((time, at) => time - times[at]!)
    for (const [at, ceiling] of [1_000, 2_000, 3_000, 3_000].entries()) {
      expect(pauses[at]).toBeGreaterThanOrEqual(ceiling * 0.75)
      expect(pauses[at]).toBeLessThanOrEqual(ceiling)
    }
    // Many servers that were hit by one failure do not come back in step.
    expect(pauses[2]).not.toBe(pauses[3])
    expect(errors.map((error) => 'modelId' in error && error.modelId)).toEqual([
      'first',
      ...Array.from({ length: 5 }, () => 'last'),
    ])
    expect(client.getSnapshot().status).toBe('error')
    await end()
  })

  test('with one attempt is never asked again', async () => {
    const model = playedModel('only', brokenOff)
    const { say, end } = setup({ steps: [], model, modelRetry: { attempts: 1 } })
    await say('Hi', 60_000)
    expect(model.requests).toHaveLength(1)
    await end()
  })

  test('is not asked again when the user stops during the pause', async () => {
    const model = playedModel('only', brokenOff)
    const { say, client, world, errors, end } = setup({
      steps: [],
      model,
      modelRetry: { attempts: 9, minDelayMs: 20_000, maxDelayMs: 20_000 },
    })
    await say('Hi', 10_000)
    expect(client.getSnapshot().status).toBe('submitted')
    await Promise.all([client.stop(), world.advance(0)])
    expect(client.getSnapshot()).toMatchObject({ status: 'ready', error: null })
    expect(model.requests).toHaveLength(1)
    // What failed before is told once; the stop itself is no failure.
    expect(errors).toHaveLength(1)
    await end()
    expect(world.pendingTimers).toBe(0)
  })

  test('keeps its step during a pause that is longer than the lease', async () => {
    const model = playedModel('only', brokenOff, answer('At last.'))
    const { say, client, errors, end } = setup({
      steps: [],
      model,
      limits: { leaseMs: 3_000 },
      modelRetry: { minDelayMs: 40_000, maxDelayMs: 40_000 },
    })
    await say('Hi', 60_000)
    expect(client.getSnapshot().messages[1]).toMatchObject({ parts: [{ text: 'At last.' }] })
    expect(model.requests).toHaveLength(2)
    expect(errors).toHaveLength(1)
    await end()
  })
})

test('stop while the first model is silent asks no other', async () => {
  const waiting = {
    ...playedModel('first'),
    async *stream({ signal }: { signal?: AbortSignal | undefined }): AsyncGenerator<ModelEvent> {
      yield* []
      await new Promise((resolve) => signal?.addEventListener('abort', resolve))
      throw new ToolwireError('ABORTED', 'The model request was aborted.')
    },
  }
  const second = playedModel('second', answer('Never.'))
  const { say, client, world, errors, end } = setup({ steps: [], model: [waiting, second] })
  await say('Hi')
  await Promise.all([client.stop(), world.advance(60_000)])
  expect(client.getSnapshot()).toMatchObject({ status: 'ready', error: null })
  expect(second.requests).toHaveLength(0)
  expect(errors).toEqual([])
  await end()
})

test('a server that closes during a pause leaves no timer, and asks nobody', async () => {
  const model = playedModel('only', brokenOff)
  const { say, world, server, client } = setup({ steps: [], model })
  await say('Hi', 100)
  await server.close()
  client.close()
  await world.advance(60_000)
  expect(model.requests).toHaveLength(1)
  expect(world.pendingTimers).toBe(0)
})
