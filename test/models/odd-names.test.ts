// Words of a server that are names of what every object has: they say nothing, and reach nothing.
import { expect, test } from 'vitest'
import { anthropic } from '../../src/models/anthropic.ts'
import { cohere } from '../../src/models/cohere.ts'
import { gemini } from '../../src/models/gemini.ts'
import { ollama } from '../../src/models/ollama.ts'
import { openaiChat } from '../../src/models/openai-chat.ts'
import { openaiResponses } from '../../src/models/openai-responses.ts'
import { ask, chunk, sse } from './answer.ts'

const names = ['constructor', 'toString', '__proto__', 'hasOwnProperty']

const endings = {
  'openai-chat': { adapter: openaiChat, end: (reason: string) => [chunk({}, reason)] },
  anthropic: {
    adapter: anthropic,
    end: (stop_reason: string) => [
      { type: 'message_delta', delta: { stop_reason } },
      { type: 'message_stop' },
    ],
  },
  gemini: {
    adapter: gemini,
    end: (finishReason: string) => [{ candidates: [{ finishReason }] }],
  },
  ollama: {
    adapter: ollama,
    end: (done_reason: string) => [{ message: { content: '' }, done: true, done_reason }],
  },
  cohere: {
    adapter: cohere,
    end: (finish_reason: string) => [{ type: 'message-end', delta: { finish_reason } }],
  },
}

test.each(Object.entries(endings))(
  '%s: a reason that nobody knows is another',
  async (name, { adapter, end }) => {
    for (const reason of names) {
      const body = end(reason).map((event) =>
        name === 'ollama' ? `${JSON.stringify(event)}\n` : sse(event),
      )
      const fetch = async (): Promise<Response> => new Response(body.join(''))
      const { finish } = await ask(adapter({ model: 'm', fetch }))
      expect(finish).toMatchObject({ rawReason: reason })
      expect(['other', 'stop', 'error']).toContain(finish.reason)
    }
  },
)

test.each([
  [
    'anthropic',
    anthropic,
    (type: string) => ({ type: 'content_block_delta', index: 0, delta: { type, text: 'x' } }),
  ],
  [
    'openai-responses',
    openaiResponses,
    (type: string) => ({ type: `response.${type}.delta`, delta: 'x' }),
  ],
] as const)('%s: a piece of a kind that nobody knows says nothing', async (_, adapter, event) => {
  for (const name of names) {
    const body = [
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      event(name),
    ]
    const fetch = async (): Promise<Response> => new Response(body.map(sse).join(''))
    const { events, finish } = await ask(adapter({ model: 'm', fetch }))
    expect(finish.reason).toBe('error')
    expect(events.map(({ type }) => type)).toEqual(['error', 'finish'])
  }
})
