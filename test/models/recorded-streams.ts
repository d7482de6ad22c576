import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect } from 'vitest'
import type { Usage } from '../../src/protocol/index.ts'
import { type Answer, violations } from './answer.ts'

/** A recorded stream, and what it has to become. */
export interface RecordedStream {
  readonly id: string
  readonly file: string
  readonly format: string
  readonly expected: Expected
}

interface Expected {
  readonly toolCalls: readonly ExpectedCall[]
  readonly text: string
  readonly reasoning: string
  readonly refusal?: string
  readonly finishReason: string | null
  readonly usage: Record<string, unknown> | null
  readonly error: unknown
}

interface ExpectedCall {
  readonly id?: string | null
  readonly name: string
  readonly kind?: 'custom'
  /** What a custom tool gets: a text of any kind. */
  readonly input?: string
  readonly arguments: unknown
  readonly argumentsText?: string
  readonly argumentsValid: boolean
  readonly truncated?: boolean
}

const folder = resolve(import.meta.dirname, '../../../shared/fixtures/streams')

/** The recorded streams of a format; none where the folder beside the repository is absent. */
export function recordedStreams(format: string): readonly RecordedStream[] {
  const index = resolve(folder, 'index.jsonl')
  if (!existsSync(index)) return []
  const lines = readFileSync(index, 'utf8').trim().split('\n')
  return lines
    .map((line): RecordedStream => JSON.parse(line))
    .filter((stream) => stream.format === format)
}

export function bytesOf({ file }: RecordedStream): Uint8Array {
  return readFileSync(resolve(folder, file))
}

/** Holds an answer against everything that is known of its stream. */
export function expectRecorded(
  answer: Answer,
  { expected }: RecordedStream,
  neutral: (usage: Record<string, unknown>) => Usage,
): void {
  expect(violations(answer)).toEqual([])
  expect(answer.text).toBe(expected.text)
  expect(answer.reasoning).toBe(expected.reasoning)
  expect(answer.refusal).toBe(expected.refusal ?? '')
  expect(answer.finish.rawReason).toBe(expected.finishReason)
  // Authored streams leave the usage open.
  if (expected.usage) expect(answer.finish.usage).toEqual(neutral(expected.usage))
  expect(answer.error !== undefined).toBe(expected.error !== null)
  expect(answer.calls.map((call) => call.toolName)).toEqual(
    expected.toolCalls.map(({ name }) => name),
  )
  answer.calls.forEach((call, at) => expectCall(call, expected.toolCalls[at]!))
}

function expectCall(call: Answer['calls'][number], wanted: ExpectedCall): void {
  if (wanted.id) expect(call.toolCallId).toBe(wanted.id)
  expect(call.toolCallId).not.toBe('')
  if (wanted.kind === 'custom') return expect(call.inputText).toBe(wanted.input)
  const { argumentsValid, argumentsText, truncated } = wanted
  expect(call.input ?? null).toEqual(argumentsValid ? wanted.arguments : null)
  if (argumentsText) expect(call.inputText).toBe(argumentsText)
  if (truncated) expect(call.problem).toBe('truncated')
}
