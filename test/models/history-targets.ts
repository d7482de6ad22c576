import type { Json } from '../../src/base/index.ts'
import { anthropic } from '../../src/models/anthropic.ts'
import { cohere } from '../../src/models/cohere.ts'
import { gemini } from '../../src/models/gemini.ts'
import { ollama } from '../../src/models/ollama.ts'
import { type ChatFlavorName, openaiChat } from '../../src/models/openai-chat.ts'
import { openaiResponses } from '../../src/models/openai-responses.ts'
import type { Model, ModelRequest } from '../../src/ports/index.ts'
import type { Message } from '../../src/protocol/index.ts'
import {
  type HistoryFormat,
  type HistoryProblem,
  historyValidators,
} from '../../src/testing/index.ts'

/** A model whose server has rules for histories. */
export interface Target {
  readonly model: Model
  readonly flavor?: string
  readonly providerOptions?: ModelRequest['providerOptions']
}

let sent = ''
const nothing = new Response(null)
const fetch: typeof globalThis.fetch = (_, init) => {
  // All adapters send texts.
  sent = init?.body as string
  return Promise.resolve(nothing)
}

const chat = (model: string, flavor: ChatFlavorName): Target => ({
  model: openaiChat({ model, flavor, fetch }),
  flavor,
})
const claude = anthropic({ model: 'm', fetch })

/** Every format, and where servers of one differ, each of them. */
export const targets: readonly Target[] = [
  chat('m', 'openai'),
  { model: openaiResponses({ model: 'm', fetch }) },
  { model: claude },
  { model: gemini({ model: 'gemini-3-pro', fetch }) },
  { model: ollama({ model: 'm', fetch }) },
  { model: cohere({ model: 'm', fetch }) },
  chat('mistral', 'mistral'),
  chat('kimi', 'kimi'),
  chat('deepseek', 'deepseek'),
  chat('mantle', 'compatible'),
  { model: gemini({ model: 'gemini-2.5-flash', fetch }), flavor: 'gemini-2' },
  { model: openaiResponses({ model: 'm', fetch }), providerOptions: { store: true } },
  { model: claude, providerOptions: { thinking: { type: 'enabled', budget_tokens: 1024 } } },
]

/** The body of the request that `target` gets for `messages`. One at a time. */
export async function bodyFor(
  messages: readonly Message[],
  { model, providerOptions }: Target,
): Promise<string> {
  for await (const _ of model.stream({ messages, ...(providerOptions && { providerOptions }) }));
  return sent
}

/** For what the server behind `target` would refuse `body`. */
export function refusalsOf(body: string, { model, flavor }: Target): readonly HistoryProblem[] {
  const value: Json = JSON.parse(body)
  // Every target is of a format that has a validator.
  return historyValidators[model.format as HistoryFormat](value, { flavor })
}
