import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import type { ModelEvent } from '../../src/ports/index.ts'
import { createToolServer } from '../../src/server/index.ts'
import { defineTool } from '../../src/tools/index.ts'
import { setup } from '../server/setup.ts'
import { call, finish, playedModel, text } from './played-model.ts'

const state: ModelEvent = { type: 'provider-state', format: 'played', state: { id: 'rs_1' } }

const look = defineTool({
  name: 'look',
  description: 'Looks.',
  inputSchema: z.object({}),
  execute: () => 'seen',
})

describe('a turn does not end in silence', () => {
  for (const reason of ['stop', 'other', 'tool-calls'] as const)
    test(`where the model says nothing and finishes with ${reason}`, async () => {
      const model = playedModel('only', [finish(reason)])
      const { say, client, errors, end } = setup({ steps: [], model })
      await say('Hi')
      const { status, error, messages } = client.getSnapshot()
      expect(status).toBe('error')
      expect(error).toEqual({
        code: 'MODEL_PROTOCOL',
        text: `The model could not answer (error ${error?.errorId}).`,
        errorId: expect.any(String),
      })
      expect(messages).toHaveLength(1)
      expect(errors.at(-1)).toMatchObject({
        errorId: error?.errorId,
        error: { message: 'The model "only" answered nothing at all.' },
      })
      await end()
    })

  test('where only state of the provider came, which is kept and not asked for again', async () => {
    const model = playedModel('only', [state, finish()])
    const { say, client, end } = setup({ steps: [], model })
    await say('Hi', 60_000)
    expect(client.getSnapshot()).toMatchObject({
      status: 'error',
      error: { code: 'MODEL_PROTOCOL' },
    })
    expect(model.requests).toHaveLength(1)
    await end()
  })

  for (const [name, events] of [
    ['nothing', []],
    ['something', [text('I would')]],
  ] as const)
    test(`where a filter stopped it after ${name}`, async () => {
      let reason = ''
      const second = playedModel('second', [text('Never.'), finish()])
      const { say, client, errors, end } = setup({
        steps: [],
        model: [playedModel('only', [...events, finish('content-filter')]), second],
        onFinish: (info) => void (reason = info.reason),
      })
      await say('Hi')
      const { error, messages } = client.getSnapshot()
      expect(reason).toBe('content-filter')
      expect(error?.text).toBe(
        `The answer was stopped by a filter of the provider (error ${error?.errorId}).`,
      )
      expect(messages).toHaveLength(1 + events.length)
      expect(errors).toMatchObject([{ errorId: error?.errorId, modelId: 'only' }])
      // What one provider objects to is not offered round.
      expect(second.requests).toHaveLength(0)
      await end()
    })

  test('where its limit was used up before it said anything', async () => {
    const model = playedModel('only', [finish('length')])
    const server = createToolServer({ model, tools: [] })
    const { reason, error } = await server.run({ message: 'Hi' }).result
    expect(reason).toBe('length')
    expect(error?.text).toMatch(/^The model came to its limit before it said anything/)
    await server.close()
  })
})

describe('no failure is', () => {
  test('silence after the result of a call', async () => {
    const model = playedModel('only', [...call('look'), finish('tool-calls')], [finish()])
    const { say, client, errors, end } = setup({ steps: [], model, serverTools: [look] })
    await say('Hi', 60_000)
    expect(client.getSnapshot()).toMatchObject({ status: 'ready', error: null })
    expect(model.requests).toHaveLength(2)
    expect(errors).toEqual([])
    await end()
  })

  test('a refusal, which people can read', async () => {
    const refusal: ModelEvent = { type: 'refusal-delta', text: 'I will not.' }
    const { say, client, errors, end } = setup({
      steps: [],
      model: playedModel('only', [refusal, finish()]),
    })
    await say('Hi', 60_000)
    const { status, error, messages } = client.getSnapshot()
    expect([status, error]).toEqual(['ready', null])
    expect(messages[1]?.parts).toEqual([{ type: 'refusal', text: 'I will not.' }])
    expect(errors).toEqual([])
    await end()
  })

  test('an answer that was cut, which people can read', async () => {
    const server = createToolServer({
      model: playedModel('only', [text('Once upon'), finish('length')]),
      tools: [],
    })
    const result = await server.run({ message: 'Hi' }).result
    expect(result).toMatchObject({ reason: 'length', text: 'Once upon' })
    expect(result).not.toHaveProperty('error')
    await server.close()
  })
})

describe('a host that throws', () => {
  test('in messageMetadata loses its metadata, not the answer', async () => {
    const { say, client, errors, end } = setup({
      steps: [{ text: 'Hi.' }],
      messageMetadata: () => {
        throw new Error('host')
      },
    })
    await say('Hi', 60_000)
    const { messages } = client.getSnapshot()
    expect(messages[1]).toMatchObject({ parts: [{ text: 'Hi.' }], metadata: { model: 'scripted' } })
    expect(errors).toMatchObject([{ error: { message: 'host' } }])
    await end()
  })

  test('in a stop condition ends the turn', async () => {
    let reason = ''
    const steps = Array.from({ length: 9 }, () => ({ toolCalls: [{ toolName: 'look' }] }))
    const { say, model, errors, world, end } = setup({
      steps,
      serverTools: [look],
      stopWhen: () => {
        throw new Error('host')
      },
      onFinish: (info) => void (reason = info.reason),
    })
    await say('Hi', 60_000)
    expect(reason).toBe('stop-condition')
    expect(model.requests).toHaveLength(1)
    expect(errors).toMatchObject([{ error: { message: 'host' } }])
    await end()
    expect(world.pendingTimers).toBe(0)
  })

  test('in selectModel ends the turn with an error', async () => {
    const { say, client, errors, end } = setup({
      steps: [],
      selectModel: async () => {
        throw new Error('host')
      },
    })
    await say('Hi', 60_000)
    expect(client.getSnapshot().status).toBe('error')
    expect(errors).toMatchObject([{ error: { message: 'host' } }])
    await end()
  })
})
