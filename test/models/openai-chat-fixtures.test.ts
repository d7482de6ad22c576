import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Usage } from '../../src/protocol/index.ts'
import { decodeBytes, split, violations } from './answer.ts'
import { decode } from './score-decoder.ts'

interface Row {
  readonly id: string
  readonly file: string
  readonly format: string
  readonly expected: Expected
}

interface Expected {
  readonly toolCalls: readonly {
    readonly id?: string | null
    readonly name: string
    readonly arguments: unknown
    readonly argumentsText?: string
    readonly argumentsValid: boolean
    readonly truncated?: boolean
  }[]
  readonly text: string
  readonly reasoning: string
  readonly refusal?: string
  readonly finishReason: string | null
  readonly usage: Record<string, unknown> | null
  readonly error: unknown
}

const folder = resolve(import.meta.dirname, '../../../shared/fixtures/streams')
const index = resolve(folder, 'index.jsonl')
const rows: readonly Row[] = existsSync(index)
  ? readFileSync(index, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Row)
      .filter((row) => row.format === 'openai-chat')
  : []

describe.skipIf(rows.length === 0)(
  'recorded streams (skipped where ../shared/fixtures is absent)',
  () => {
    test('the module for the score script tells what it asks for', async () => {
      for (const { file, format, expected } of rows) {
        const bytes = readFileSync(resolve(folder, file))
        const { toolCalls, text, error } = await decode(format, split(bytes, 6))
        expect(text).toBe(expected.text)
        expect(toolCalls.map((call) => call.argumentsValid)).toEqual(
          expected.toolCalls.map((call) => call.argumentsValid),
        )
        expect(error === null).toBe(expected.error === null)
      }
    })

    test.each(rows)('$id decodes to its expected result at any byte split', async (row) => {
      const { expected } = row
      const bytes = readFileSync(resolve(folder, row.file))
      for (const seed of [1, 2, 3, 4, 5]) {
        const answer = await decodeBytes(split(bytes, seed))
        const { calls, finish } = answer
        expect(violations(answer)).toEqual([])
        expect(answer.text).toBe(expected.text)
        expect(answer.reasoning).toBe(expected.reasoning)
        expect(answer.refusal).toBe(expected.refusal ?? '')
        expect(finish.rawReason).toBe(expected.finishReason)
        expect(finish.usage).toEqual(neutral(expected.usage))
        expect(answer.error !== undefined).toBe(expected.error !== null)
        expect(calls.map((call) => call.toolName)).toEqual(
          expected.toolCalls.map(({ name }) => name),
        )
        expected.toolCalls.forEach((wanted, at) => {
          const call = calls[at]!
          if (wanted.id) expect(call.toolCallId).toBe(wanted.id)
          else expect(call.toolCallId).not.toBe('')
          expect(call.input ?? null).toEqual(wanted.argumentsValid ? wanted.arguments : null)
          if (wanted.argumentsText !== undefined) expect(call.inputText).toBe(wanted.argumentsText)
          if (wanted.truncated) expect(call.problem).toBe('truncated')
        })
      }
    })
  },
)

function neutral(usage: Expected['usage']): Usage {
  const details = (name: string): Record<string, unknown> =>
    (usage?.[name] ?? {}) as Record<string, unknown>
  const counts = {
    inputTokens: usage?.['prompt_tokens'],
    outputTokens: usage?.['completion_tokens'],
    totalTokens: usage?.['total_tokens'],
    reasoningTokens: details('completion_tokens_details')['reasoning_tokens'],
    cachedInputTokens:
      details('prompt_tokens_details')['cached_tokens'] ??
      usage?.['prompt_cache_hit_tokens'] ??
      usage?.['cached_tokens'],
  }
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => typeof count === 'number'))
}
