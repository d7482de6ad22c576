import type { World } from '../../src/base/index.ts'
import { anthropic } from '../../src/models/anthropic.ts'
import { cohere } from '../../src/models/cohere.ts'
import { gemini } from '../../src/models/gemini.ts'
import { ollama } from '../../src/models/ollama.ts'
import { openaiChat } from '../../src/models/openai-chat.ts'
import { openaiResponses } from '../../src/models/openai-responses.ts'
import type { Model } from '../../src/ports/index.ts'
import type { Format } from './grammar.ts'

type Adapter = (options: {
  readonly model: string
  readonly fetch: typeof globalThis.fetch
  readonly world?: World
}) => Model

/** The six ways to read an answer. */
export const adapters: Readonly<Record<Format, Adapter>> = {
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
  anthropic,
  gemini,
  ollama,
  'cohere-v2': cohere,
}
