import type { Model } from '../ports/index.ts'
import { type AdapterOptions, type Dialect, OptionsCheck, bearer, modelOf } from './_adapter.ts'
import type { RequestRetry } from './_http.ts'
import { ChatDecoder } from './_openai-chat-decoder.ts'
import {
  type ChatFlavor,
  type ChatFlavorName,
  chatFlavors,
  flavorOf,
} from './_openai-chat-flavors.ts'
import { chatCallId, writeChatRequest } from './_openai-chat-writer.ts'
import { geminiSchema, kimiSchema, ollamaSchema, openSchema } from './_schema-dialects.ts'
import { openaiStrictMode } from './_schema-strict.ts'
import { ToolSchemas } from './_schema-tools.ts'

export type { AdapterOptions, ChatFlavor, ChatFlavorName, RequestRetry }

export interface OpenAIChatOptions extends AdapterOptions {
  /** As in `https://openrouter.ai/api/v1`; `/chat/completions` is added. Default OpenAI's. */
  readonly baseURL?: string
  readonly apiKey?: string
  /** What the server wants otherwise than most: a known name, or its switches. Default by the host. */
  readonly flavor?: ChatFlavorName | ChatFlavor
  /**
   * Asks for inputs that keep to their schema (`strict`), for the tools whose schema can be said there without
   * loss. An object that names its properties, and says nothing of others, then has no others; what is optional
   * the model writes as null, which is taken out of the input again. Default false.
   */
  readonly strictTools?: boolean
}

const check = new OptionsCheck('openaiChat')

const chatSchemas = {
  openai: openSchema,
  kimi: kimiSchema,
  gemini: geminiSchema,
  ollama: ollamaSchema,
}

/** A model behind OpenAI Chat Completions or any server that speaks it. */
export function openaiChat(options: OpenAIChatOptions): Model {
  const { model, apiKey, baseURL = 'https://api.openai.com/v1', strictTools } = options
  const url = check.endpoint(baseURL, 'chat/completions')
  const flavor = chooseFlavor(options.flavor, url)
  check.model(model, 'gpt-5')
  const open: Dialect['open'] = (request, context) => ({
    body: writeChatRequest(request, { ...context, model, flavor }),
    decoder: new ChatDecoder({
      ...context,
      echo: flavor.echo ?? ['reasoning_content', 'reasoning_details', 'extra_content'],
      mintId: () => chatCallId(flavor, context.mintId()),
    }),
  })
  const { keyHeader, toolSchema = 'openai' } = flavor
  const strict = strictTools ? openaiStrictMode : undefined
  const schemas = new ToolSchemas(chatSchemas[toolSchema], strict)
  const authorize = (): Record<string, string> =>
    apiKey && keyHeader ? { [keyHeader]: apiKey } : bearer(apiKey)
  return modelOf({ format: 'openai-chat', url, schemas, authorize, open }, options)
}

function chooseFlavor(flavor: OpenAIChatOptions['flavor'], url: URL): ChatFlavor {
  if (typeof flavor === 'object') return flavor
  if (flavor === undefined) return flavorOf(url.hostname)
  if (!Object.hasOwn(chatFlavors, flavor))
    throw check.invalid(
      `"flavor" is unknown: "${flavor}".`,
      `Known: ${Object.keys(chatFlavors).join(', ')}.`,
    )
  return chatFlavors[flavor]
}
