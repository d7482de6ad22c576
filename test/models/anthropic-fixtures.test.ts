import { describe, expect, test } from 'vitest'
import { anthropic } from '../../src/models/anthropic.ts'
import type { Usage } from '../../src/protocol/index.ts'
import { type Answer, ask, split } from './answer.ts'
import { bytesOf, expectRecorded, recordedStreams } from './recorded-streams.ts'
import { messageOf, sentBy, stringsAt, user } from './wire-history.ts'

const streams = recordedStreams('anthropic')

function decode(bytes: Uint8Array, seed: number): Promise<Answer> {
  return ask(anthropic({ model: 'm', fetch: async () => new Response(split(bytes, seed)) }))
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
      const { text } = await sentBy((fetch) => anthropic({ model: 'm', fetch }), {
        messages: [user('Go'), messageOf(answer, 'anthropic:m')],
      })
      for (const { state, toolCallId } of answer.states) {
        const written = JSON.stringify(state)
        expect(text).toContain(toolCallId === undefined ? held(state) : written.slice(1, -1))
      }
      // The second message of a splice is never read.
      const opaque = stringsAt(['signature', 'encrypted_content', 'encrypted_index'], bytes)
      for (const value of opaque.filter((each) => each !== 'sig-second'))
        expect(text).toContain(JSON.stringify(value))
    })
  },
)

/** A container goes back where code waits for a result in it, and is the request's. */
function held(state: unknown): string {
  const { container } = state as { container?: string }
  return container === undefined ? JSON.stringify(state) : '"messages"'
}

function neutral(usage: Record<string, unknown>): Usage {
  const count = (name: string): number => (usage[name] as number | null | undefined) ?? 0
  const cached = usage['cache_read_input_tokens'] as number | null | undefined
  const details = usage['output_tokens_details'] as { thinking_tokens?: number } | undefined
  const inputTokens =
    count('input_tokens') + count('cache_read_input_tokens') + count('cache_creation_input_tokens')
  return {
    inputTokens,
    outputTokens: count('output_tokens'),
    totalTokens: inputTokens + count('output_tokens'),
    ...(typeof cached === 'number' && { cachedInputTokens: cached }),
    ...(details?.thinking_tokens !== undefined && { reasoningTokens: details.thinking_tokens }),
  }
}
