// The answers that are decoded: recorded ones, where the folder beside the repository is there, and long ones
// in the shape of each provider's events.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

export const formats = [
  'openai-chat',
  'openai-responses',
  'anthropic',
  'gemini',
  'ollama',
  'cohere-v2',
] as const
export type Format = (typeof formats)[number]

export interface Stream {
  readonly name: string
  readonly bytes: Uint8Array
  readonly contentType: string
}

const folder = path.join(import.meta.dirname, '../../../shared/fixtures/streams')

/** The recordings of answers with and without calls. */
export function recordedStreams(format: Format): readonly Stream[] {
  const index = path.join(folder, 'index.jsonl')
  if (!existsSync(index)) return []
  return readFileSync(index, 'utf8')
    .trim()
    .split('\n')
    .map((line): { id: string; file: string; format: string; contentType: string } =>
      JSON.parse(line),
    )
    .filter((row) => row.format === format && /\/(tools|plain)\//.test(row.file))
    .map(({ id, file, contentType }) => ({
      name: id,
      bytes: readFileSync(path.join(folder, file)),
      contentType,
    }))
}

const words =
  'the answer to it all is in a file that nobody has read since it was written down'.split(' ')
const wordsOfTalk = 2_000
const callsOfAnswer = 4

/** One long answer: two thousand words, then four calls that write a file of 20 kB each. */
export function longStream(format: Format): Stream {
  const talk = Array.from({ length: wordsOfTalk }, (_, at) => `${words[at % words.length]} `)
  const source = readFileSync(path.join(import.meta.dirname, 'streams.ts'), 'utf8')
  const calls = Array.from({ length: callsOfAnswer }, (_, at) => {
    const content = `${at} ${source.repeat(10)}`.slice(0, 20_000)
    return { id: `call_${at}`, name: 'write_file', input: { path: `src/${at}.ts`, content } }
  })
  const bytes = new TextEncoder().encode(writers[format](talk, calls))
  const contentType = format === 'ollama' ? 'application/x-ndjson' : 'text/event-stream'
  return { name: 'long', bytes, contentType }
}

interface Call {
  readonly id: string
  readonly name: string
  readonly input: object
}

type Writer = (talk: readonly string[], calls: readonly Call[]) => string

/** As a model writes them: a token at a time. */
function tokensOf(input: object): readonly string[] {
  return JSON.stringify(input).match(/[^]{1,4}/g) ?? []
}

const padding = ['', 'a', 'Zx', 'Q1w', 'e5tR', 'pL0mN']

const writers: Readonly<Record<Format, Writer>> = {
  'openai-chat': (talk, calls) => {
    const head = {
      id: 'chatcmpl-CJ0kq8Gm2yQxR5dUe7tVb1nWzPfHs',
      object: 'chat.completion.chunk',
      created: 1758900000,
      model: 'gpt-5-2025-08-07',
      service_tier: 'default',
      system_fingerprint: 'fp_b5e1f2c3d4',
    }
    const chunk = (delta: object, reason: string | null = null, at = 0): string =>
      `data: ${JSON.stringify({ ...head, choices: [{ index: 0, delta, finish_reason: reason }], usage: null, obfuscation: padding[at % padding.length] })}\n\n`
    const usage = { prompt_tokens: 100, completion_tokens: 30_000, total_tokens: 30_100 }
    return [
      chunk({ role: 'assistant', content: '', refusal: null }),
      ...talk.map((content, at) => chunk({ content }, null, at)),
      ...calls.flatMap(({ id, name, input }, index) => [
        chunk({
          tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }],
        }),
        ...tokensOf(input).map((text, at) =>
          chunk({ tool_calls: [{ index, function: { arguments: text } }] }, null, at),
        ),
      ]),
      chunk({}, 'tool_calls'),
      `data: ${JSON.stringify({ ...head, choices: [], usage, obfuscation: '' })}\n\n`,
      'data: [DONE]\n\n',
    ].join('')
  },

  'openai-responses': (talk, calls) => {
    let sequence_number = 0
    const send = (type: string, more: object): string =>
      `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence_number++, ...more })}\n\n`
    const id = (prefix: string, at: number): string =>
      `${prefix}_0a1b2c3d4e5f60718293a4b5c6d7e8f9${String(at).padStart(16, '0')}`
    const message = { id: id('msg', 0), type: 'message', status: 'in_progress', role: 'assistant' }
    const part = { type: 'output_text', annotations: [], logprobs: [] }
    const place = { item_id: message.id, output_index: 0, content_index: 0 }
    const text = talk.join('')
    const said = { ...message, status: 'completed', content: [{ ...part, text }] }
    const items = calls.map((call, at) => ({
      id: id('fc', at),
      type: 'function_call',
      status: 'completed',
      arguments: JSON.stringify(call.input),
      call_id: call.id,
      name: call.name,
    }))
    const response = { id: id('resp', 0), object: 'response', model: 'gpt-5', output: [] }
    const usage = { input_tokens: 100, output_tokens: 30_000, total_tokens: 30_100 }
    const output = [said, ...items]
    return [
      send('response.created', { response: { ...response, status: 'in_progress' } }),
      send('response.in_progress', { response: { ...response, status: 'in_progress' } }),
      send('response.output_item.added', { output_index: 0, item: { ...message, content: [] } }),
      send('response.content_part.added', { ...place, part: { ...part, text: '' } }),
      ...talk.map((delta, at) =>
        send('response.output_text.delta', {
          ...place,
          delta,
          logprobs: [],
          obfuscation: padding[at % padding.length],
        }),
      ),
      send('response.output_text.done', { ...place, text, logprobs: [] }),
      send('response.content_part.done', { ...place, part: { ...part, text } }),
      send('response.output_item.done', { output_index: 0, item: said }),
      ...items.flatMap((item, at) => {
        const here = { item_id: item.id, output_index: at + 1 }
        const started = { ...item, status: 'in_progress', arguments: '' }
        return [
          send('response.output_item.added', { output_index: at + 1, item: started }),
          ...(item.arguments.match(/[^]{1,4}/g) ?? []).map((delta, nth) =>
            send('response.function_call_arguments.delta', {
              ...here,
              delta,
              obfuscation: padding[nth % padding.length],
            }),
          ),
          send('response.function_call_arguments.done', { ...here, arguments: item.arguments }),
          send('response.output_item.done', { output_index: at + 1, item }),
        ]
      }),
      send('response.completed', {
        response: { ...response, status: 'completed', output, usage },
      }),
    ].join('')
  },

  anthropic: (talk, calls) => {
    const send = (type: string, more: object): string =>
      `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`
    const block = (index: number, content_block: object, deltas: readonly object[]): string[] => [
      send('content_block_start', { index, content_block }),
      ...deltas.map((delta) => send('content_block_delta', { index, delta })),
      send('content_block_stop', { index }),
    ]
    const message = {
      id: 'msg_01XFDUDYJgAACzvnptvVoYEL',
      type: 'message',
      role: 'assistant',
      model: 'claude-sonnet-4-5',
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 100, output_tokens: 1 },
    }
    return [
      send('message_start', { message }),
      ...block(
        0,
        { type: 'text', text: '' },
        talk.map((text) => ({ type: 'text_delta', text })),
      ),
      ...calls.flatMap(({ id, name, input }, at) =>
        block(
          at + 1,
          { type: 'tool_use', id, name, input: {} },
          ['', ...tokensOf(input)].map((partial_json) => ({
            type: 'input_json_delta',
            partial_json,
          })),
        ),
      ),
      send('message_delta', {
        delta: { stop_reason: 'tool_use', stop_sequence: null },
        usage: { output_tokens: 30_000 },
      }),
      send('message_stop', {}),
    ].join('')
  },

  gemini: (talk, calls) => {
    const send = (parts: readonly object[], more: object = {}): string =>
      `data: ${JSON.stringify({
        candidates: [{ content: { parts, role: 'model' }, ...more, index: 0 }],
        usageMetadata: {
          promptTokenCount: 100,
          candidatesTokenCount: 30_000,
          totalTokenCount: 30_100,
          promptTokensDetails: [{ modality: 'TEXT', tokenCount: 100 }],
        },
        modelVersion: 'gemini-2.5-flash',
        responseId: 'VL-Fat-IOq69nsEPzqjkmQw',
      })}\r\n\r\n`
    return [
      // Gemini sends a few words at a time, and calls whole.
      ...Array.from({ length: talk.length / 4 }, (_, at) =>
        send([{ text: talk.slice(4 * at, 4 * at + 4).join('') }]),
      ),
      ...calls.map(({ name, input }) => send([{ functionCall: { name, args: input } }])),
      send([{ text: '' }], { finishReason: 'STOP' }),
    ].join('')
  },

  ollama: (talk, calls) => {
    const send = (message: object, more: object = { done: false }): string =>
      `${JSON.stringify({ model: 'qwen3:4b', created_at: '2026-01-01T00:00:00.000000Z', message: { role: 'assistant', ...message }, ...more })}\n`
    return [
      ...talk.map((content) => send({ content })),
      ...calls.map(({ name, input }) =>
        send({ content: '', tool_calls: [{ function: { name, arguments: input } }] }),
      ),
      send({ content: '' }, { done_reason: 'stop', done: true, eval_count: 30_000 }),
    ].join('')
  },

  'cohere-v2': (talk, calls) => {
    const send = (type: string, more: object): string =>
      `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`
    const called = (type: string, index: number, tool_calls: object): string =>
      send(type, { index, delta: { message: { tool_calls } } })
    return [
      send('message-start', { id: 'm', delta: { message: { role: 'assistant', content: [] } } }),
      ...talk.map((tool_plan) => send('tool-plan-delta', { delta: { message: { tool_plan } } })),
      ...calls.flatMap(({ id, name, input }, index) => [
        called('tool-call-start', index, {
          id,
          type: 'function',
          function: { name, arguments: '' },
        }),
        ...tokensOf(input).map((text) =>
          called('tool-call-delta', index, { function: { arguments: text } }),
        ),
        send('tool-call-end', { index }),
      ]),
      send('message-end', { delta: { finish_reason: 'TOOL_CALL' } }),
    ].join('')
  },
}
