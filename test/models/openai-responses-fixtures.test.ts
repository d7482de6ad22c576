import { describe, expect, test } from 'vitest'
import { openaiResponses } from '../../src/models/openai-responses.ts'
import type { Usage } from '../../src/protocol/index.ts'
import { type Answer, ask, split } from './answer.ts'
import { bytesOf, expectRecorded, recordedStreams } from './recorded-streams.ts'
import { messageOf, sentBy, stringsAt, user } from './wire-history.ts'

const streams = recordedStreams('openai-responses')

function decode(bytes: Uint8Array, seed: number): Promise<Answer> {
  return ask(openaiResponses({ model: 'm', fetch: async () => new Response(split(bytes, seed)) }))
}

describe.skipIf(streams.length === 0)(
  'recorded streams (skipped where ../shared/fixtures is absent)',
  () => {
    test.each(streams)('$id decodes to its expected result at any byte split', async (stream) => {
      for (const seed of [1, 2, 3, 4, 5])
        expectRecorded(await decode(bytesOf(stream), seed), stream, neutral)
    })

    test.each(streams)('$id goes back with its provider state byte for byte', async (stream) => {
      const bytes = bytesOf(stream)
      const answer = await decode(bytes, 7)
      const { text } = await sentBy((fetch) => openaiResponses({ model: 'm', fetch }), {
        messages: [user('Go'), messageOf(answer, 'openai-responses:m')],
        // What a server kept goes back by its id alone.
        providerOptions: { store: true },
      })
      const items = stringsAt(['type'], bytes).filter((type) => type === 'reasoning')
      for (const { state, toolCallId } of answer.states) {
        const written = JSON.stringify(state)
        if (isEchoed(state)) expect(text).toContain(toolCallId ? written.slice(1, -1) : written)
      }
      if (items.length > 0) expect(text).toContain('"type":"reasoning"')
      for (const value of stringsAt(['namespace', 'caller_id', 'phase'], bytes))
        expect(text).toContain(JSON.stringify(value))
    })
  },
)

/** A message is told by its text, and a call of a local shell that nobody ran stays away. */
function isEchoed(state: unknown): boolean {
  const { type } = state as { type: string }
  return type !== 'message' && type !== 'shell_call'
}

function neutral(usage: Record<string, unknown>): Usage {
  const details = (name: string): Record<string, unknown> =>
    (usage[name] ?? {}) as Record<string, unknown>
  const counts = {
    inputTokens: usage['input_tokens'],
    outputTokens: usage['output_tokens'],
    totalTokens: usage['total_tokens'],
    reasoningTokens: details('output_tokens_details')['reasoning_tokens'],
    cachedInputTokens: details('input_tokens_details')['cached_tokens'],
  }
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => typeof count === 'number'))
}
