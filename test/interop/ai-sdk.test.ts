// The AI SDK itself and one of its providers, against a scripted server.
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import {
  type UIMessage,
  convertToModelMessages,
  defaultSettingsMiddleware,
  generateText,
  isStepCount,
  readUIMessageStream,
  streamText,
  tool,
  wrapLanguageModel,
} from 'ai'
import { afterEach, expect, test } from 'vitest'
import { z } from 'zod'
import { createToolClient } from '../../src/client/index.ts'
import { fromLanguageModel, toLanguageModel } from '../../src/interop/ai-sdk.ts'
import { anthropic } from '../../src/models/anthropic.ts'
import { openaiChat } from '../../src/models/openai-chat.ts'
import { createToolServer } from '../../src/server/index.ts'
import { type ScriptStep, scriptedModel, virtualClock } from '../../src/testing/index.ts'
import { defineTool } from '../../src/tools/index.ts'
import { memoryTransport } from '../../src/transports/index.ts'

const steps: readonly ScriptStep[] = [
  {
    reasoning: 'I have to look.',
    text: 'Let me see.',
    toolCalls: [
      { toolName: 'weather', input: { city: 'Paris' } },
      { toolName: 'weather', input: { city: 'Nowhere' } },
    ],
    usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15 },
  },
  { text: 'It rains in Paris.', usage: { inputTokens: 20, outputTokens: 6, totalTokens: 26 } },
]

const weather = tool({
  description: 'The weather of a city.',
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => {
    if (city !== 'Paris') throw new Error('There is no such city.')
    return { sky: 'rain' }
  },
})

function bridged(script: readonly ScriptStep[] = steps) {
  const scripted = scriptedModel(script)
  const model = toLanguageModel(openaiChat({ model: 'm', fetch: scripted.fetch }))
  return { scripted, model }
}

// The tests look at the warnings themselves.
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false })

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

test('streamText runs its tools on a model of ours, and the model sees what they gave', async () => {
  const { scripted, model } = bridged()
  const result = streamText({
    model,
    instructions: 'Be brief.',
    prompt: 'How is the weather?',
    tools: { weather },
    stopWhen: isStepCount(3),
  })
  let streamed = ''
  for await (const delta of result.textStream) streamed += delta
  expect(streamed).toBe('Let me see.It rains in Paris.')
  expect(await result.text).toBe('It rains in Paris.')
  const [first, last] = await result.steps
  expect(first?.reasoningText).toBe('I have to look.')
  expect(first?.finishReason).toBe('tool-calls')
  expect(last?.rawFinishReason).toBe('stop')
  expect(await result.totalUsage).toMatchObject({ inputTokens: 30, outputTokens: 11 })
  const [, again] = scripted.requests
  expect(again?.system).toBe('Be brief.')
  expect(again?.messages.map(({ role }) => role)).toEqual(['user', 'assistant'])
  expect(again?.messages[1]?.parts).toMatchObject([
    { type: 'text', text: 'Let me see.' },
    { input: { city: 'Paris' }, state: 'output-available', output: { sky: 'rain' } },
    {
      input: { city: 'Nowhere' },
      state: 'output-error',
      errorText: 'There is no such city.',
    },
  ])
})

test('generateText works over a real connection', async () => {
  const server = await scriptedModel(steps).listen()
  closing.push(() => server.close())
  const model = toLanguageModel(openaiChat({ model: 'm', baseURL: server.url }))
  const result = await generateText({
    model,
    prompt: 'How is the weather?',
    tools: { weather },
    stopWhen: isStepCount(3),
  })
  expect(result.text).toBe('It rains in Paris.')
  expect(result.steps[0]?.toolCalls.map(({ input }) => input)).toEqual([
    { city: 'Paris' },
    { city: 'Nowhere' },
  ])
  expect(result.steps[0]?.reasoningText).toBe('I have to look.')
})

test('middleware of the AI SDK goes around a model of ours, and its options reach the body', async () => {
  const bodies: unknown[] = []
  const { fetch } = scriptedModel([{ text: 'Hi.' }])
  const model = openaiChat({
    model: 'm',
    fetch: async (input, init) => {
      bodies.push(await new Request(input, init).json())
      return fetch(input, init)
    },
  })
  const settings = { temperature: 0.1, providerOptions: { toolwire: { seed: 7 } } }
  const wrapped = wrapLanguageModel({
    model: toLanguageModel(model),
    middleware: defaultSettingsMiddleware({ settings }),
  })
  await generateText({ model: wrapped, prompt: 'Hi', maxOutputTokens: 9 })
  expect(bodies).toMatchObject([{ temperature: 0.1, max_completion_tokens: 9, seed: 7 }])
})

test('what a model of ours cannot do is a warning', async () => {
  const { model } = bridged([{ text: 'Hi.' }])
  const { warnings } = await generateText({
    model,
    prompt: 'Hi',
    topP: 0.5,
    seed: 1,
    stopSequences: ['!'],
    headers: { 'x-team': 'a' },
  })
  expect(warnings?.map((warning) => 'feature' in warning && warning.feature)).toEqual([
    'topP',
    'stopSequences',
    'seed',
    'headers',
  ])
})

test('a call whose input is cut is not run, and the reason is the limit', async () => {
  const ran: unknown[] = []
  const { model } = bridged([
    {
      toolCalls: [{ toolName: 'weather', inputText: '{"city":"Par' }],
      finishReason: 'length',
    },
  ])
  const result = await generateText({
    model,
    prompt: 'Hi',
    tools: { weather: { ...weather, execute: async (input) => ran.push(input) } },
  })
  expect(ran).toEqual([])
  expect(result.finishReason).toBe('length')
})

test('a refused request rejects with our error, and is not sent again by the AI SDK', async () => {
  const { scripted, model } = bridged([{ error: { message: 'Bad key', status: 401 } }])
  await expect(generateText({ model, prompt: 'Hi' })).rejects.toMatchObject({
    code: 'MODEL_REQUEST',
    status: 401,
  })
  expect(scripted.requests).toHaveLength(1)
})

test('an answer that breaks is an error of the stream, after what it said', async () => {
  const { model } = bridged([{ text: 'I begin', error: 'The server fell over' }])
  const errors: unknown[] = []
  const result = streamText({ model, prompt: 'Hi', onError: ({ error }) => errors.push(error) })
  let said = ''
  for await (const delta of result.textStream) said += delta
  expect(said).toBe('I begin')
  expect(errors).toMatchObject([{ code: 'MODEL_PROVIDER' }])
  await expect(
    generateText({ model: bridged([{ text: 'I', error: 'No' }]).model, prompt: 'Hi' }),
  ).rejects.toMatchObject({ code: 'MODEL_PROVIDER' })
})

test('an abort ends the stream as an abort of the AI SDK', async () => {
  const { model } = bridged([{ text: 'A long story. '.repeat(50) }])
  const controller = new AbortController()
  let aborted = false
  const errors: unknown[] = []
  const result = streamText({
    model,
    prompt: 'Hi',
    abortSignal: controller.signal,
    onAbort: () => {
      aborted = true
    },
    onError: ({ error }) => errors.push(error),
  })
  for await (const part of result.fullStream) if (part.type === 'text-delta') controller.abort()
  expect(aborted).toBe(true)
  expect(errors).toEqual([])
})

const signature = 'c2lnbmVk/+=='
const thinking = { type: 'thinking', thinking: 'Paris it is.', signature }
const toolUse = { type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} }

/** A stream of Anthropic that thinks, signs it, and calls. */
const thoughtful = [
  { type: 'message_start', message: { id: 'msg_1', usage: { input_tokens: 1, output_tokens: 1 } } },
  {
    type: 'content_block_start',
    index: 0,
    content_block: { ...thinking, thinking: '', signature: '' },
  },
  {
    type: 'content_block_delta',
    index: 0,
    delta: { type: 'thinking_delta', thinking: thinking.thinking },
  },
  { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature } },
  { type: 'content_block_stop', index: 0 },
  { type: 'content_block_start', index: 1, content_block: toolUse },
  {
    type: 'content_block_delta',
    index: 1,
    delta: { type: 'input_json_delta', partial_json: '{"city":"Paris"}' },
  },
  { type: 'content_block_stop', index: 1 },
  { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 9 } },
  { type: 'message_stop' },
]

const calm = [
  { type: 'message_start', message: { id: 'msg_2', usage: { input_tokens: 1, output_tokens: 1 } } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Rain.' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } },
  { type: 'message_stop' },
]

function thinker(model = 'm') {
  const bodies: { messages: { role: string; content: unknown[] }[] }[] = []
  const fetch: typeof globalThis.fetch = async (input, init) => {
    bodies.push(await new Request(input, init).json())
    const events = bodies.length === 1 ? thoughtful : calm
    return new Response(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''))
  }
  return { bodies, model: toLanguageModel(anthropic({ model, fetch })) }
}

test('a signed thought goes back to its model as it came, within one call of streamText', async () => {
  const { bodies, model } = thinker()
  const result = streamText({
    model,
    prompt: 'Weather?',
    tools: { weather },
    stopWhen: isStepCount(2),
  })
  expect(await result.text).toBe('Rain.')
  expect(bodies[1]?.messages[1]).toEqual({
    role: 'assistant',
    content: [thinking, { ...toolUse, input: { city: 'Paris' } }],
  })
})

test('a signed thought survives the messages of a user interface, and goes to no other model', async () => {
  const { bodies, model } = thinker()
  const ask: UIMessage = { id: 'u1', role: 'user', parts: [{ type: 'text', text: 'Weather?' }] }
  const result = streamText({
    model,
    messages: await convertToModelMessages([ask]),
    tools: { weather },
    stopWhen: isStepCount(2),
  })
  let shown: UIMessage | undefined
  for await (const message of readUIMessageStream({ stream: result.toUIMessageStream() }))
    shown = message
  // As a database that sorts fields would give it back.
  const stored = JSON.parse(JSON.stringify(shown, sortFields)) as UIMessage
  const history = [ask, stored, { ...ask, id: 'u2' }]
  const messages = await convertToModelMessages(history, { tools: { weather } })
  await generateText({ model, messages })
  const content = [thinking, { ...toolUse, input: { city: 'Paris' } }]
  expect(JSON.stringify(bodies[2]?.messages[1]?.content)).toBe(
    JSON.stringify(bodies[1]?.messages[1]?.content),
  )
  expect(bodies[2]?.messages[1]).toEqual({ role: 'assistant', content })
  const other = thinker('other')
  await generateText({ model: other.model, messages })
  expect(JSON.stringify(other.bodies)).not.toContain(signature)
})

function sortFields(_: string, value: unknown): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    : value
}

test('a provider of the AI SDK runs a turn with a tool of the server and a tool of the client', async () => {
  const scripted = scriptedModel([
    {
      reasoning: 'Two things at once.',
      text: 'One moment. ',
      toolCalls: [
        { toolName: 'db.price', input: { item: 'door' } },
        { toolName: 'page/paint', input: { color: 'green' } },
      ],
      usage: { inputTokens: 7, outputTokens: 3, totalTokens: 10 },
    },
    { toolCalls: [{ toolName: 'db.price', inputText: '[]' }] },
    { text: 'Your door is green and costs 12.' },
  ])
  const wire = await scripted.listen()
  closing.push(() => wire.close())
  const provider = createOpenAICompatible({
    name: 'scripted',
    baseURL: wire.url,
    includeUsage: true,
  })
  const price = defineTool({
    name: 'db.price',
    description: 'What an item costs.',
    inputSchema: z.object({ item: z.string() }),
    readOnly: true,
    execute: ({ item }) => ({ [item]: 12 }),
  })
  const paint = defineTool({
    name: 'page/paint',
    description: 'Paints the door.',
    inputSchema: z.object({ color: z.string() }),
    execute: ({ color }) => `painted ${color}`,
  })
  const server = createToolServer({
    model: fromLanguageModel(provider('m')),
    tools: [price, paint.withoutExecute()],
    system: 'Be brief.',
  })
  const transport = memoryTransport()
  server.accept(transport, { id: 'me' })
  const client = createToolClient({ transport, tools: [paint] })
  closing.push(async () => {
    client.close()
    await server.close()
  })
  await client.send('Paint my door.')
  const { messages } = await settled(client)
  const parts = messages.flatMap((message) => message.parts)
  const calls = parts.filter((part) => part.type === 'tool')
  expect(calls.map(({ toolName, state, output }) => [toolName, state, output])).toEqual([
    ['db.price', 'output-available', { door: 12 }],
    ['page/paint', 'output-available', 'painted green'],
    ['db.price', 'input-invalid', undefined],
  ])
  expect(parts.at(-1)).toMatchObject({ type: 'text', text: 'Your door is green and costs 12.' })
  const usage = { inputTokens: 7, outputTokens: 3, totalTokens: 10 }
  expect(messages[1]?.metadata.usage).toMatchObject(usage)
  const [first, second, third] = scripted.requests
  expect(first?.system).toBe('Be brief.')
  // Neither name is one that APIs take.
  expect(first?.tools?.every(({ name }) => /^[\w-]+$/.test(name))).toBe(true)
  expect(second?.messages[1]?.parts).toMatchObject([
    { type: 'text', text: 'One moment. ' },
    { state: 'output-available', output: { door: 12 } },
    { state: 'output-available', output: 'painted green' },
  ])
  expect(third?.messages[2]?.parts).toMatchObject([{ state: 'output-error' }])
})

async function settled(client: ReturnType<typeof createToolClient>) {
  for (;;) {
    const snapshot = client.getSnapshot()
    if (snapshot.status === 'ready' && snapshot.messages.length > 1) return snapshot
    await new Promise<void>((resolve) => {
      const stop = client.subscribe(() => {
        stop()
        resolve()
      })
    })
  }
}

test('a server of a provider that is busy is asked again, as patiently as it asks for', async () => {
  const world = virtualClock()
  const scripted = scriptedModel([{ text: 'Here I am.' }])
  const statuses = [503, 429]
  const provider = createOpenAICompatible({
    name: 'busy',
    baseURL: 'http://localhost/v1',
    fetch: async (input, init) => {
      const status = statuses.shift()
      const headers = { 'retry-after': '7' }
      return status
        ? Response.json({ error: { message: 'Busy' } }, { status, headers })
        : scripted.fetch(input, init)
    },
  })
  const model = fromLanguageModel(provider('m'), { world })
  const events: string[] = []
  const done = (async () => {
    for await (const event of model.stream({ messages: [] })) events.push(event.type)
  })()
  await world.advance(13_000)
  expect(events).toEqual([])
  await world.advance(1_000)
  await done
  expect(events.at(-1)).toBe('finish')
  expect(events).not.toContain('error')
})
