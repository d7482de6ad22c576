import { ToolwireError, type World, systemFetch, systemWorld } from '../base/index.ts'
import type { Model } from '../ports/index.ts'
import { type RequestRetry, postJson } from './_http.ts'
import { ToolNames } from './_names.ts'
import { ChatDecoder } from './_openai-chat-decoder.ts'
import {
  type ChatFlavor,
  type ChatFlavorName,
  chatFlavors,
  flavorOf,
} from './_openai-chat-flavors.ts'
import { chatCallId, writeChatRequest } from './_openai-chat-writer.ts'
import { streamAnswer } from './_stream.ts'

export type { ChatFlavor, ChatFlavorName, RequestRetry }

export interface OpenAIChatOptions {
  /** As in `https://openrouter.ai/api/v1`; `/chat/completions` is added. Default OpenAI's. */
  readonly baseURL?: string
  readonly apiKey?: string
  readonly model: string
  /** Added to each request, over those that the adapter sets. */
  readonly headers?: Readonly<Record<string, string>>
  readonly fetch?: typeof globalThis.fetch
  /** What the server wants otherwise than most: a known name, or its switches. Default by the host. */
  readonly flavor?: ChatFlavorName | ChatFlavor
  readonly retry?: RequestRetry
  readonly world?: World
}

/** A model behind OpenAI Chat Completions or any server that speaks it. */
export function openaiChat(options: OpenAIChatOptions): Model {
  const { model, apiKey, headers = {}, retry, world = systemWorld } = options
  const url = endpoint(options.baseURL ?? 'https://api.openai.com/v1')
  const flavor = chooseFlavor(options.flavor, url)
  if (!model) throw invalid('"model" is missing.', 'Name the model, as in "gpt-5".')
  const format = 'openai-chat'
  const id = `${format}:${model}`
  const sender = { fetch: options.fetch ?? systemFetch, world, retry }
  const allHeaders = new Headers({
    'content-type': 'application/json',
    ...authorize(apiKey, flavor),
  })
  for (const [name, value] of Object.entries(headers)) allHeaders.set(name, value)
  return {
    id,
    format,
    stream(request) {
      const names = new ToolNames()
      const body = JSON.stringify(
        writeChatRequest(request, { model, modelId: id, format, flavor, names }),
      )
      const decoder = new ChatDecoder({
        format,
        echo: flavor.echo ?? ['reasoning_content', 'reasoning_details', 'extra_content'],
        mintId: () => chatCallId(flavor, `call_${world.randomId()}`),
        toolName: (wireName) => names.toTool(wireName),
      })
      const { signal } = request
      const send = () => postJson({ url, headers: allHeaders, body, signal }, sender)
      return streamAnswer(send, decoder, { world, signal })
    },
  }
}

function endpoint(baseURL: string): URL {
  const url = URL.canParse(baseURL) ? new URL(baseURL) : undefined
  if (!url?.protocol.startsWith('http'))
    throw invalid(`"baseURL" is no URL: "${baseURL}".`, 'Give one as "https://host/v1".')
  // A query, such as Azure's api-version, stays.
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/chat/completions`
  return url
}

function chooseFlavor(flavor: OpenAIChatOptions['flavor'], url: URL): ChatFlavor {
  if (typeof flavor === 'object') return flavor
  if (flavor === undefined) return flavorOf(url.hostname)
  if (!Object.hasOwn(chatFlavors, flavor))
    throw invalid(
      `"flavor" is unknown: "${flavor}".`,
      `Known: ${Object.keys(chatFlavors).join(', ')}.`,
    )
  return chatFlavors[flavor]
}

function authorize(apiKey: string | undefined, { keyHeader }: ChatFlavor): Record<string, string> {
  if (!apiKey) return {}
  return keyHeader ? { [keyHeader]: apiKey } : { authorization: `Bearer ${apiKey}` }
}

function invalid(message: string, hint: string): ToolwireError {
  return new ToolwireError('INVALID_OPTIONS', `openaiChat: ${message}`, { hint })
}
