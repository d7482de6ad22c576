import { describe, expect, test } from 'vitest'
import { anthropic } from '../../src/models/anthropic.ts'
import { createToolServer, noProgress, stepCountIs } from '../../src/server/index.ts'
import { historyValidators } from '../../src/testing/history-validators.ts'
import { setup } from '../server/setup.ts'
import { failing, failure, finish, playedModel, text } from './played-model.ts'
import { messagesAnswer, playedServer } from './wire.ts'

const search = (id: string) =>
  ({
    type: 'server_tool_use',
    id,
    name: 'web_search',
    input: { query: 'a\u0000é "quoted"' },
  }) as const
const found = (id: string) =>
  ({
    type: 'web_search_tool_result',
    tool_use_id: id,
    content: [{ type: 'web_search_result', title: 'A', encrypted_content: 'E+/=' }],
  }) as const
const said = (words: string) => ({ type: 'text', text: words }) as const

describe('an answer of Anthropic that paused', () => {
  test('is sent back as it came, and goes on where it was', async () => {
    const { fetch, bodies } = playedServer(
      messagesAnswer([said('Let me search.'), search('s1')], 'pause_turn'),
      messagesAnswer([found('s1'), search('s2')], 'pause_turn'),
      messagesAnswer([found('s2'), said('It is A.')], 'end_turn'),
      messagesAnswer([said('You are welcome.')], 'end_turn'),
    )
    const model = anthropic({ model: 'm', fetch })
    const server = createToolServer({ model, tools: [] })
    const run = server.run({ message: 'What is it?' })
    const { reason, messages, text: answer } = await run.result
    expect([reason, answer]).toEqual(['stop', 'It is A.'])
    expect(messages.map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'assistant',
      'assistant',
    ])
    await server.run({ message: 'Thanks.', conversationId: run.conversationId }).result

    const first = [said('Let me search.'), search('s1')]
    const second = [...first, found('s1'), search('s2')]
    const whole = [...second, found('s2'), said('It is A.')]
    const asked = { role: 'user', content: [said('What is it?')] }
    expect(bodies.map(({ messages: sent }) => sent)).toEqual([
      [asked],
      [asked, { role: 'assistant', content: first }],
      [asked, { role: 'assistant', content: second }],
      [asked, { role: 'assistant', content: whole }, { role: 'user', content: [said('Thanks.')] }],
    ])
    for (const body of bodies) expect(historyValidators.anthropic(body)).toEqual([])
    await server.close()
  })

  test('is asked for again at most as often as the turn may have steps', async () => {
    const { fetch, bodies } = playedServer(messagesAnswer([search('s')], 'pause_turn'))
    const model = anthropic({ model: 'm', fetch })
    const server = createToolServer({ model, tools: [], maxSteps: 3 })
    const { reason } = await server.run({ message: 'Hi' }).result
    expect(reason).toBe('max-steps')
    expect(bodies).toHaveLength(3)
    await server.close()
  })
})

describe('a paused answer', () => {
  const paused = [text('Wait. '), finish('other', { paused: true })] as const
  const done = [text('Done.'), finish()] as const

  test('is bounded by the tokens of the turn, too', async () => {
    const spent = [
      text('Wait. '),
      { ...finish('other', { paused: true }), usage: { totalTokens: 60 } },
    ] as const
    const model = playedModel('only', spent)
    const server = createToolServer({ model, tools: [], budgets: { maxTokens: 100 } })
    expect((await server.run({ message: 'Hi' }).result).reason).toBe('max-tokens')
    expect(model.requests).toHaveLength(2)
    await server.close()
  })

  test('is progress, and counts as a step', async () => {
    for (const [stopWhen, reason, requests] of [
      [noProgress(), 'stop', 4],
      [stepCountIs(2), 'stop-condition', 2],
    ] as const) {
      const model = playedModel('only', paused, paused, paused, done)
      const server = createToolServer({ model, tools: [], stopWhen })
      expect((await server.run({ message: 'Hi' }).result).reason).toBe(reason)
      expect(model.requests).toHaveLength(requests)
      await server.close()
    }
  })

  test('is not gone on with after a stop', async () => {
    const model = playedModel('only', paused, [], done)
    const waiting = {
      ...model,
      async *stream(request: Parameters<typeof model.stream>[0]) {
        yield* model.stream(request)
        if (model.requests.length === 2)
          await new Promise((resolve) => request.signal?.addEventListener('abort', resolve))
      },
    }
    const { say, client, world, end } = setup({ steps: [], model: waiting })
    await say('Hi')
    await Promise.all([client.stop(), world.advance(60_000)])
    expect(client.getSnapshot()).toMatchObject({ status: 'ready', error: null })
    expect(model.requests).toHaveLength(2)
    await end()
  })

  test('is gone on with by the model that paused, before any other of the list', async () => {
    const refused = failing(failure('MODEL_REQUEST'))
    const first = playedModel('first', refused, [text('Never.'), finish()])
    const second = playedModel('second', paused, done)
    const { say, client, end } = setup({ steps: [], model: [first, second] })
    await say('Hi')
    expect([first.requests.length, second.requests.length]).toEqual([1, 2])
    expect(client.getSnapshot().messages.at(-1)?.metadata.model).toBe('second')
    await say('And?')
    expect([first.requests.length, second.requests.length]).toEqual([2, 2])
    await end()
  })

  test('that says nothing is no pause but silence', async () => {
    const model = playedModel('only', [finish('other', { paused: true })], done)
    const { say, client, errors, end } = setup({ steps: [], model })
    await say('Hi')
    expect(client.getSnapshot().messages).toHaveLength(2)
    expect(errors).toMatchObject([{ error: { code: 'MODEL_PROTOCOL' } }])
    await end()
  })
})
