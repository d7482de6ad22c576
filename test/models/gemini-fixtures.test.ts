import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { gemini } from '../../src/models/gemini.ts'
import type { Usage } from '../../src/protocol/index.ts'
import { type Answer, ask, split } from './answer.ts'
import { bytesOf, expectRecorded, recordedStreams } from './recorded-streams.ts'
import { messageOf, sentBy } from './wire-history.ts'

type Part = Record<string, unknown>

const streams = recordedStreams('gemini').map((stream) => {
  const { finishReason: reason, error } = stream.expected
  const finishReason = asText(reason)
  // Quirk 7: a call that is none is no success, also where the recording tells of no error.
  const failed = finishReason?.endsWith('_CALL') ? true : error
  return { ...stream, expected: { ...stream.expected, finishReason, error: failed } }
})

/** With `enum-encoding=int`, a reason is recorded as a number. */
function asText(reason: unknown): string | null {
  return typeof reason === 'number' ? `${reason}` : (reason as string | null)
}

function decode(bytes: Uint8Array, seed: number): Promise<Answer> {
  return ask(gemini({ model: 'm', fetch: async () => new Response(split(bytes, seed)) }))
}

describe.skipIf(streams.length === 0)(
  'recorded streams (skipped where ../shared/fixtures is absent)',
  () => {
    test.each(streams)('$id decodes to its expected result at any byte split', async (stream) => {
      const bytes = bytesOf(stream)
      for (const seed of [1, 2, 3, 4, 5]) {
        const answer = await decode(bytes, seed)
        expectRecorded(answer, stream, neutral)
        stream.expected.toolCalls.forEach((call, at) => {
          const { toolCallId } = answer.calls[at]!
          const state = answer.states.find((each) => each.toolCallId === toolCallId)?.state as Part
          const hash = 'thoughtSignatureSha256' in call && call.thoughtSignatureSha256
          if (hash) expect(sha256(state['thoughtSignature'])).toBe(hash)
          expect(state?.['id']).toBe(call.id || undefined)
        })
      }
    })

    test.each(streams)('$id goes back with each signature on its own part', async (stream) => {
      const bytes = bytesOf(stream)
      const message = messageOf(await decode(bytes, 6), 'gemini:m')
      const { body } = await sentBy((fetch) => gemini({ model: 'm', fetch }), {
        messages: [message],
      })
      const written = (body['contents'] as { parts: Part[] }[]).flatMap(({ parts }) => parts)
      expect(signed(written)).toEqual(signed(partsOf(bytes)))
    })
  },
)

function sha256(text: unknown): string {
  return createHash('sha256').update(String(text)).digest('hex')
}

/** Which part has which signature; a part without anything else has an empty text. */
function signed(parts: readonly Part[]): readonly unknown[] {
  const real = parts.filter(({ thoughtSignature: signature }) => signature && signature !== dummy)
  return real.map(({ thoughtSignature, functionCall, ...part }) => {
    const { name, id } = (functionCall ?? {}) as Part
    return [thoughtSignature, functionCall ? { name, id } : { text: '', ...part }]
  })
}

const dummy = 'skip_thought_signature_validator'

function partsOf(bytes: Uint8Array): readonly Part[] {
  const text = new TextDecoder().decode(bytes)
  const lines = text.startsWith('[')
    ? (JSON.parse(text) as unknown[])
    : text.match(/^data:.*$/gm)!.map((line): unknown => JSON.parse(line.slice(5)))
  return lines.flatMap((line) => {
    const { candidates = [] } = line as { candidates?: { content?: { parts?: Part[] } }[] }
    return candidates[0]?.content?.parts ?? []
  })
}

function neutral(usage: Record<string, unknown>): Usage {
  const count = (name: string): number | undefined => usage[name] as number | undefined
  const sum = (a?: number, b?: number) =>
    a === undefined && b === undefined ? a : (a ?? 0) + (b ?? 0)
  const counts = {
    inputTokens: sum(count('promptTokenCount'), count('toolUsePromptTokenCount')),
    outputTokens: sum(count('candidatesTokenCount'), count('thoughtsTokenCount')),
    totalTokens: count('totalTokenCount'),
    reasoningTokens: count('thoughtsTokenCount'),
    cachedInputTokens: count('cachedContentTokenCount'),
  }
  return Object.fromEntries(Object.entries(counts).filter(([, each]) => each !== undefined))
}
