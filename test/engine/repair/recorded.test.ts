// Streams of real servers, from bytes to what runs, with every repair on.
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isObject } from '../../../src/base/index.ts'
import { anthropic } from '../../../src/models/anthropic.ts'
import { cohere } from '../../../src/models/cohere.ts'
import { gemini } from '../../../src/models/gemini.ts'
import { ollama } from '../../../src/models/ollama.ts'
import { openaiChat } from '../../../src/models/openai-chat.ts'
import { openaiResponses } from '../../../src/models/openai-responses.ts'
import type { Model } from '../../../src/ports/index.ts'
import type { ToolPart } from '../../../src/protocol/index.ts'
import { createToolServer } from '../../../src/server/index.ts'
import { defineTool } from '../../../src/tools/index.ts'
import * as z from 'zod'

interface Row {
  readonly id: string
  readonly file: string
  readonly format: string
  readonly expected: { readonly toolCalls: readonly Wanted[] }
}

interface Wanted {
  readonly name: string
  readonly kind?: 'custom'
  readonly arguments: unknown
  readonly argumentsValid: boolean
  readonly argumentsText?: string
  /** What a repair has to make of the arguments. */
  readonly repaired?: unknown
  /** Set where no repair may succeed; so it is wherever nothing says what the repair has to make. */
  readonly unrepairable?: boolean
  readonly resolvedName?: string
  readonly unwrapsTo?: readonly { readonly name: string; readonly arguments: unknown }[]
}

const folder = resolve(import.meta.dirname, '../../../../shared/fixtures/streams')
const index = resolve(folder, 'index.jsonl')
const rows: readonly Row[] = existsSync(index)
  ? readFileSync(index, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Row)
      .filter(({ expected }) => expected.toolCalls.some(({ kind }) => kind !== 'custom'))
  : []
const policies = rows.filter(({ expected }) =>
  expected.toolCalls.some((call) => call.repaired || call.unrepairable || call.unwrapsTo),
)

type Adapter = (options: { model: string; fetch: typeof globalThis.fetch }) => Model

const adapters: Readonly<Record<string, Adapter>> = {
  anthropic,
  'cohere-v2': cohere,
  gemini,
  ollama,
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
}

/** The inputs that ran, by tool, and the calls, when the model answers with the recorded bytes. */
async function play({ file, format, expected }: Row): Promise<{
  readonly ran: readonly (readonly [string, unknown])[]
  readonly calls: readonly ToolPart[]
}> {
  const ran: (readonly [string, unknown])[] = []
  const names = expected.toolCalls.flatMap((call) =>
    (call.unwrapsTo ?? [{ name: call.resolvedName ?? call.name }]).map(({ name }) => name),
  )
  const tools = [...new Set(names)].map((name) =>
    defineTool({
      name,
      description: 'Takes anything.',
      inputSchema: z.record(z.string(), z.unknown()),
      execute(input) {
        ran.push([name, input])
        return 'done'
      },
    }),
  )
  const bytes = readFileSync(resolve(folder, file))
  const server = createToolServer({
    model: adapters[format]!({ model: 'm', fetch: async () => new Response(bytes) }),
    tools,
    maxSteps: 1,
    modelRetry: { attempts: 1 },
    repair: {},
  })
  const { calls } = await server.run({ message: 'Hi' }).result
  await server.close()
  return { ran, calls }
}

function wanted(call: Wanted): readonly (readonly [string, unknown])[] {
  if (call.unwrapsTo) return call.unwrapsTo.map((one) => [one.name, one.arguments])
  const input = call.argumentsValid ? call.arguments : call.repaired
  return input === undefined ? [] : [[call.resolvedName ?? call.name, input]]
}

describe.skipIf(rows.length === 0)(
  'recorded streams with every repair on (skipped where ../shared/fixtures is absent)',
  () => {
    test('there are policies to hold to', () => {
      expect(policies.length).toBeGreaterThan(0)
    })

    test.each(policies)('$file runs what its policy says', async (row) => {
      const { ran, calls } = await play(row)
      expect(ran).toEqual(row.expected.toolCalls.flatMap(wanted))
      for (const { state, inputText, errorText } of calls)
        if (state === 'input-invalid') expect(errorText).toContain(inputText)
    })

    test.each(rows)('$id: nothing runs but what its calls say', async (row) => {
      const { ran, calls } = await play(row)
      const allowed = row.expected.toolCalls.flatMap(wanted)
      for (const one of ran) expect(allowed).toContainEqual(one)
      // What was repaired is known as such.
      for (const { input, inputText, repairs } of calls)
        if (isObject(input) && inputText === undefined && repairs)
          expect(row.expected.toolCalls.some((call) => call.repaired ?? call.unwrapsTo)).toBe(true)
    })
  },
)
