import { expect, test } from 'vitest'
import { openaiChat } from '../../src/models/openai-chat.ts'
import type { Model, ModelEvent, ModelRequest } from '../../src/ports/index.ts'
import type { Message } from '../../src/protocol/index.ts'
import { type Script, type ScriptStep, scriptedModel } from '../../src/testing/index.ts'

const ways = ['directly', 'behind fetch', 'over the network'] as const
type Way = (typeof ways)[number]

/** Runs `use` with a model that follows the script, in one of the three ways. */
async function withModel<T>(
  way: Way,
  scripted: ReturnType<typeof scriptedModel>,
  use: (model: Model) => Promise<T>,
): Promise<T> {
  const retry = { attempts: 1 }
  if (way === 'directly') return use(scripted)
  if (way === 'behind fetch')
    return use(openaiChat({ model: 'scripted', fetch: scripted.fetch, retry }))
  const server = await scripted.listen()
  try {
    return await use(openaiChat({ model: 'scripted', baseURL: server.url, retry }))
  } finally {
    await server.close()
  }
}

async function events(model: Model, request: Partial<ModelRequest> = {}): Promise<ModelEvent[]> {
  const all: ModelEvent[] = []
  for await (const event of model.stream({ messages: [user('Hi')], ...request })) all.push(event)
  return all
}

function user(text: string): Message {
  return { id: 'u', role: 'user', parts: [{ type: 'text', text }], metadata: {} }
}

/** An assistant message with one settled call. */
function worked(toolCallId: string, output: unknown): Message {
  return {
    id: toolCallId,
    role: 'assistant',
    metadata: {},
    parts: [
      {
        type: 'tool',
        toolCallId,
        toolName: 'work',
        state: 'output-available',
        input: { n: 1 },
        inputText: '{"n":1}',
        output,
        timings: {},
      },
    ],
  }
}

const answers: readonly (readonly [string, ScriptStep])[] = [
  [
    'text',
    {
      text: 'Grüße an alle 🟢🟢🟢, auch an dich.',
      usage: {
        inputTokens: 3,
        outputTokens: 9,
        totalTokens: 12,
        reasoningTokens: 1,
        cachedInputTokens: 2,
      },
    },
  ],
  ['reasoning and text', { reasoning: 'I think about it.', text: 'Yes.', deltaChars: 3 }],
  [
    'calls',
    {
      text: 'I look.',
      toolCalls: [
        { toolName: 'a', input: { deep: [1, { x: 'ü' }] } },
        { toolName: 'b' },
        { toolName: 'page.edit/element', toolCallId: 'mine', input: {} },
      ],
    },
  ],
  ['input that is no JSON', { toolCalls: [{ toolName: 'a', inputText: "{'no': True}" }] }],
  [
    'a cut call',
    { toolCalls: [{ toolName: 'a', inputText: '{"half":"wa' }], finishReason: 'length' },
  ],
  ['a filter', { text: 'I must', finishReason: 'content-filter' }],
  ['nothing', {}],
]

test.each(answers)('an answer of %s is the same in all three ways', async (_, step) => {
  const seen = []
  for (const way of ways)
    seen.push(await withModel(way, scriptedModel([step]), (model) => events(model)))
  const [direct, ...wires] = seen.map((list) =>
    // What has to go back to a provider, only a wire has; and small openings of inputs wait there.
    joined(list.filter((event) => event.type !== 'provider-state')),
  )
  for (const wire of wires) expect(wire).toEqual(direct)
})

/** Neighbouring pieces of one text as one event. */
function joined(list: readonly ModelEvent[]): unknown[] {
  const all: ModelEvent[] = []
  for (const event of list) {
    const last = all.at(-1)
    if (event.type === 'tool-input-delta' && last?.type === event.type)
      all[all.length - 1] = { ...last, delta: last.delta + event.delta }
    else all.push(event)
  }
  return all
}

test('text and input come in pieces of whole characters', async () => {
  const text = '🟢'.repeat(9)
  const list = await events(scriptedModel([{ text, deltaChars: 3 }]))
  const pieces = list.flatMap((event) => (event.type === 'text-delta' ? [event.text] : []))
  expect(pieces.length).toBeGreaterThan(3)
  for (const piece of pieces) expect(piece).toMatch(/^🟢+$/u)
  expect(pieces.join('')).toBe(text)
})

test.each(ways)('an error breaks the answer at its end, %s', async (way) => {
  const step: ScriptStep = {
    text: 'Half',
    toolCalls: [{ toolName: 'a', input: { x: 1 } }],
    error: { message: 'The machine is on fire', code: 'fire' },
  }
  const list = await withModel(way, scriptedModel([step]), (model) => events(model))
  const kinds = list.map(({ type }) => type)
  expect(kinds.slice(-2)).toEqual(['error', 'finish'])
  expect(list.at(-2)).toMatchObject({
    error: { code: 'MODEL_PROVIDER', message: expect.stringContaining('on fire') },
  })
  expect(list.at(-1)).toMatchObject({ reason: 'error', rawReason: null })
  expect(list.find(({ type }) => type === 'tool-input-end')).toMatchObject({ problem: 'truncated' })
})

test.each(ways)(
  'a status refuses the request, and a script that is over says so, %s',
  async (way) => {
    const refused: ScriptStep = { text: 'never', error: { message: 'No key', status: 401 } }
    const scripted = scriptedModel([refused])
    const [first, second] = await withModel(way, scripted, async (model) => [
      await events(model),
      await events(model),
    ])
    expect(first).toMatchObject([
      {
        type: 'error',
        error: { code: 'MODEL_REQUEST', message: expect.stringContaining('No key') },
      },
      { type: 'finish', reason: 'error' },
    ])
    expect(second).toMatchObject([
      {
        error: { message: expect.stringContaining('The script has 1 steps, and request 2 came.') },
      },
      { type: 'finish', reason: 'error' },
    ])
  },
)

test.each(ways)('a function sees the conversation and the step of its turn, %s', async (way) => {
  const seen: (readonly unknown[])[] = []
  const script: Script = ({ system, messages, tools = [] }, { step }) => {
    const last = messages.at(-1)?.parts.at(-1)
    const said = last?.type === 'tool' ? last.output : last?.type === 'text' && last.text
    seen.push([step, system, tools.map(({ name }) => name), said])
    return { text: 'ok' }
  }
  const scripted = scriptedModel(script)
  const tools = [{ name: 'work', description: 'Works', inputSchema: {}, hash: 'h' }]
  const image: Message = {
    ...worked('c2', 'seen'),
    parts: worked('c2', 'seen').parts.map((part) => ({
      ...part,
      ...(part.type === 'tool' && {
        modelOutput: [{ type: 'image' as const, mediaType: 'image/png', data: 'AA==' }],
      }),
    })),
  }
  await withModel(way, scripted, async (model) => {
    await events(model, { messages: [user('Go')], system: 'Brief.', tools })
    await events(model, { messages: [user('Go'), worked('c1', { rows: [1] })] })
    await events(model, { messages: [user('Go'), worked('c1', 'plain text'), image] })
    await events(model, { messages: [user('Go'), worked('c1', 1), user('And?')] })
  })
  expect(seen.slice(0, 2)).toEqual([
    [0, 'Brief.', ['work'], 'Go'],
    [1, undefined, [], { rows: [1] }],
  ])
  expect(seen.map(([step]) => step)).toEqual([0, 1, 2, 0])
  expect(scripted.requests.length).toBe(4)
  expect(scripted.requests[1]?.messages[1]?.parts[0]).toMatchObject({
    type: 'tool',
    toolCallId: 'c1',
    toolName: 'work',
    input: { n: 1 },
    state: 'output-available',
    output: { rows: [1] },
  })
})

test('over the wire, failed and open calls are read back as such', async () => {
  const scripted = scriptedModel([{}])
  const parts = worked('c', null).parts.flatMap((part): Message['parts'] =>
    part.type === 'tool'
      ? [
          { ...part, state: 'timed-out', errorText: 'Too late.' },
          { ...part, state: 'queued', toolCallId: 'd' },
        ]
      : [],
  )
  await withModel('behind fetch', scripted, (model) =>
    events(model, { messages: [{ ...worked('c', null), parts }] }),
  )
  expect(scripted.requests[0]?.messages[0]?.parts).toMatchObject([
    { state: 'output-error', errorText: 'Too late.' },
    { state: 'executing' },
  ])
})

test('a function that throws is the mistake of a test: thrown directly, refused on the wire', async () => {
  const scripted = scriptedModel(() => {
    throw new Error('my mistake')
  })
  await expect(events(scripted)).rejects.toThrow('my mistake')
  const list = await withModel('behind fetch', scripted, (model) => events(model))
  expect(list[0]).toMatchObject({
    error: { code: 'MODEL_REQUEST', message: expect.stringContaining('my mistake') },
  })
})

test.each(ways)('an abort stops the answer, %s', async (way) => {
  const scripted = scriptedModel([{ text: 'word '.repeat(10_000) }])
  await withModel(way, scripted, async (model) => {
    const controller = new AbortController()
    let pieces = 0
    const read = async (): Promise<void> => {
      for await (const _ of model.stream({ messages: [], signal: controller.signal }))
        if (++pieces === 3) controller.abort()
    }
    await expect(read()).rejects.toMatchObject({ code: 'ABORTED' })
    expect(pieces).toBeLessThan(10)
  })
})

test('ids are unique in a conversation and the same for the same request', async () => {
  const script: Script = () => ({ toolCalls: [{ toolName: 'a' }, { toolName: 'a' }] })
  const idsOf = async (messages: readonly Message[]) =>
    (await events(scriptedModel(script), { messages })).flatMap((event) =>
      event.type === 'tool-input-end' ? [event.toolCallId] : [],
    )
  const first = await idsOf([user('Go')])
  const later = await idsOf([user('Go'), worked('c1', 1)])
  expect(new Set([...first, ...later]).size).toBe(4)
  expect(await idsOf([user('Go')])).toEqual(first)
})

test('what is not asked for is not kept', async () => {
  const scripted = scriptedModel(() => ({ text: 'ok' }), { record: false })
  await events(scripted)
  expect(scripted.requests).toEqual([])
})

test('many conversations at once each get their own answers over the network', async () => {
  const script: Script = ({ messages }, { step }) => {
    const [part] = messages[0]?.parts ?? []
    const who = part?.type === 'text' ? part.text : ''
    return step < 3 ? { toolCalls: [{ toolName: 'work', input: { who, step } }] } : { text: who }
  }
  await withModel('over the network', scriptedModel(script, { record: false }), async (model) => {
    const converse = async (who: string): Promise<void> => {
      const messages: Message[] = [user(who)]
      for (let step = 0; step < 3; step++) {
        const list = await events(model, { messages })
        const call = list.find((event) => event.type === 'tool-input-end')
        expect(call?.input).toEqual({ who, step })
        messages.push(worked(call?.toolCallId ?? '', step))
      }
      const last = await events(model, { messages })
      const text = last.map((event) => (event.type === 'text-delta' ? event.text : '')).join('')
      expect(text).toBe(who)
    }
    await Promise.all(Array.from({ length: 100 }, (_, n) => converse(`person ${n}`)))
  })
})

test('the server answers what is no chat completion with an error, and frees its port', async () => {
  const server = await scriptedModel([{ text: 'ok' }]).listen()
  const { port } = new URL(server.url)
  expect((await fetch(`${server.url}/models`)).status).toBe(404)
  const broken = await fetch(`${server.url}/chat/completions`, { method: 'POST', body: '{' })
  expect(broken.status).toBe(400)
  await server.close()
  const again = await scriptedModel([]).listen(Number(port))
  expect(again.url).toBe(server.url)
  await expect(scriptedModel([]).listen(Number(port))).rejects.toThrow('EADDRINUSE')
  await again.close()
})

test('the server pauses between two pieces as the script says', async () => {
  const pauses: number[] = []
  const world = {
    now: () => 0,
    monotonic: () => 0,
    random: () => 0,
    randomId: () => '',
    setTimer: (ms: number, task: () => void) => {
      pauses.push(ms)
      queueMicrotask(task)
      return () => {}
    },
  }
  const scripted = scriptedModel([{ text: 'abcdef', deltaChars: 2, delayMs: 70 }], { world })
  const list = await withModel('over the network', scripted, (model) => events(model))
  expect(list.filter(({ type }) => type === 'text-delta').length).toBe(3)
  expect(pauses.length).toBeGreaterThanOrEqual(3)
  expect(new Set(pauses)).toEqual(new Set([70]))
})
