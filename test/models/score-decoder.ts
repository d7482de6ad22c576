// A decoder in the form that the score script of the wire fixtures asks for:
// `node score.mjs streams ../../main/test/models/score-decoder.ts`, run in the fixtures folder.
import type { Model, ModelEvent } from '../../src/ports/index.ts'
import { anthropic } from '../../src/models/anthropic.ts'
import { cohere } from '../../src/models/cohere.ts'
import { gemini } from '../../src/models/gemini.ts'
import { ollama } from '../../src/models/ollama.ts'
import { openaiChat } from '../../src/models/openai-chat.ts'
import { openaiResponses } from '../../src/models/openai-responses.ts'

type Adapter = (options: { model: string; fetch: typeof globalThis.fetch }) => Model

const adapters: Readonly<Record<string, Adapter>> = {
  anthropic,
  'cohere-v2': cohere,
  gemini,
  ollama,
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
}

interface ScoredCall {
  readonly id: string
  readonly name: string
  readonly arguments: unknown
  readonly argumentsValid: boolean
}

interface Scored {
  readonly toolCalls: readonly ScoredCall[]
  readonly text: string
  readonly finishReason: string | null
  readonly error: unknown
}

export async function decode(format: string, stream: ReadableStream<Uint8Array>): Promise<Scored> {
  const adapter = adapters[format]
  if (!adapter) throw new Error(`no decoder for ${format} yet`)
  const model = adapter({ model: 'scored', fetch: async () => new Response(stream) })
  const events: ModelEvent[] = []
  for await (const event of model.stream({ messages: [] })) events.push(event)
  const finish = events.find((event) => event.type === 'finish')
  return {
    toolCalls: events
      .filter((event) => event.type === 'tool-input-end')
      .map((call) => ({
        id: call.toolCallId,
        name: call.toolName,
        arguments: call.input ?? null,
        argumentsValid: call.input !== undefined,
      })),
    text: events.map((event) => (event.type === 'text-delta' ? event.text : '')).join(''),
    finishReason: finish?.rawReason ?? null,
    error: events.find((event) => event.type === 'error')?.error ?? null,
  }
}
