import type {
  LanguageModelV4CallOptions,
  LanguageModelV4Prompt,
  LanguageModelV4StreamPart,
  SharedV4FileData,
  SharedV4Warning,
} from '@ai-sdk/provider'
import { expect, test } from 'vitest'
import { ToolwireError } from '../../src/base/index.ts'
import { toLanguageModel } from '../../src/interop/ai-sdk.ts'
import type { Model, ModelEvent, ModelRequest } from '../../src/ports/index.ts'
import type { MessagePart, ToolPart } from '../../src/protocol/index.ts'
import { scriptedModel } from '../../src/testing/index.ts'

type Part = LanguageModelV4StreamPart

const hi: LanguageModelV4Prompt = [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }]
const done = { type: 'finish', reason: 'stop', rawReason: null, usage: {} } as const

/** A model that says these events, and tells whether it was left before its end. */
function saying(
  events: readonly ModelEvent[],
  more: Partial<Model> = {},
): Model & { left: boolean } {
  const model = {
    id: 'mine:m',
    format: 'mine',
    left: true,
    async *stream() {
      yield* events
      model.left = false
    },
    ...more,
  }
  return model
}

async function partsOf(
  model: Model,
  options: Partial<LanguageModelV4CallOptions> = {},
): Promise<Part[]> {
  const { stream } = await toLanguageModel(model).doStream({ prompt: hi, ...options })
  return gathered(stream)
}

async function gathered(stream: ReadableStream<Part>): Promise<Part[]> {
  const parts: Part[] = []
  for await (const part of stream) parts.push(part)
  return parts
}

/** What a model of ours is asked, and what is said about the rest. */
async function asked(
  options: Partial<LanguageModelV4CallOptions>,
): Promise<{ request: ModelRequest; warnings: readonly SharedV4Warning[] }> {
  const model = scriptedModel([{ text: 'Hi.' }])
  const [start] = await partsOf(model, options)
  return {
    request: model.requests[0]!,
    warnings: start?.type === 'stream-start' ? start.warnings : [],
  }
}

async function read(
  ...prompt: LanguageModelV4Prompt
): Promise<readonly (readonly MessagePart[])[]> {
  const { request } = await asked({ prompt })
  return request.messages.map(({ parts }) => parts)
}

const features = (warnings: readonly SharedV4Warning[]): readonly unknown[] =>
  warnings.map((warning) => 'feature' in warning && warning.feature)

test('a model says who it is, and that the AI SDK has to fetch what stands behind URLs', () => {
  expect(toLanguageModel(saying([]))).toMatchObject({
    specificationVersion: 'v4',
    provider: 'toolwire.mine',
    modelId: 'mine:m',
    supportedUrls: {},
  })
})

test('a call becomes a request with tools, choice, limits and options of the body', async () => {
  const inputSchema = { type: 'object', properties: {}, $comment: undefined } as const
  const { request, warnings } = await asked({
    temperature: 0,
    maxOutputTokens: 7,
    tools: [{ type: 'function', name: 'look', description: 'Looks.', inputSchema }],
    toolChoice: { type: 'tool', toolName: 'look' },
    providerOptions: { toolwire: { seed: 1 }, openai: { user: 'me' } },
    headers: { 'user-agent': 'ai/7' },
    reasoning: 'provider-default',
    responseFormat: { type: 'text' },
    stopSequences: [],
  })
  expect(warnings).toEqual([])
  expect(request).toMatchObject({
    system: undefined,
    temperature: 0,
    maxOutputTokens: 7,
    toolChoice: { toolName: 'look' },
    providerOptions: { seed: 1 },
  })
  expect(request.providerOptions).toEqual({ seed: 1 })
  const [tool] = request.tools ?? []
  expect(tool).toMatchObject({ name: 'look', description: 'Looks.' })
  expect(tool?.inputSchema).toEqual({ type: 'object', properties: {} })
  expect(tool?.hash).toMatch(/^[0-9a-f]{64}$/)
  expect((await asked({ toolChoice: { type: 'required' } })).request.toolChoice).toBe('required')
})

test('what has no counterpart is a warning that says what to do', async () => {
  const { request, warnings } = await asked({
    topP: 1,
    topK: 1,
    presencePenalty: 0,
    frequencyPenalty: 0,
    stopSequences: ['!'],
    seed: 0,
    responseFormat: { type: 'json' },
    reasoning: 'high',
    headers: { 'x-team': 'a' },
    tools: [
      { type: 'provider', id: 'openai.web_search', name: 'search', args: {} },
      {
        type: 'function',
        name: 'look',
        inputSchema: {},
        inputExamples: [{ input: {} }],
      },
    ],
  })
  expect(features(warnings)).toEqual([
    'topP',
    'topK',
    'presencePenalty',
    'frequencyPenalty',
    'stopSequences',
    'seed',
    'responseFormat',
    'reasoning',
    'headers',
    'provider-defined tool openai.web_search',
    'inputExamples of the tool "look"',
  ])
  expect(warnings[8]).toMatchObject({ details: expect.stringContaining('x-team') as string })
  expect(request.tools?.map(({ name }) => name)).toEqual(['look'])
})

test('what a wire loses of a tool is a warning', async () => {
  const model = saying([done], {
    checkTools: (tools) => [
      {
        toolName: tools[0]?.name ?? '',
        losses: [{ path: '/a', keyword: 'pattern', how: 'dropped' }],
      },
      { toolName: 'b', leftOut: 'Its schema is too deep.', losses: [] },
    ],
  })
  const tools = [{ type: 'function', name: 'look', inputSchema: {} } as const]
  expect(await partsOf(model, { tools })).toMatchObject([
    {
      warnings: [
        {
          type: 'compatibility',
          feature: 'schema of the tool "look"',
          details: 'dropped: /a/pattern',
        },
        { type: 'unsupported', feature: 'tool "b"', details: 'Its schema is too deep.' },
      ],
    },
    { type: 'finish' },
  ])
})

test('system messages are one, and one in the middle is reported', async () => {
  const system = (content: string) => ({ role: 'system', content }) as const
  const before = await asked({ prompt: [system('A'), system('B'), ...hi] })
  expect(before.request.system).toBe('A\n\nB')
  expect(before.warnings).toEqual([])
  const between = await asked({ prompt: [system('A'), ...hi, system('B')] })
  expect(between.request.system).toBe('A\n\nB')
  expect(features(between.warnings)).toEqual([
    'the place of a system message: all of them come first',
  ])
})

test('a file with a URL is no reason for a warning', async () => {
  const data = { type: 'url', url: new URL('https://a.b/c') } as const
  const file = { type: 'file', data, mediaType: 'image/png' } as const
  const { warnings } = await asked({ prompt: [{ role: 'user', content: [file] }] })
  expect(warnings).toEqual([])
})

test('files of people are data or URLs with the type in full', async () => {
  const file = (data: SharedV4FileData, mediaType: string) =>
    ({ type: 'file', data, mediaType }) as const
  const prompt: LanguageModelV4Prompt = [
    {
      role: 'user',
      content: [
        { type: 'text', text: '' },
        { ...file({ type: 'data', data: 'iVBORw0K' }, 'image/png'), filename: 'a.png' },
        file({ type: 'data', data: new Uint8Array([0xff, 0xd8, 0xff, 0xe0]) }, 'image'),
        file({ type: 'data', data: 'JVBERi0x' }, 'application/*'),
        file({ type: 'data', data: 'aGk=' }, 'text'),
        file({ type: 'data', data: 'AAAA' }, 'image/*'),
        file(
          { type: 'url', url: new URL('https://a.b/c%20d'), originalUrl: 'https://a.b/c d' },
          'image/png',
        ),
        file({ type: 'url', url: new URL('https://a.b/c') }, 'application/pdf'),
        file({ type: 'text', text: 'Inline.' }, 'text/plain'),
        file({ type: 'reference', reference: { openai: 'file-1' } }, 'application/pdf'),
      ],
    },
  ]
  const { request, warnings } = await asked({ prompt })
  expect(request.messages[0]?.parts).toEqual([
    {
      type: 'file',
      mediaType: 'image/png',
      url: 'data:image/png;base64,iVBORw0K',
      filename: 'a.png',
    },
    { type: 'file', mediaType: 'image/jpeg', url: 'data:image/jpeg;base64,/9j/4A==' },
    { type: 'file', mediaType: 'application/pdf', url: 'data:application/pdf;base64,JVBERi0x' },
    { type: 'file', mediaType: 'text/plain', url: 'data:text/plain;base64,aGk=' },
    { type: 'file', mediaType: 'image/*', url: 'data:image/*;base64,AAAA' },
    { type: 'file', mediaType: 'image/png', url: 'https://a.b/c d' },
    { type: 'file', mediaType: 'application/pdf', url: 'https://a.b/c' },
    { type: 'text', text: 'Inline.' },
  ])
  expect(features(warnings)).toEqual(['a file that only one provider has'])
})

type Output = Extract<
  Extract<LanguageModelV4Prompt[number], { role: 'tool' }>['content'][number],
  { type: 'tool-result' }
>['output']

async function outcomes(...outputs: readonly Output[]): Promise<readonly Partial<ToolPart>[]> {
  const ids = outputs.map((_, at) => `${at}`)
  const [parts = []] = await read(
    {
      role: 'assistant',
      content: ids.map((toolCallId) => ({
        type: 'tool-call',
        toolCallId,
        toolName: 'look',
        input: { at: 1 },
      })),
    },
    {
      role: 'tool',
      content: outputs.map((output, at) => ({
        type: 'tool-result',
        toolCallId: ids[at] ?? '',
        toolName: 'look',
        output,
      })),
    },
  )
  return parts.map((part) => {
    if (part.type !== 'tool') throw new Error(`not a call: ${part.type}`)
    const { type: _type, toolCallId, toolName, input, timings: _timings, ...outcome } = part
    expect({ toolName, input }).toEqual({ toolName: 'look', input: { at: 1 } })
    expect(ids).toContain(toolCallId)
    return outcome
  })
}

test('results of every kind are outcomes of their calls', async () => {
  expect(
    await outcomes(
      { type: 'text', value: 'seen' },
      { type: 'json', value: { n: 1 } },
      { type: 'error-text', value: 'It fell.' },
      { type: 'error-text', value: 'Error: It fell.' },
      { type: 'error-json', value: { code: 7 } },
      { type: 'execution-denied', reason: 'Not now.' },
      { type: 'execution-denied' },
    ),
  ).toEqual([
    { state: 'output-available', output: 'seen' },
    { state: 'output-available', output: { n: 1 } },
    { state: 'output-error', errorText: 'It fell.' },
    { state: 'output-error', errorText: 'It fell.' },
    { state: 'output-error', errorText: '{"code":7}' },
    { state: 'denied', errorText: 'Not now.' },
    { state: 'denied' },
  ])
})

test('content of a result is what the model sees of it', async () => {
  const file = (data: SharedV4FileData, mediaType: string) =>
    ({ type: 'file', data, mediaType }) as const
  const [outcome] = await outcomes({
    type: 'content',
    value: [
      { type: 'text', text: 'A door:' },
      file({ type: 'data', data: 'iVBORw0K' }, 'image'),
      { ...file({ type: 'data', data: 'JVBERi0x' }, 'application/pdf'), filename: 'a.pdf' },
      file({ type: 'text', text: 'Inline.' }, 'text/plain'),
      file({ type: 'url', url: new URL('https://a.b/c') }, 'image/png'),
      file({ type: 'reference', reference: { openai: 'file-1' } }, 'image/png'),
      { type: 'custom' },
    ],
  })
  expect(outcome).toEqual({
    state: 'output-available',
    modelOutput: [
      { type: 'text', text: 'A door:' },
      { type: 'image', mediaType: 'image/png', data: 'iVBORw0K' },
      { type: 'file', mediaType: 'application/pdf', data: 'JVBERi0x', filename: 'a.pdf' },
      { type: 'text', text: 'Inline.' },
      { type: 'text', text: 'https://a.b/c' },
      { type: 'text', text: '[file]' },
    ],
  })
})

test('results find their calls by order where an id comes again, and a call without one is unknown', async () => {
  const call = { type: 'tool-call', toolCallId: 'x', toolName: 'look', input: {} } as const
  const result = (value: string) => ({
    role: 'tool' as const,
    content: [
      {
        type: 'tool-result' as const,
        toolCallId: 'x',
        toolName: 'look',
        output: { type: 'text' as const, value },
      },
    ],
  })
  const said = { role: 'assistant' as const, content: [call] }
  const all = await read(said, result('one'), said, result('two'), said)
  expect(all.flat()).toMatchObject([
    { output: 'one' },
    { output: 'two' },
    { state: 'outcome-unknown' },
  ])
})

test('a call whose input is no object keeps its text', async () => {
  const [[part] = []] = await read({
    role: 'assistant',
    content: [{ type: 'tool-call', toolCallId: 'x', toolName: 'look', input: '{"a' }],
  })
  expect(part).toMatchObject({ inputText: '{"a' })
  expect(part).not.toHaveProperty('input')
})

test('an assistant message keeps its order, and leaves out what another provider did', async () => {
  const { request, warnings } = await asked({
    prompt: [
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'Hm.', providerOptions: { anthropic: { signature: 's' } } },
          { type: 'text', text: 'Well.' },
          { type: 'text', text: '' },
          { type: 'text', text: 'No.', providerOptions: { toolwire: { refusal: true } } },
          {
            type: 'tool-call',
            toolCallId: 's',
            toolName: 'search',
            input: {},
            providerExecuted: true,
          },
          {
            type: 'tool-result',
            toolCallId: 's',
            toolName: 'search',
            output: { type: 'json', value: {} },
          },
          { type: 'custom', kind: 'openai.compaction' },
          {
            type: 'file',
            mediaType: 'image/png',
            data: { type: 'reference', reference: { openai: 'file-1' } },
          },
          { type: 'file', mediaType: 'image/png', data: { type: 'data', data: 'iVBORw0K' } },
          {
            type: 'reasoning-file',
            mediaType: 'image/png',
            data: { type: 'data', data: 'iVBORw0K' },
          },
        ],
      },
    ],
  })
  expect(request.messages).toEqual([
    {
      id: 'message-0',
      role: 'assistant',
      metadata: {},
      parts: [
        { type: 'reasoning', text: 'Hm.' },
        { type: 'text', text: 'Well.' },
        { type: 'refusal', text: 'No.' },
        { type: 'file', mediaType: 'image/png', url: 'data:image/png;base64,iVBORw0K' },
      ],
    },
  ])
  expect(features(warnings)).toEqual([
    'what another provider did or made itself (tool-call)',
    'what another provider did or made itself (tool-result)',
    'what another provider did or made itself (custom)',
    'what another provider did or made itself (file)',
    'what another provider did or made itself (reasoning-file)',
  ])
})

test('provider state comes back where it was, with the model that wrote it, and of one model only', async () => {
  const custom = (toolwire: Record<string, string>) =>
    ({ type: 'custom', kind: 'toolwire.provider-state', providerOptions: { toolwire } }) as const
  const { request } = await asked({
    prompt: [
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Well.' },
          custom({ model: 'mine:m', format: 'mine', state: '{"b":1,"a":[null]}' }),
          custom({ model: 'other:m', format: 'other', state: '1' }),
          custom({ model: 'mine:m', format: 'mine', toolCallId: 'x', state: '"late"' }),
          custom({ model: 'mine:m', format: 'mine', state: '{broken' }),
          custom({ model: 'mine:m', format: 'mine' }),
          custom({ model: 'mine:m', state: '3' }),
          custom({ format: 'mine', state: '4' }),
          {
            type: 'tool-call',
            toolCallId: 'y',
            toolName: 'look',
            input: {},
            providerOptions: {
              toolwire: { model: 'mine:m', format: 'mine', toolCallId: 'x', state: '2' },
            },
          },
        ],
      },
    ],
  })
  const [message] = request.messages
  expect(message?.metadata).toEqual({ model: 'mine:m' })
  expect(JSON.stringify(message?.parts.filter(({ type }) => type !== 'tool'))).toBe(
    JSON.stringify([
      { type: 'text', text: 'Well.' },
      { type: 'provider-state', format: 'mine', state: { b: 1, a: [null] } },
      { type: 'provider-state', format: 'mine', toolCallId: 'x', state: 'late' },
      { type: 'provider-state', format: 'mine', toolCallId: 'y', state: 2 },
    ]),
  )
})

test('what a model says is blocks that are opened and closed, one behind the other', async () => {
  const toolCallId = 'c'
  const parts = await partsOf(
    saying([
      { type: 'reasoning-delta', text: 'Hm' },
      { type: 'reasoning-delta', text: '.' },
      { type: 'text-delta', text: '' },
      { type: 'text-delta', text: 'Well.' },
      { type: 'provider-state', format: 'mine', state: { z: 1 } },
      { type: 'text-delta', text: 'So.' },
      { type: 'refusal-delta', text: 'No.' },
      { type: 'tool-input-start', toolCallId, toolName: 'look' },
      { type: 'tool-input-delta', toolCallId, delta: '{"a":1}' },
      {
        type: 'tool-input-end',
        toolCallId,
        toolName: 'look',
        inputText: '{"a":1}',
        input: { a: 1 },
      },
      { type: 'provider-state', format: 'mine', toolCallId, state: 's' },
      {
        type: 'finish',
        reason: 'tool-calls',
        rawReason: 'tool_use',
        paused: true,
        usage: {
          inputTokens: 9,
          outputTokens: 6,
          reasoningTokens: 2,
          cachedInputTokens: 4,
          totalTokens: 15,
        },
      },
    ]),
  )
  const mine = { model: 'mine:m', format: 'mine' }
  expect(parts).toEqual([
    { type: 'stream-start', warnings: [] },
    { type: 'reasoning-start', id: '0' },
    { type: 'reasoning-delta', id: '0', delta: 'Hm' },
    { type: 'reasoning-delta', id: '0', delta: '.' },
    { type: 'reasoning-end', id: '0' },
    { type: 'text-start', id: '1' },
    { type: 'text-delta', id: '1', delta: 'Well.' },
    { type: 'text-end', id: '1' },
    {
      type: 'custom',
      kind: 'toolwire.provider-state',
      providerMetadata: { toolwire: { ...mine, state: '{"z":1}' } },
    },
    { type: 'text-start', id: '2' },
    { type: 'text-delta', id: '2', delta: 'So.' },
    { type: 'text-end', id: '2' },
    { type: 'text-start', id: '3', providerMetadata: { toolwire: { refusal: true } } },
    { type: 'text-delta', id: '3', delta: 'No.' },
    { type: 'text-end', id: '3' },
    { type: 'tool-input-start', id: 'c', toolName: 'look' },
    { type: 'tool-input-delta', id: 'c', delta: '{"a":1}' },
    { type: 'tool-input-end', id: 'c' },
    {
      type: 'tool-call',
      toolCallId,
      toolName: 'look',
      input: '{"a":1}',
      providerMetadata: { toolwire: { ...mine, toolCallId, state: '"s"' } },
    },
    {
      type: 'finish',
      finishReason: { unified: 'tool-calls', raw: 'tool_use' },
      usage: {
        inputTokens: { total: 9, noCache: undefined, cacheRead: 4, cacheWrite: undefined },
        outputTokens: { total: 6, text: undefined, reasoning: 2 },
        raw: {
          inputTokens: 9,
          outputTokens: 6,
          reasoningTokens: 2,
          cachedInputTokens: 4,
          totalTokens: 15,
        },
      },
      providerMetadata: { toolwire: { paused: true } },
    },
  ])
})

test('a text is closed before the end, and where a call comes between its pieces', async () => {
  const toolCallId = 'c'
  const toolName = 'look'
  const parts = await partsOf(
    saying([
      { type: 'tool-input-start', toolCallId, toolName },
      { type: 'text-delta', text: 'One.' },
      { type: 'tool-input-end', toolCallId, toolName, inputText: '{}', input: {} },
      { type: 'text-delta', text: 'Two.' },
      done,
    ]),
  )
  expect(parts.map(({ type }) => type)).toEqual([
    'stream-start',
    'tool-input-start',
    'text-start',
    'text-delta',
    'text-end',
    'tool-input-end',
    'tool-call',
    'text-start',
    'text-delta',
    'text-end',
    'finish',
  ])
})

test('a cut call is a call only where nobody takes it for a whole one', async () => {
  const cut = async (inputText: string): Promise<boolean> => {
    const toolCallId = 'c'
    const parts = await partsOf(
      saying([
        { type: 'tool-input-start', toolCallId, toolName: 'look' },
        { type: 'tool-input-end', toolCallId, toolName: 'look', inputText, problem: 'truncated' },
        { ...done, reason: 'length' },
      ]),
    )
    return parts.some(({ type }) => type === 'tool-call')
  }
  expect(await cut('{"a":"b')).toBe(true)
  expect(await cut('{"a":1}')).toBe(false)
  expect(await cut('{}')).toBe(false)
  expect(await cut(' ')).toBe(false)
})

test('doGenerate gives the whole answer at once', async () => {
  const toolCallId = 'c'
  const model = saying([
    { type: 'reasoning-delta', text: 'Hm' },
    { type: 'reasoning-delta', text: '.' },
    { type: 'text-delta', text: 'Well.' },
    { type: 'refusal-delta', text: 'No.' },
    { type: 'provider-state', format: 'mine', state: 1 },
    { type: 'tool-input-start', toolCallId, toolName: 'look' },
    { type: 'tool-input-end', toolCallId, toolName: 'look', inputText: '{}', input: {} },
    {
      type: 'finish',
      reason: 'tool-calls',
      rawReason: 'x',
      usage: { inputTokens: 1 },
      paused: true,
    },
  ])
  const result = await toLanguageModel(model).doGenerate({ prompt: hi, topK: 1 })
  expect(result).toMatchObject({
    content: [
      { type: 'reasoning', text: 'Hm.' },
      { type: 'text', text: 'Well.' },
      { type: 'text', text: 'No.', providerMetadata: { toolwire: { refusal: true } } },
      { type: 'custom', kind: 'toolwire.provider-state' },
      { type: 'tool-call', toolCallId, input: '{}' },
    ],
    finishReason: { unified: 'tool-calls', raw: 'x' },
    usage: { inputTokens: { total: 1 } },
    warnings: [{ feature: 'topK' }],
    providerMetadata: { toolwire: { paused: true } },
  })
  expect(model.left).toBe(false)
})

const refusedError = new ToolwireError('MODEL_REQUEST', 'Bad key.')
const brokenError = new ToolwireError('MODEL_PROVIDER', 'It fell.')
const failed: ModelEvent = { type: 'finish', reason: 'error', rawReason: null, usage: {} }

test('a request that is refused rejects, and an answer that fails is an error part', async () => {
  const refused = saying([{ type: 'error', error: refusedError }, failed])
  await expect(partsOf(refused)).rejects.toBe(refusedError)
  const broken = saying([{ type: 'error', error: brokenError }, failed])
  expect(await partsOf(broken)).toMatchObject([
    { type: 'stream-start' },
    { type: 'error', error: brokenError },
    { type: 'finish', finishReason: { unified: 'error' } },
  ])
  await expect(toLanguageModel(broken).doGenerate({ prompt: hi })).rejects.toBe(brokenError)
  const late = saying([
    { type: 'text-delta', text: 'I' },
    { type: 'error', error: refusedError },
    failed,
  ])
  expect((await partsOf(late)).map(({ type }) => type)).toContain('error')
})

test('a model whose answer failed is left at once', async () => {
  let leave: () => void = () => {}
  const left = new Promise<void>((resolve) => {
    leave = resolve
  })
  const model: Model = {
    id: 'mine:m',
    format: 'mine',
    async *stream() {
      try {
        yield { type: 'text-delta', text: 'I' }
        yield { type: 'error', error: brokenError }
        yield failed
      } finally {
        leave()
      }
    },
  }
  await expect(toLanguageModel(model).doGenerate({ prompt: hi })).rejects.toBe(brokenError)
  await left
})

test('a model that ends without a finish is at fault', async () => {
  const model = saying([{ type: 'text-delta', text: 'I' }])
  await expect(partsOf(model)).rejects.toMatchObject({ code: 'MODEL_PROTOCOL' })
  await expect(toLanguageModel(model).doGenerate({ prompt: hi })).rejects.toMatchObject({
    code: 'MODEL_PROTOCOL',
  })
})

/** A model that says one word and then waits for its signal. */
function waiting(): Model & { aborted: () => boolean } {
  let signal: AbortSignal | undefined
  return {
    id: 'mine:m',
    format: 'mine',
    aborted: () => signal?.aborted ?? false,
    async *stream(request): AsyncGenerator<ModelEvent> {
      signal = request.signal
      yield { type: 'text-delta', text: 'I' }
      await new Promise<void>((resolve) => {
        signal?.addEventListener('abort', () => resolve())
        if (signal?.aborted) resolve()
      })
      throw new ToolwireError('ABORTED', 'Aborted.')
    },
  }
}

test('an abort throws the reason of its signal', async () => {
  const controller = new AbortController()
  const model = waiting()
  const { stream } = await toLanguageModel(model).doStream({
    prompt: hi,
    abortSignal: controller.signal,
  })
  const reading = gathered(stream)
  controller.abort(new Error('enough'))
  await expect(reading).rejects.toThrow('enough')
})

test('whoever cancels the stream stops the model', async () => {
  const model = waiting()
  const { stream } = await toLanguageModel(model).doStream({ prompt: hi })
  const reader = stream.getReader()
  await reader.read()
  await reader.cancel()
  expect(model.aborted()).toBe(true)
})
