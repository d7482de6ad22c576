import { expect, test } from 'vitest'
import { type GeminiOptions, gemini } from '../../src/models/gemini.ts'
import type { ModelRequest } from '../../src/ports/index.ts'
import { callStates } from '../../src/protocol/index.ts'
import { ask, sse } from './answer.ts'
import { type Sent, assistant, call, descriptor, sentBy, user } from './wire-history.ts'

type Part = Record<string, Record<string, unknown> | undefined>

async function sent(request: Partial<ModelRequest>, options: Partial<GeminiOptions> = {}) {
  const all = await sentBy((fetch) => gemini({ model: 'm', fetch, ...options }), request)
  const contents = (all.body['contents'] ?? []) as { role: string; parts: Part[] }[]
  return { ...all, contents }
}

const dummy = 'skip_thought_signature_validator'

test('a request is a POST of a stream with the key in its header', async () => {
  const { url, headers, body } = await sent(
    { system: 'Be brief.', messages: [user('Hi')], temperature: 0, maxOutputTokens: 9 },
    { model: 'gemini-2.5-flash', apiKey: 'k-1', headers: { 'x-title': 'Test' } },
  )
  expect(url).toBe(
    'https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse',
  )
  expect(headers.get('x-goog-api-key')).toBe('k-1')
  expect(headers.get('x-title')).toBe('Test')
  expect(headers.has('authorization')).toBe(false)
  expect(body).toEqual({
    systemInstruction: { parts: [{ text: 'Be brief.' }] },
    contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
    generationConfig: { temperature: 0, maxOutputTokens: 9 },
  })
})

test.each<[Partial<GeminiOptions>, string]>([
  [
    { vertex: { project: 'p-1' } },
    'https://aiplatform.googleapis.com/v1/projects/p-1/locations/global/publishers/google/models/m',
  ],
  [
    { vertex: { project: 'p-1', location: 'europe-west1' } },
    'https://europe-west1-aiplatform.googleapis.com/v1/projects/p-1/locations/europe-west1/publishers/google/models/m',
  ],
  [
    { vertex: { project: 'p-1', location: 'us-central1' }, model: 'endpoints/7' },
    'https://us-central1-aiplatform.googleapis.com/v1/projects/p-1/locations/us-central1/endpoints/7',
  ],
  [
    { vertex: { project: 'p-1' }, baseURL: 'https://host.test/v1beta1/' },
    'https://host.test/v1beta1/projects/p-1/locations/global/publishers/google/models/m',
  ],
  [
    { baseURL: 'https://host.test/v1beta?tenant=2', model: 'tunedModels/mine' },
    'https://host.test/v1beta/tunedModels/mine',
  ],
])('with %j, the request goes to %s', async (options, base) => {
  const { url } = await sent({ messages: [user('Hi')] }, options)
  const { origin, pathname, searchParams } = new URL(url)
  expect(origin + pathname).toBe(`${base}:streamGenerateContent`)
  expect(searchParams.get('alt')).toBe('sse')
})

test('a token of Vertex is asked for with each request; where none is to be had, the answer says so', async () => {
  let asked = 0
  const keys: (string | null)[] = []
  const model = gemini({
    model: 'm',
    vertex: { project: 'p', accessToken: async () => `t-${++asked}` },
    fetch: async (_, init) => {
      keys.push(new Headers(init?.headers).get('authorization'))
      return new Response('')
    },
  })
  await ask(model)
  await ask(model)
  expect(keys).toEqual(['Bearer t-1', 'Bearer t-2'])
  const cause = new Error('metadata server is down')
  const accessToken = () => Promise.reject(cause)
  const answer = await ask(gemini({ model: 'm', vertex: { project: 'p', accessToken } }))
  expect(answer.error).toMatchObject({ code: 'MODEL_REQUEST', cause })
})

test('an abort ends the wait for a token', async () => {
  const controller = new AbortController()
  const accessToken = () => new Promise<string>(() => {})
  const asked = ask(gemini({ model: 'm', vertex: { project: 'p', accessToken } }), {
    signal: controller.signal,
  })
  controller.abort()
  await expect(asked).rejects.toMatchObject({ code: 'ABORTED' })
})

test('tools are declared with their JSON Schema, and a choice only where there are tools', async () => {
  const schema = { type: 'object', properties: { at: { type: 'number' } } }
  const tools = [descriptor('look', { ...schema, $schema: 'x' }), descriptor('page.edit')]
  const { body } = await sent({ tools, toolChoice: { toolName: 'page.edit' } })
  const [{ functionDeclarations }] = body['tools'] as [{ functionDeclarations: Sent[] }]
  expect(functionDeclarations[0]).toEqual({
    name: 'look',
    description: 'About look',
    parametersJsonSchema: schema,
  })
  const alias = functionDeclarations[1]!['name']
  expect(alias).toMatch(/^page_edit_\w+$/)
  expect(body['toolConfig']).toEqual({
    functionCallingConfig: { mode: 'ANY', allowedFunctionNames: [alias] },
  })
  for (const [toolChoice, mode] of [
    ['auto', 'AUTO'],
    ['none', 'NONE'],
    ['required', 'ANY'],
  ] as const)
    expect((await sent({ tools, toolChoice })).body['toolConfig']).toEqual({
      functionCallingConfig: { mode },
    })
  const bare = await sent({ toolChoice: 'required' })
  expect(bare.body).not.toHaveProperty('toolConfig')
  expect(bare.body).not.toHaveProperty('tools')
})

test('the model may call a tool by its alias', async () => {
  const fetch = async (_: unknown, init?: RequestInit): Promise<Response> => {
    const { tools } = JSON.parse(init?.body as string)
    const [{ name }] = tools[0].functionDeclarations
    const parts = [{ functionCall: { name, args: {} } }]
    return new Response(sse({ candidates: [{ content: { parts }, finishReason: 'STOP' }] }))
  }
  const answer = await ask(gemini({ model: 'm', fetch }), { tools: [descriptor('page/edit')] })
  expect(answer.calls[0]?.toolName).toBe('page/edit')
})

test('fields of the provider join those of the request', async () => {
  const { body } = await sent({
    messages: [user('Hi')],
    tools: [descriptor('look')],
    toolChoice: 'auto',
    temperature: 1,
    providerOptions: {
      generationConfig: { temperature: 0.5, thinkingConfig: { includeThoughts: true } },
      toolConfig: { functionCallingConfig: { streamFunctionCallArguments: true } },
      tools: [{ googleSearch: {} }],
      safetySettings: [],
    },
  })
  expect(body).toMatchObject({
    generationConfig: { temperature: 0.5, thinkingConfig: { includeThoughts: true } },
    toolConfig: { functionCallingConfig: { mode: 'AUTO', streamFunctionCallArguments: true } },
    tools: [{ functionDeclarations: [{ name: 'look' }] }, { googleSearch: {} }],
    safetySettings: [],
  })
})

test('all results of a turn are one content, in the order of the calls, whatever their state', async () => {
  const parts = callStates.map((state) =>
    call(state, { state, toolName: state, errorText: 'as it happened' }),
  )
  const { contents } = await sent({
    messages: [
      user('Go'),
      assistant([{ type: 'text', text: 'One.' }, ...parts, { type: 'text', text: 'Two.' }]),
      assistant([{ type: 'text', text: 'Done.' }]),
    ],
  })
  expect(contents.map(({ role }) => role)).toEqual(['user', 'model', 'user', 'model'])
  expect(contents[1]?.parts.map((part) => part['functionCall']?.['name'] ?? part['text'])).toEqual([
    'One.',
    ...callStates,
    'Two.',
  ])
  expect(contents[1]?.parts[1]?.['functionCall']).toEqual({ name: callStates[0], args: { at: 1 } })
  const results = contents[2]!.parts.map((part) => part['functionResponse'])
  expect(results.map((result) => result?.['name'])).toEqual(callStates)
  const responses = results.map((result) => result?.['response'])
  for (const [at, state] of callStates.entries())
    expect(responses[at]).toEqual(
      at < 5
        ? { error: `No result: the call has not finished (${state}).` }
        : state === 'output-available'
          ? { output: 'seen' }
          : { error: 'Error: as it happened' },
    )
})

test('a response is an object: outputs stay what they are, and so does what the model is to see', async () => {
  const { contents } = await sent({
    messages: [
      assistant([
        call('json', { output: { rows: [1, 2] } }),
        call('list', { output: [1] }),
        call('none', { output: undefined }),
        call('view', {
          output: { secret: 1 },
          modelOutput: [
            { type: 'text', text: 'Two rows:' },
            { type: 'json', value: [1, 2] },
          ],
        }),
        call('first', {
          modelOutput: [
            { type: 'json', value: 1 },
            { type: 'text', text: 'row' },
          ],
        }),
        call('value', { modelOutput: [{ type: 'json', value: { a: 1 } }] }),
        call('said', { state: 'denied', modelOutput: [{ type: 'text', text: 'Not now.' }] }),
      ]),
    ],
  })
  const responses = contents[1]?.parts.map((part) => part['functionResponse']?.['response'])
  expect(responses).toEqual([
    { output: { rows: [1, 2] } },
    { output: [1] },
    { output: null },
    { output: 'Two rows:\n[1,2]' },
    { output: '1\nrow' },
    { output: { a: 1 } },
    { error: 'Not now.' },
  ])
})

test('input that could not be parsed is sent as {} and quoted in its error', async () => {
  const { contents } = await sent({
    messages: [
      assistant([
        call('cut', {
          state: 'input-invalid',
          input: undefined,
          inputText: '{"path":"/etc',
          errorText: 'Not JSON.',
        }),
      ]),
    ],
  })
  expect(contents[0]?.parts[0]?.['functionCall']).toEqual({ name: 'look', args: {} })
  expect(contents[1]?.parts[0]?.['functionResponse']?.['response']).toEqual({
    error: 'Error: Not JSON.\nThe input was: {"path":"/etc',
  })
})

const image = { type: 'image', mediaType: 'image/png', data: 'QUJD' } as const
const pdf = { type: 'file', mediaType: 'application/pdf', data: 'REVG' } as const
const history = [
  user('Look'),
  assistant([
    call('one', { modelOutput: [{ type: 'text', text: 'A shot:' }, image] }),
    call('two', { modelOutput: [image, pdf] }),
    call('three'),
  ]),
  user('And?'),
]

test('since Gemini 3, results carry their images and files', async () => {
  for (const model of ['gemini-3-pro-preview', 'gemini-flash-latest', 'gemini-10-pro']) {
    const { contents } = await sent({ messages: history }, { model })
    expect(contents.map(({ role }) => role)).toEqual(['user', 'model', 'user', 'user'])
    const results = contents[2]!.parts.map((part) => part['functionResponse'])
    expect(results[0]).toMatchObject({
      response: { output: 'A shot:\n[attachment 1: image/png]' },
      parts: [{ inlineData: { mimeType: 'image/png', data: 'QUJD' } }],
    })
    expect(results[1]?.['parts']).toEqual([
      { inlineData: { mimeType: 'image/png', data: 'QUJD' } },
      { inlineData: { mimeType: 'application/pdf', data: 'REVG' } },
    ])
    expect(results[2]).not.toHaveProperty('parts')
  }
})

test('before Gemini 3, images follow in a content of their own, so that the results still count', async () => {
  const { contents } = await sent({ messages: history }, { model: 'gemini-2.5-flash' })
  expect(contents.map(({ role }) => role)).toEqual(['user', 'model', 'user', 'user', 'user'])
  expect(contents[2]?.parts.map((part) => Object.keys(part))).toEqual([
    ['functionResponse'],
    ['functionResponse'],
    ['functionResponse'],
  ])
  expect(contents[2]?.parts[1]?.['functionResponse']?.['response']).toEqual({
    output:
      '[attachment 2 of the tool results in the content below: image/png]\n[attachment 3 of the tool results in the content below: application/pdf]',
  })
  expect(contents[3]?.parts).toEqual([
    { text: '[attachment 1 of the tool results above: image/png]' },
    { inlineData: { mimeType: 'image/png', data: 'QUJD' } },
    { text: '[attachment 2 of the tool results above: image/png]' },
    { inlineData: { mimeType: 'image/png', data: 'QUJD' } },
    { text: '[attachment 3 of the tool results above: application/pdf]' },
    { inlineData: { mimeType: 'application/pdf', data: 'REVG' } },
  ])
})

test('files of a person are data or an address; empty texts are left out, and a message is never empty', async () => {
  const { contents } = await sent({
    messages: [
      user(
        'See:',
        '',
        { type: 'file', mediaType: 'image/jpeg', url: 'gs://bucket/a.jpg' },
        { type: 'file', mediaType: 'application/pdf', url: 'data:application/pdf;base64,AA==' },
      ),
      user(''),
    ],
  })
  expect(contents).toEqual([
    {
      role: 'user',
      parts: [
        { text: 'See:' },
        { fileData: { mimeType: 'image/jpeg', fileUri: 'gs://bucket/a.jpg' } },
        { inlineData: { mimeType: 'application/pdf', data: 'AA==' } },
      ],
    },
    { role: 'user', parts: [{ text: '[empty message]' }] },
  ])
})

test('a turn that said nothing is no content, and what the model says twice is one', async () => {
  const { contents } = await sent({
    messages: [
      user('Hi'),
      assistant([]),
      assistant([{ type: 'reasoning', text: 'Hm' }]),
      assistant([{ type: 'text', text: 'Stopped' }]),
      assistant([call('a')]),
    ],
  })
  expect(contents.map(({ role }) => role)).toEqual(['user', 'model', 'user'])
  expect(contents[1]?.parts).toMatchObject([{ text: 'Stopped' }, { functionCall: {} }])
})

test('state goes back byte for byte on its own part, to this format and this model only', async () => {
  const state = (json: never, toolCallId?: string) => ({
    type: 'provider-state' as const,
    format: 'gemini',
    ...(toolCallId !== undefined && { toolCallId }),
    state: json,
  })
  const code = { executableCode: { language: 'PYTHON', code: '1' }, thoughtSignature: 'SC=' }
  const parts = [
    state({ text: 'A thought', thought: true, thoughtSignature: 'ST' } as never),
    state(code as never),
    { type: 'text' as const, text: 'One two three' },
    state({ text: ' three', thoughtSignature: 'S+/=' } as never),
    state({ thoughtSignature: 'alone' } as never),
    call('renamed', { providerToolCallId: 'fc1' }),
    state({ id: 'fc1', thoughtSignature: 'S1' } as never, 'fc1'),
    call('b'),
    { type: 'provider-state' as const, format: 'anthropic', state: { signature: 'x' } },
  ]
  const own = await sent({ messages: [assistant(parts, 'gemini:m')] })
  expect(own.contents[0]?.parts).toEqual([
    { text: 'A thought', thought: true, thoughtSignature: 'ST' },
    code,
    { text: 'One two' },
    { text: ' three', thoughtSignature: 'S+/=' },
    { text: '', thoughtSignature: 'alone' },
    { functionCall: { id: 'fc1', name: 'look', args: { at: 1 } }, thoughtSignature: 'S1' },
    { functionCall: { name: 'look', args: { at: 1 } } },
  ])
  expect(own.contents[1]?.parts.map((part) => part['functionResponse']?.['id'])).toEqual([
    'fc1',
    undefined,
  ])
  for (const model of ['gemini:other', 'anthropic:m']) {
    const { contents } = await sent({ messages: [assistant(parts, model)] })
    expect(contents[0]?.parts).toEqual([
      { text: 'One two three' },
      { functionCall: { name: 'look', args: { at: 1 } }, thoughtSignature: dummy },
      { functionCall: { name: 'look', args: { at: 1 } } },
    ])
  }
})

test('a signature stays also where the text that it came with was changed', async () => {
  const signed = { type: 'provider-state', format: 'gemini' } as const
  const { contents } = await sent({
    messages: [
      assistant([
        { type: 'text', text: 'Redacted' },
        { ...signed, state: { text: 'secret', thoughtSignature: 'S' } },
        { ...signed, state: { text: 'more', thoughtSignature: 'S2' } },
        { type: 'text', text: 'more' },
        { ...signed, state: { text: 'more', thoughtSignature: 'S3' } },
        { ...signed, state: { text: 'more', thoughtSignature: 'S4' } },
      ]),
    ],
  })
  expect(contents[0]?.parts).toEqual([
    { text: 'Redacted' },
    { text: '', thoughtSignature: 'S' },
    { text: '', thoughtSignature: 'S2' },
    { text: 'more', thoughtSignature: 'S3' },
    { text: '', thoughtSignature: 'S4' },
  ])
})

test('the first call of each step without a signature gets the one that passes for all', async () => {
  const { contents } = await sent({
    messages: [assistant([call('a'), call('b')]), assistant([call('c')])],
  })
  const signatures = contents.map(({ parts }) => parts.map((part) => part['thoughtSignature']))
  expect(signatures).toEqual([[dummy, undefined], [undefined, undefined], [dummy], [undefined]])
})

test.each<[Partial<GeminiOptions>, string]>([
  [{ model: '' }, 'model'],
  [{ baseURL: 'host/v1' }, 'baseURL'],
  [{ vertex: { project: '' } }, 'vertex.project'],
])('the options %j are refused by name', (options, named) => {
  expect(() => gemini({ model: 'm', ...options })).toThrow(
    expect.objectContaining({
      code: 'INVALID_OPTIONS',
      message: expect.stringMatching(new RegExp(`^gemini: "${named}"`)),
      hint: expect.stringMatching(/./),
    }),
  )
})

test('a model names itself and its format', () => {
  const { id, format } = gemini({ model: 'gemini-2.5-flash' })
  expect([id, format]).toEqual(['gemini:gemini-2.5-flash', 'gemini'])
})
