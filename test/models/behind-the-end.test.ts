// What becomes of a call where something comes behind the event that says that the model is done.
import { describe, expect, test } from 'vitest'
import { anthropic } from '../../src/models/anthropic.ts'
import { cohere } from '../../src/models/cohere.ts'
import { gemini } from '../../src/models/gemini.ts'
import { ollama } from '../../src/models/ollama.ts'
import { openaiChat } from '../../src/models/openai-chat.ts'
import { openaiResponses } from '../../src/models/openai-responses.ts'
import type { Model } from '../../src/ports/index.ts'
import { type Answer, ask, callChunk, sse, violations } from './answer.ts'

/** How a format says what these tests are about. */
interface Wire {
  readonly adapter: (options: { model: string; fetch: typeof globalThis.fetch }) => Model
  readonly isLines?: boolean
  /** A call with no word on its input. */
  readonly begun: readonly unknown[]
  /** The whole input of that call, with nothing that says so. */
  readonly input: readonly unknown[]
  /** The end of the answer. */
  readonly end: object
  /** What may come behind the input of the call. */
  readonly more: unknown
}

const content = (parts: readonly unknown[]): unknown => ({ candidates: [{ content: { parts } }] })
const partial = (value: string): unknown =>
  content([
    {
      functionCall: {
        partialArgs: [{ jsonPath: '$.at', stringValue: value }],
        willContinue: true,
      },
    },
  ])
const piece = (type: string, tool_calls: object): unknown => ({
  type: `tool-call-${type}`,
  index: 0,
  delta: { message: { tool_calls } },
})
const delta = (partial_json: string): unknown => ({
  type: 'content_block_delta',
  index: 0,
  delta: { type: 'input_json_delta', partial_json },
})
const argumentsDelta = (text: string): unknown => ({
  type: 'response.function_call_arguments.delta',
  output_index: 0,
  delta: text,
})

const whole = '{"at":"a"}'
const wires: Readonly<Record<string, Wire>> = {
  'openai-chat': {
    adapter: openaiChat,
    begun: [callChunk({ index: 0, id: 'c', function: { name: 'look', arguments: '' } })],
    input: [callChunk({ index: 0, function: { arguments: whole } })],
    end: { choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] },
    more: callChunk({ index: 0, function: { arguments: ' ' } }),
  },
  'openai-responses': {
    adapter: openaiResponses,
    begun: [
      {
        type: 'response.output_item.added',
        output_index: 0,
        item: { type: 'function_call', call_id: 'c', name: 'look', arguments: '' },
      },
    ],
    input: [argumentsDelta(whole)],
    end: { type: 'response.completed', response: { status: 'completed', output: [] } },
    more: argumentsDelta(' '),
  },
  anthropic: {
    adapter: anthropic,
    begun: [
      { type: 'message_start', message: { id: 'm', content: [] } },
      {
        type: 'content_block_start',
        index: 0,
        content_block: { type: 'tool_use', id: 'c', name: 'look', input: {} },
      },
      { type: 'message_delta', delta: { stop_reason: 'tool_use' } },
    ],
    input: [delta(whole)],
    end: { type: 'message_stop' },
    more: delta(' '),
  },
  gemini: {
    adapter: gemini,
    begun: [content([{ functionCall: { name: 'look', willContinue: true } }])],
    input: [partial('a')],
    end: { candidates: [{ finishReason: 'STOP' }] },
    more: partial('b'),
  },
  ollama: {
    adapter: ollama,
    isLines: true,
    begun: [],
    input: [{ message: { tool_calls: [{ function: { name: 'look', arguments: { at: 'a' } } }] } }],
    end: { message: { content: '' }, done: true },
    more: { message: { tool_calls: [{ function: { name: 'rest' } }] } },
  },
  cohere: {
    adapter: cohere,
    begun: [piece('start', { id: 'c', function: { name: 'look', arguments: '' } })],
    input: [piece('delta', { function: { arguments: whole } })],
    end: { type: 'message-end', delta: { finish_reason: 'TOOL_CALL' } },
    more: piece('delta', { function: { arguments: ' ' } }),
  },
}

const failure = { error: { message: 'Overloaded' } }

async function decode({ adapter, isLines }: Wire, events: readonly unknown[]): Promise<Answer> {
  const body = events.map((event) => (isLines ? `${JSON.stringify(event)}\n` : sse(event)))
  const fetch = async (): Promise<Response> => new Response(body.join(''))
  const answer = await ask(adapter({ model: 'm', fetch }))
  expect(violations(answer)).toEqual([])
  return answer
}

function became({ calls, finish }: Answer): readonly unknown[] {
  return [calls.map(({ input, problem }) => input ?? problem), finish.reason]
}

describe.each(Object.entries(wires))('%s', (_name, wire) => {
  const { begun, input, end, more } = wire

  test('a call has its input once the end came', async () => {
    expect(became(await decode(wire, [...begun, ...input, end]))).toEqual([
      [{ at: 'a' }],
      'tool-calls',
    ])
  })

  test('a call that goes on behind the end had not ended, and nothing says that it has', async () => {
    const { calls, error, finish } = await decode(wire, [...begun, ...input, end, more])
    expect(calls.map((call) => call.input)).toEqual(calls.map(() => undefined))
    expect(calls[0]?.problem).toBe('truncated')
    expect(error?.message).toContain('stopped before')
    expect(finish.reason).toBe('error')
  })

  test('an end behind what went on is an end', async () => {
    const { calls, error } = await decode(wire, [...begun, ...input, end, more, end])
    expect(calls[0]?.input).toMatchObject({ at: expect.stringMatching(/^ab?$/) })
    expect(error).toBeUndefined()
  })

  test('an end that reports a failure is none', async () => {
    for (const events of [
      [...begun, ...input],
      [...begun, ...input, more],
    ]) {
      const { calls, error, finish } = await decode(wire, [...events, { ...end, ...failure }])
      expect(calls.map((call) => call.input)).toEqual(calls.map(() => undefined))
      expect([error?.message, finish.reason]).toEqual([
        expect.stringContaining('Overloaded'),
        'error',
      ])
    }
  })

  test('a failure behind the end takes the call with it where that goes on', async () => {
    const { calls, error } = await decode(wire, [...begun, ...input, end, failure, more])
    expect(calls.map((call) => call.input)).toEqual(calls.map(() => undefined))
    expect(error?.message).toContain('Overloaded')
  })
})

const { ollama: _, ...inPieces } = wires

test.each(Object.entries(inPieces))(
  '%s: a call whose input came behind the end, and was cut, is not one without input',
  async (_name, wire) => {
    const { begun, input, end } = wire
    for (const events of [
      [...begun, { ...end, ...failure }],
      [...begun, { ...end, ...failure }, ...input],
    ]) {
      const { calls } = await decode(wire, events)
      expect(calls.map(({ problem }) => problem)).toEqual(['truncated'])
    }
  },
)

test('Chat: a call that begins behind the reason, and has no input when [DONE] comes, was cut', async () => {
  const { begun, input, end } = wires['openai-chat']!
  const next = callChunk({ index: 0, function: { name: 'rest', arguments: '' } })
  const answer = await decode(wires['openai-chat']!, [...begun, ...input, end, next, '[DONE]'])
  expect(became(answer)).toEqual([[{ at: 'a' }, 'truncated'], 'length'])
  const told = await decode(wires['openai-chat']!, [...begun, ...input, end, next, end, '[DONE]'])
  expect(became(told)).toEqual([[{ at: 'a' }, {}], 'tool-calls'])
})

test('Anthropic: a call that begins behind the reason is not proved by [DONE]', async () => {
  const { begun, input } = wires['anthropic']!
  const answer = await decode(wires['anthropic']!, [...begun, ...input, '[DONE]'])
  expect(became(answer)).toEqual([['truncated'], 'error'])
})

test('Anthropic: where the end is lost, a call without input was meant so if the reason behind it says so', async () => {
  const [start, open, reason] = wires['anthropic']!.begun
  const limit = { type: 'message_delta', delta: { stop_reason: 'max_tokens' } }
  const stop = { type: 'content_block_stop', index: 0 }
  for (const [events, call] of [
    [[start, open, stop, reason], {}],
    [[start, open, stop, limit], 'truncated'],
    [[start, open, stop], 'truncated'],
    [[start, reason, open, stop], 'truncated'],
  ] as const)
    expect(became(await decode(wires['anthropic']!, events))).toEqual([[call], 'error'])
})

test('Responses: a piece at the place of a call that another item took goes on with some call', async () => {
  const { begun, input, more } = wires['openai-responses']!
  const message = { type: 'message', content: [{ type: 'output_text', text: 'Hi' }] }
  const end = { type: 'response.completed', response: { status: 'completed', output: [message] } }
  const ended = await decode(wires['openai-responses']!, [...begun, ...input, end])
  expect(became(ended)).toEqual([[{ at: 'a' }], 'tool-calls'])
  const answer = await decode(wires['openai-responses']!, [...begun, ...input, end, more])
  expect(became(answer)).toEqual([['truncated'], 'error'])
})

test('Responses: a piece that repeats what was told to be whole takes nothing back', async () => {
  const { begun, input, end } = wires['openai-responses']!
  const item = { type: 'function_call', call_id: 'c', status: 'completed', arguments: whole }
  const told = { type: 'response.output_item.done', output_index: 0, item }
  const events = [...begun, ...input, told, end, ...input, told]
  expect(became(await decode(wires['openai-responses']!, events))).toEqual([
    [{ at: 'a' }],
    'tool-calls',
  ])
})

test('Anthropic: a call that comes once more behind the end takes nothing back', async () => {
  const { begun, input, end } = wires['anthropic']!
  const call = [...begun.slice(0, 2), ...input, { type: 'content_block_stop', index: 0 }]
  const events = [...call, ...begun.slice(2), end, ...call]
  expect(became(await decode(wires['anthropic']!, events))).toEqual([[{ at: 'a' }], 'tool-calls'])
})
