// A turn that one provider began is taken over by another, whose server has to take the history.
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { anthropic } from '../../src/models/anthropic.ts'
import { cohere } from '../../src/models/cohere.ts'
import { gemini } from '../../src/models/gemini.ts'
import { ollama } from '../../src/models/ollama.ts'
import { openaiChat } from '../../src/models/openai-chat.ts'
import { openaiResponses } from '../../src/models/openai-responses.ts'
import type { Model } from '../../src/ports/index.ts'
import { createToolServer } from '../../src/server/index.ts'
import { type HistoryFormat, historyValidators } from '../../src/testing/history-validators.ts'
import { defineTool } from '../../src/tools/index.ts'
import { chatAnswer, messagesAnswer, playedServer, sse } from './wire.ts'

/** A wire format: how it is spoken to, and what its server says. */
interface Family {
  model(fetch: typeof globalThis.fetch): Model
  /** Thinks, signs its thoughts, and calls `look`. */
  readonly calls: string
  /** Says `Fine.` */
  readonly says: string
  /** What only its own server may see. */
  readonly secrets: readonly string[]
}

const options = { model: 'm', retry: { attempts: 1 } }
const input = { at: 1 }

const responsesItem = (index: number, item: object): readonly unknown[] => [
  { type: 'response.output_item.added', output_index: index, item },
  { type: 'response.output_item.done', output_index: index, item },
]
const responsesAnswer = (...items: readonly object[]): string =>
  sse([
    { type: 'response.created', response: { id: 'resp_1' } },
    ...items.flatMap((item, index) => responsesItem(index, item)),
    { type: 'response.completed', response: { id: 'resp_1', status: 'completed', output: [] } },
  ])
const geminiAnswer = (...parts: readonly object[]): string =>
  sse([{ candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP' }] }])
const ollamaAnswer = (message: object): string =>
  [
    { message: { role: 'assistant', content: '', ...message }, done: false },
    { message: { role: 'assistant', content: '' }, done: true, done_reason: 'stop' },
  ]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('')
const cohereAnswer = (finishReason: string, ...messages: readonly [string, object][]): string =>
  sse([
    ...messages.map(([type, message]) => ({ type, index: 0, delta: { message } })),
    { type: 'message-end', delta: { finish_reason: finishReason } },
  ])

const families: Readonly<Record<HistoryFormat, Family>> = {
  anthropic: {
    model: (fetch) => anthropic({ ...options, fetch }),
    calls: messagesAnswer(
      [
        { type: 'thinking', thinking: 'Hm of A', signature: 'signature-A' },
        { type: 'tool_use', id: 'toolu_01', name: 'look', input },
      ],
      'tool_use',
    ),
    says: messagesAnswer([{ type: 'text', text: 'Fine.' }], 'end_turn'),
    secrets: ['signature-A'],
  },
  'openai-chat': {
    model: (fetch) => openaiChat({ ...options, fetch, baseURL: 'https://host.test/v1' }),
    calls: chatAnswer(
      {
        reasoning_content: 'Hm of C',
        tool_calls: [
          {
            index: 0,
            id: 'functions.look:0',
            type: 'function',
            function: { name: 'look', arguments: JSON.stringify(input) },
          },
        ],
      },
      'tool_calls',
    ),
    says: chatAnswer({ content: 'Fine.' }),
    secrets: ['Hm of C'],
  },
  'openai-responses': {
    model: (fetch) => openaiResponses({ ...options, fetch }),
    calls: responsesAnswer(
      { id: 'rs_1', type: 'reasoning', summary: [], encrypted_content: 'encrypted-R' },
      {
        id: 'fc_1',
        type: 'function_call',
        status: 'completed',
        call_id: 'call_1',
        name: 'look',
        arguments: JSON.stringify(input),
      },
    ),
    says: responsesAnswer({
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: 'Fine.', annotations: [] }],
    }),
    secrets: ['encrypted-R', 'rs_1', 'fc_1'],
  },
  gemini: {
    model: (fetch) => gemini({ ...options, fetch }),
    calls: geminiAnswer({
      functionCall: { name: 'look', args: input },
      thoughtSignature: 'signature-G',
    }),
    says: geminiAnswer({ text: 'Fine.' }),
    secrets: ['signature-G'],
  },
  ollama: {
    model: (fetch) => ollama({ ...options, fetch }),
    calls: ollamaAnswer({
      thinking: 'Hm of O',
      tool_calls: [{ function: { name: 'look', arguments: input } }],
    }),
    says: ollamaAnswer({ content: 'Fine.' }),
    secrets: [],
  },
  'cohere-v2': {
    model: (fetch) => cohere({ ...options, fetch }),
    calls: cohereAnswer('TOOL_CALL', [
      'tool-call-start',
      {
        tool_calls: {
          id: 'look_1',
          type: 'function',
          function: { name: 'look', arguments: JSON.stringify(input) },
        },
      },
    ]),
    says: cohereAnswer('COMPLETE', ['content-delta', { content: { text: 'Fine.' } }]),
    secrets: [],
  },
}

const look = defineTool({
  name: 'look',
  description: 'Looks.',
  inputSchema: z.object({ at: z.number() }),
  execute: ({ at }) => ({ seen: at }),
})

const formats = Object.keys(families) as HistoryFormat[]

describe.each(formats)('a turn that %s began', (from) => {
  test.each(formats.filter((to) => to !== from))(
    'goes on with %s where the first is overloaded, and back',
    async (to) => {
      const first = playedServer(families[from].calls, 529, families[from].says)
      const second = playedServer(families[to].says)
      const model = [families[from].model(first.fetch), families[to].model(second.fetch)]
      const server = createToolServer({ model, tools: [look] })
      const run = server.run({ message: 'Look!' })
      const { reason, messages, calls } = await run.result
      expect(reason).toBe('stop')
      expect(calls).toMatchObject([{ state: 'output-available', output: { seen: 1 } }])
      expect(messages.map(({ metadata }) => metadata.model?.split(':')[0])).toEqual([
        undefined,
        from,
        to,
      ])
      const later = server.run({ message: 'Again?', conversationId: run.conversationId })
      expect(await later.result).toMatchObject({ reason: 'stop', text: 'Fine.' })
      expect([first.bodies.length, second.bodies.length]).toEqual([3, 1])
      for (const body of first.bodies) expect(historyValidators[from](body)).toEqual([])
      for (const body of second.bodies) expect(historyValidators[to](body)).toEqual([])

      const toOther = JSON.stringify(second.bodies)
      const toOwn = JSON.stringify(first.bodies[2])
      expect(toOther).toContain('Look!')
      expect(toOther).toContain('seen')
      for (const secret of families[from].secrets) {
        expect(toOther).not.toContain(secret)
        expect(toOwn).toContain(secret)
      }
      await server.close()
    },
  )
})
