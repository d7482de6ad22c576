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

export type { AdapterOptions, ChatFlavor, ChatFlavorName, RequestRetry }

export interface OpenAIChatOptions extends AdapterOptions {
  /** As in `https://openrouter.ai/api/v1`; `/chat/completions` is added. Default OpenAI's. */
  readonly baseURL?: string
  readonly apiKey?: string
  /** What the server wants otherwise than most: a known name, or its switches. Default by the host. */
  readonly flavor?: ChatFlavorName | ChatFlavor
}

const check = new OptionsCheck('openaiChat')

/** A model behind OpenAI Chat Completions or any server that speaks it. */
export function openaiChat(options: OpenAIChatOptions): Model {
  const { model, apiKey, baseURL = 'https://api.openai.com/v1' } = options
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
  const { keyHeader } = flavor
  const authorize = (): Record<string, string> =>
    apiKey && keyHeader ? { [keyHeader]: apiKey } : bearer(apiKey)
  return modelOf({ format: 'openai-chat', url, authorize, open }, options)
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
