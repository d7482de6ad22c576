import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import type { Model } from '../../src/ports/index.ts'
import { hasToolCall, noProgress, stepCountIs } from '../../src/server/index.ts'
import { type AnyTool, ToolError, defineTool } from '../../src/tools/index.ts'
import { setup } from './setup.ts'

const inputSchema = z.object({ n: z.number().optional() })

function tool(name: string, execute: AnyTool['execute'], change: object = {}): AnyTool {
  return defineTool({
    name,
    description: name,
    inputSchema,
    ...(execute && { execute }),
    ...change,
  })
}

const sum = tool('sum', async () => 42)
const calls = (...toolNames: string[]): { toolCalls: { toolName: string; input: object }[] } => ({
  toolCalls: toolNames.map((toolName) => ({ toolName, input: {} })),
})

describe('a turn', () => {
  test('runs server tools and client tools of one step, and goes on with both results', async () => {
    const ran: string[] = []
    const paint = tool('paint', () => {
      ran.push('paint')
      return 'painted'
    })
    const { say, client, model, end, world, errors } = setup({
      steps: [{ text: 'Let me see.', ...calls('sum', 'paint') }, { text: 'Done.' }],
      serverTools: [sum],
      clientTools: [paint],
    })
    await say('Hi')
    const { messages, status, calls: seen } = client.getSnapshot()
    expect(status).toBe('ready')
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'assistant'])
    expect(seen.map((call) => [call.toolName, call.state, call.executor, call.output])).toEqual([
      ['sum', 'output-available', 'server', 42],
      ['paint', 'output-available', 'client', 'painted'],
    ])
    expect(ran).toEqual(['paint'])
    expect(model.requests).toHaveLength(2)
    await end()
    expect(world.pendingTimers).toBe(0)
    expect(errors).toEqual([])
  })

  test('takes as long as its longest tool, not as all of them', async () => {
    const { say, client, world, end } = setup({
      steps: [calls('a', 'b'), { text: 'Done.' }],
      clientTools: ['a', 'b'].map((name) => tool(name, () => sleep(300))),
    })
    const sleep = (ms: number): Promise<string> =>
      new Promise((resolve) => world.setTimer(ms, () => resolve('slept')))
    await say('Hi', 900)
    const [a, b] = client.getSnapshot().calls
    const { startedAt = 0 } = a!.timings
    expect(a!.timings.finishedAt! - startedAt).toBe(300)
    expect(b!.timings.finishedAt! - startedAt).toBe(300)
    expect(client.getSnapshot().status).toBe('ready')
    await end()
  })

  test('takes several steps, and the next message continues the conversation', async () => {
    const { say, client, model, end } = setup({
      steps: [calls('sum'), calls('sum'), { text: 'Eighty-four.' }, { text: 'You are welcome.' }],
      serverTools: [sum],
    })
    await say('Twice, please.')
    await say('Thanks.')
    expect(client.getSnapshot().messages.map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'assistant',
      'assistant',
      'user',
      'assistant',
    ])
    expect(model.requests[3]?.messages).toHaveLength(5)
    await end()
  })

  test('shows text and input while they stream', async () => {
    const seen: string[] = []
    const { say, client, end } = setup({
      steps: [
        { text: 'Hello there', toolCalls: [{ toolName: 'sum', input: { n: 12 } }], deltaChars: 3 },
        { text: 'Done.' },
      ],
      serverTools: [sum],
    })
    client.subscribe(() => {
      const [part, call] = client.getSnapshot().messages[1]?.parts ?? []
      if (part?.type === 'text') seen.push(part.text)
      if (call?.type === 'tool' && call.state === 'input-streaming')
        seen.push(JSON.stringify(call.input ?? null))
    })
    await say('Hi')
    expect(seen).toContain('Hel')
    expect(seen).toContain('Hello ')
    expect(seen).toContain('{}')
    await end()
  })

  test('tells the host of each step and of its end, with metadata on each message', async () => {
    const told: unknown[] = []
    const { say, client, end } = setup({
      steps: [
        { ...calls('sum'), usage: { inputTokens: 3, outputTokens: 4, totalTokens: 7 } },
        { text: 'Done.' },
      ],
      serverTools: [sum],
      onStep: ({ step, message }) => void told.push([step, message.parts.length]),
      onFinish: ({ reason, messages }) => void told.push([reason, messages.length]),
      messageMetadata: () => ({ tenant: 'blue' }),
    })
    await say('Hi')
    expect(told).toEqual([
      [1, 1],
      [2, 1],
      ['stop', 3],
    ])
    const { metadata } = client.getSnapshot().messages[1]!
    expect(metadata).toMatchObject({
      tenant: 'blue',
      usage: { totalTokens: 7 },
      model: expect.any(String),
    })
    expect(metadata.createdAt).toBeTypeOf('number')
    await end()
  })

  test('does not end because a callback of the host throws', async () => {
    const { say, client, errors, end } = setup({
      steps: [{ text: 'Hi.' }],
      onStep: () => {
        throw new Error('host')
      },
      onFinish: async () => {
        throw new Error('host')
      },
    })
    await say('Hi')
    expect(client.getSnapshot().status).toBe('ready')
    expect(errors).toHaveLength(2)
    await end()
  })
})

describe('a handler [P50]', () => {
  const cycle: { self?: object } = {}
  cycle.self = cycle
  const misfits: Record<string, [AnyTool['execute'], string]> = {
    throws: [
      () => {
        throw new Error('password is hunter2')
      },
      'handler-error',
    ],
    'returns a cycle': [() => cycle, 'not-serializable'],
    'returns a BigInt': [() => 1n, 'not-serializable'],
    'returns a function': [() => () => 1, 'not-serializable'],
  }
  for (const side of ['server', 'client'] as const)
    for (const [name, [execute, code]] of Object.entries(misfits))
      test(`on the ${side} that ${name} settles as ${code}, and the conversation goes on`, async () => {
        const bad = tool('bad', execute)
        const { say, client, model, errors, end } = setup({
          steps: [calls('bad'), { text: 'Sorry.' }],
          [side === 'server' ? 'serverTools' : 'clientTools']: [bad],
        })
        await say('Hi')
        const [call] = client.getSnapshot().calls
        expect(call).toMatchObject({ state: 'output-error', errorCode: code })
        expect(call?.errorText).not.toContain('hunter2')
        expect(JSON.stringify(model.requests[1]?.messages)).not.toContain('hunter2')
        expect(client.getSnapshot().status).toBe('ready')
        if (code === 'handler-error') {
          expect(errors).toMatchObject([{ errorId: expect.any(String), toolName: 'bad' }])
          expect(call?.errorText).toContain((errors[0] as { errorId: string }).errorId)
        }
        await end()
      })

  test('that returns nothing has done its work, and its output is null', async () => {
    const seen: string[] = []
    const note = tool('note', () => void seen.push('ran'))
    const { say, client, model, end } = setup({
      steps: [calls('note'), { text: 'Noted.' }],
      clientTools: [note],
    })
    await say('Hi')
    expect(seen).toHaveLength(1)
    expect(client.getSnapshot().calls).toMatchObject([{ state: 'output-available', output: null }])
    expect(JSON.stringify(model.requests[1]?.messages)).toContain('"output":null')
    await end()
  })

  test('that never ends is timed out, its signal aborted', async () => {
    let signal: AbortSignal | undefined
    const stuck = tool(
      'stuck',
      (_, context) => {
        signal = context.signal
        return new Promise(() => {})
      },
      { timeoutMs: 5_000 },
    )
    const { say, client, end } = setup({
      steps: [calls('stuck'), { text: 'Sorry.' }],
      clientTools: [stuck],
    })
    await say('Hi', 4_900)
    expect(client.getSnapshot().calls[0]?.state).toBe('executing')
    expect(signal?.aborted).toBe(false)
    await say('Still there?', 1_000)
    expect(client.getSnapshot().calls[0]).toMatchObject({
      state: 'timed-out',
      errorCode: 'timed-out',
    })
    expect(signal?.aborted).toBe(true)
    await end()
  })

  test('that shows progress outlives its idle limit', async () => {
    const slow = tool(
      'slow',
      async (_, { progress }) => {
        for (let n = 1; n <= 5; n++) {
          await new Promise<void>((resolve) => world.setTimer(800, resolve))
          progress({ n })
        }
        return 'done'
      },
      { idleTimeoutMs: 1_000 },
    )
    const { world, say, client, end } = setup({
      steps: [calls('slow'), { text: 'Done.' }],
      clientTools: [slow],
    })
    await say('Hi', 2_000)
    expect(client.getSnapshot().calls[0]).toMatchObject({ state: 'executing', progress: { n: 2 } })
    await world.advance(3_000)
    expect(client.getSnapshot().calls[0]).toMatchObject({
      state: 'output-available',
      output: 'done',
    })
    await end()
  })

  test('speaks to the model and to the user through ToolError', async () => {
    const picky = tool('picky', () => {
      throw new ToolError('Use a number below 10.', { forUser: 'Too large.', code: 'too-large' })
    })
    const { say, client, model, errors, end } = setup({
      steps: [calls('picky'), { text: 'Ok.' }],
      serverTools: [picky],
    })
    await say('Hi')
    expect(client.getSnapshot().calls[0]).toMatchObject({
      errorText: 'Use a number below 10.',
      errorForUser: 'Too large.',
      errorCode: 'too-large',
    })
    expect(JSON.stringify(model.requests[1]?.messages)).toContain('Use a number below 10.')
    expect(errors).toEqual([])
    await end()
  })

  test('gets key, attempt, principal and context', async () => {
    let got: object = {}
    const curious = tool('curious', (_, context) => {
      got = context
      return 1
    })
    const { say, end } = setup({
      steps: [calls('curious'), { text: '.' }],
      serverTools: [curious],
      context: { db: 1 },
    })
    await say('Hi')
    expect(got).toMatchObject({
      attempt: 1,
      principal: { id: 'me' },
      context: { db: 1 },
      key: expect.stringMatching(/^[0-9a-f]{32}$/),
    })
    await end()
  })

  test('is retried only when it is idempotent and the error says so', async () => {
    let runs = 0
    const flaky = (change: object): AnyTool =>
      tool(
        'flaky',
        () => {
          runs++
          throw new ToolError('Busy.', { retryable: true })
        },
        { retry: { attempts: 3, minDelayMs: 10, maxDelayMs: 100 }, ...change },
      )
    for (const [change, expected] of [
      [{ idempotent: true }, 3],
      [{}, 1],
    ] as const) {
      runs = 0
      const { say, end } = setup({
        steps: [calls('flaky'), { text: '.' }],
        serverTools: [flaky(change)],
      })
      await say('Hi')
      expect(runs).toBe(expected)
      await end()
    }
  })
})

describe('an input', () => {
  test('that does not fit the schema runs nothing, and tells the model why', async () => {
    let runs = 0
    const { say, client, model, end } = setup({
      steps: [{ toolCalls: [{ toolName: 'count', input: { n: 'many' } }] }, { text: 'Sorry.' }],
      serverTools: [tool('count', () => ++runs)],
    })
    await say('Hi')
    expect(client.getSnapshot().calls[0]).toMatchObject({
      state: 'input-invalid',
      errorCode: 'invalid-input',
    })
    expect(client.getSnapshot().calls[0]?.errorText).toContain('/n')
    expect(JSON.stringify(model.requests[1]?.messages)).toContain('/n')
    expect(runs).toBe(0)
    await end()
  })

  test('that was cut runs nothing', async () => {
    let runs = 0
    const { say, client, end } = setup({
      steps: [
        { toolCalls: [{ toolName: 'count', inputText: '{"n": 1' }], finishReason: 'length' },
        { text: 'Sorry.' },
      ],
      serverTools: [tool('count', () => ++runs)],
    })
    await say('Hi')
    expect(client.getSnapshot().calls[0]).toMatchObject({
      state: 'input-invalid',
      errorCode: 'truncated-input',
    })
    expect(runs).toBe(0)
    await end()
  })

  test('for a tool that is not there names those that are', async () => {
    const { say, client, end } = setup({
      steps: [calls('nope'), { text: 'Sorry.' }],
      serverTools: [sum],
    })
    await say('Hi')
    expect(client.getSnapshot().calls[0]).toMatchObject({
      errorCode: 'unknown-tool',
      errorText: expect.stringContaining('sum'),
    })
    await end()
  })
})

describe('stop', () => {
  test('aborts the handler, keeps what it hands back, and asks the model nothing more', async () => {
    const upload = tool(
      'upload',
      (_, { signal }) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve({ uploaded: 40 }))),
    )
    const { say, client, model, world, end } = setup({
      steps: [calls('upload'), { text: 'Never said.' }],
      clientTools: [upload],
    })
    await say('Hi')
    expect(client.getSnapshot().status).toBe('waiting')
    await Promise.all([client.stop(), client.stop(), world.advance(1_000)])
    expect(client.getSnapshot().calls[0]).toMatchObject({
      state: 'cancelled',
      output: { uploaded: 40 },
    })
    expect(client.getSnapshot().status).toBe('ready')
    expect(model.requests).toHaveLength(1)
    await say('Go on')
    expect(model.requests).toHaveLength(2)
    await end()
  })

  test('of one call lets the turn go on', async () => {
    const stuck = tool('stuck', () => new Promise(() => {}))
    const { say, client, world, end } = setup({
      steps: [calls('stuck', 'sum'), { text: 'Partly.' }],
      clientTools: [stuck],
      serverTools: [sum],
    })
    await say('Hi')
    const cancelled = client.cancel(client.getSnapshot().calls[0]!.toolCallId)
    await world.advance(6_000)
    await cancelled
    expect(client.getSnapshot().calls.map(({ state }) => state)).toEqual([
      'cancelled',
      'output-available',
    ])
    expect(client.getSnapshot().status).toBe('ready')
    await end()
  })
})

test('stop while the model writes ends its request, and keeps what it said', async () => {
  let signal: AbortSignal | undefined
  const model: Model = {
    id: 'slow',
    format: 'slow',
    async *stream(request) {
      signal = request.signal
      yield { type: 'text-delta', text: 'Once upon' }
      await new Promise((resolve) => request.signal?.addEventListener('abort', resolve))
      yield { type: 'text-delta', text: ' a time' }
      yield { type: 'finish', reason: 'stop', rawReason: null, usage: {} }
    },
  }
  const { say, client, world, end } = setup({ steps: [], model })
  await say('Tell me.')
  expect(client.getSnapshot().status).toBe('streaming')
  await Promise.all([client.stop(), world.advance(100)])
  expect(signal?.aborted).toBe(true)
  expect(client.getSnapshot().status).toBe('ready')
  expect(client.getSnapshot().messages[1]?.parts[0]).toMatchObject({
    text: expect.stringMatching(/^Once upon/),
  })
  await end()
})

test('calls of two steps with one id of the provider stay apart [P14]', async () => {
  const again = { toolCalls: [{ toolName: 'sum', input: {}, toolCallId: 'call_0' }] }
  const { say, client, model, end } = setup({
    steps: [again, again, { text: '.' }],
    serverTools: [sum],
  })
  await say('Hi')
  expect(client.getSnapshot().calls.map(({ toolCallId }) => toolCallId)).toEqual([
    'call_0',
    'call_0_2',
  ])
  // The provider gets its own id back.
  expect(client.getSnapshot().calls[1]?.providerToolCallId).toBe('call_0')
  expect(model.requests).toHaveLength(3)
  await end()
})

test('a conversation that nobody follows and that has nothing to do is let go', async () => {
  const { say, client, server, world, end } = setup({ steps: [{ text: 'Hi.' }] })
  await say('Hi')
  expect(server.health()).toMatchObject({ conversations: 1, links: 1 })
  client.detach()
  await world.settle()
  expect(server.health()).toMatchObject({ conversations: 0, links: 0 })
  await end()
})

describe('a question to a person', () => {
  const erase = tool('erase', () => 'gone', { approval: true })

  test('is asked before the handler runs', async () => {
    const { say, client, world, end } = setup({
      steps: [calls('erase'), { text: 'Done.' }],
      clientTools: [erase],
    })
    await say('Hi')
    const [call] = client.getSnapshot().calls
    expect(call?.state).toBe('approval-requested')
    await Promise.all([client.approve(call!.toolCallId), world.advance(1_000)])
    expect(client.getSnapshot().calls[0]).toMatchObject({
      state: 'output-available',
      output: 'gone',
    })
    await end()
  })

  test('that is denied runs nothing and tells the model the reason', async () => {
    const { say, client, world, model, end } = setup({
      steps: [calls('erase'), { text: 'Fine.' }],
      serverTools: [erase],
    })
    await say('Hi')
    await Promise.all([
      client.deny(client.getSnapshot().calls[0]!.toolCallId, 'not today'),
      world.advance(1_000),
    ])
    expect(client.getSnapshot().calls[0]?.state).toBe('denied')
    expect(JSON.stringify(model.requests[1]?.messages)).toContain('not today')
    await end()
  })
})

describe('a tool with a permission', () => {
  const secret = tool('secret', () => 'x', { permission: 'admin' })

  test('runs nothing for a user without it', async () => {
    const { say, client, end } = setup({
      steps: [calls('secret'), { text: 'No.' }],
      serverTools: [secret],
    })
    await say('Hi')
    expect(client.getSnapshot().calls[0]).toMatchObject({
      state: 'denied',
      errorCode: 'not-permitted',
    })
    await end()
  })

  test('asks the host where it wants to be asked', async () => {
    const { say, client, end } = setup({
      steps: [calls('secret'), { text: 'Yes.' }],
      serverTools: [secret],
      permissions: (principal, permission) => principal?.id === 'me' && permission === 'admin',
    })
    await say('Hi')
    expect(client.getSnapshot().calls[0]?.state).toBe('output-available')
    await end()
  })
})

describe('a stop condition', () => {
  const endless = Array.from({ length: 30 }, () => calls('sum'))
  for (const [name, stopWhen, steps] of [
    ['stepCountIs', stepCountIs(3), 3],
    ['hasToolCall', hasToolCall('sum'), 1],
    ['noProgress', noProgress(), 2],
  ] as const)
    test(`${name} ends the turn between two steps`, async () => {
      let reason = ''
      const { say, model, end } = setup({
        steps: endless,
        serverTools: [sum],
        stopWhen,
        onFinish: (info) => void (reason = info.reason),
      })
      await say('Hi')
      expect(model.requests).toHaveLength(steps)
      expect(reason).toBe('stop-condition')
      await end()
    })

  test('is not needed for a model that repeats itself', async () => {
    let reason = ''
    const { say, model, client, end } = setup({
      steps: endless,
      serverTools: [sum],
      onFinish: (info) => void (reason = info.reason),
    })
    await say('Hi')
    expect(reason).toBe('repeated-calls')
    expect(model.requests).toHaveLength(7)
    expect(
      client.getSnapshot().calls.filter(({ state }) => state === 'output-available'),
    ).toHaveLength(5)
    await end()
  })
})

describe('a model that fails', () => {
  test('ends the turn with an id, and the full error goes to the host', async () => {
    const { say, client, errors, end } = setup({ steps: [{ error: 'key sk-secret is wrong' }] })
    await say('Hi')
    const { status, error } = client.getSnapshot()
    expect(status).toBe('error')
    expect(error?.text).not.toContain('sk-secret')
    expect(errors).toMatchObject([{ errorId: error?.errorId }])
    await end()
  })

  test('after it said something keeps that, and runs none of its calls', async () => {
    const { say, client, end } = setup({
      steps: [{ text: 'I will', ...calls('sum'), error: 'cut' }],
      serverTools: [sum],
    })
    await say('Hi')
    const { messages, calls: seen, status } = client.getSnapshot()
    expect(messages[1]?.parts[0]).toEqual({ type: 'text', text: 'I will' })
    expect(seen.every(({ state }) => state === 'cancelled' || state === 'input-invalid')).toBe(true)
    expect(status).toBe('error')
    await end()
  })
})

test('a message that is sent during a turn waits for its end', async () => {
  const slow = tool('slow', () => new Promise((resolve) => world.setTimer(5_000, () => resolve(1))))
  const { world, say, client, model, end } = setup({
    steps: [calls('slow'), { text: 'First.' }, { text: 'Second.' }],
    serverTools: [slow],
  })
  await say('One')
  await say('Two')
  expect(client.getSnapshot().messages.map(({ role }) => role)).toEqual([
    'user',
    'assistant',
    'user',
  ])
  await world.advance(6_000)
  expect(client.getSnapshot().messages.map(({ role }) => role)).toEqual([
    'user',
    'assistant',
    'assistant',
    'user',
    'assistant',
  ])
  expect(model.requests).toHaveLength(3)
  await end()
})
