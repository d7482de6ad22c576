import { describe, expect, test } from 'vitest'
import type { Usage } from '../../src/protocol/index.ts'
import { decodeBytes, split } from './answer.ts'
import { bytesOf, expectRecorded, recordedStreams } from './recorded-streams.ts'
import { decode } from './score-decoder.ts'

const streams = recordedStreams('openai-chat')

describe.skipIf(streams.length === 0)(
  'recorded streams (skipped where ../shared/fixtures is absent)',
  () => {
    test('the module for the score script tells what it asks for', async () => {
      for (const stream of streams) {
        const { format, expected } = stream
        const { toolCalls, text, error } = await decode(format, split(bytesOf(stream), 6))
        expect(text).toBe(expected.text)
        expect(toolCalls.map((call) => call.argumentsValid)).toEqual(
          expected.toolCalls.map((call) => call.argumentsValid),
        )
        expect(error === null).toBe(expected.error === null)
      }
    })

    test.each(streams)('$id decodes to its expected result at any byte split', async (stream) => {
      for (const seed of [1, 2, 3, 4, 5])
        expectRecorded(await decodeBytes(split(bytesOf(stream), seed)), stream, neutral)
    })
  },
)

function neutral(usage: Record<string, unknown>): Usage {
  const details = (name: string): Record<string, unknown> =>
    (usage[name] ?? {}) as Record<string, unknown>
  const counts = {
    inputTokens: usage['prompt_tokens'],
    outputTokens: usage['completion_tokens'],
    totalTokens: usage['total_tokens'],
    reasoningTokens: details('completion_tokens_details')['reasoning_tokens'],
    cachedInputTokens:
      details('prompt_tokens_details')['cached_tokens'] ??
      usage['prompt_cache_hit_tokens'] ??
      usage['cached_tokens'],
  }
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => typeof count === 'number'))
}
