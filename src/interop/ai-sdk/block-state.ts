import type {
  LanguageModelV4Message,
  LanguageModelV4StreamPart,
  SharedV4FileData,
  SharedV4ProviderMetadata,
} from '@ai-sdk/provider'
import { type Json, type JsonObject, asJson, isObject } from '../../base/index.ts'
import { base64Of } from './file-data.ts'

/** A content part of an assistant message of the AI SDK. */
export type AssistantPart = Exclude<
  Extract<LanguageModelV4Message, { role: 'assistant' }>['content'][number],
  never
>

/** The parts of an answer that nobody but the provider reads. */
type ProviderPart = Extract<
  LanguageModelV4StreamPart,
  { type: 'custom' | 'file' | 'reasoning-file' | 'tool-call' | 'tool-result' }
>

/** The state of a text or a reasoning: the whole block, since a signature is good for no other text. */
export function blockState(
  type: 'text' | 'reasoning',
  text: string,
  metadata: SharedV4ProviderMetadata,
): Json {
  return asJson({ type, text, providerOptions: metadata })
}

/** The state of a call. */
export function callState(metadata: SharedV4ProviderMetadata): JsonObject {
  return { type: 'call', providerOptions: asJson(metadata) }
}

/** The state of what the provider did or made itself: the part of the history that it becomes. */
export function partState(part: ProviderPart): Json {
  const { type, providerMetadata } = part
  const metadata = providerMetadata && { providerOptions: providerMetadata }
  switch (type) {
    case 'custom':
      return asJson({ type, kind: part.kind, ...metadata })
    case 'file':
    case 'reasoning-file':
      return asJson({
        type,
        mediaType: part.mediaType,
        data: storableData(part.data),
        ...metadata,
      })
    case 'tool-call':
      return asJson({
        type,
        toolCallId: part.toolCallId,
        toolName: part.toolName,
        input: inputOf(part.input),
        providerExecuted: true,
        ...metadata,
      })
    case 'tool-result':
      return asJson({
        type,
        toolCallId: part.toolCallId,
        toolName: part.toolName,
        output: outputOf(part.result, part.isError === true),
        ...metadata,
      })
  }
}

/** The part of the history that a state stands for; nothing where it is none. */
export function partOf(state: Json): AssistantPart | undefined {
  if (!isObject(state) || typeof state['type'] !== 'string' || state['type'] === 'call')
    return undefined
  const { data } = state
  const url = isObject(data) && data['type'] === 'url' ? data['url'] : undefined
  const restored =
    typeof url === 'string' ? { ...state, data: { type: 'url', url: new URL(url) } } : state
  // Written by the functions above.
  return restored as unknown as AssistantPart
}

/** The provider options that belong to a call. */
export function optionsOf(state: Json | undefined): SharedV4ProviderMetadata | undefined {
  const options = isObject(state) && state['type'] === 'call' ? state['providerOptions'] : undefined
  // Written by `callState`.
  return isObject(options) ? (options as SharedV4ProviderMetadata) : undefined
}

function storableData(data: SharedV4FileData): object {
  if (data.type === 'url') return { type: 'url', url: data.originalUrl ?? data.url.href }
  return { type: 'data', data: base64Of(data) }
}

function inputOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A call without arguments has an empty text.
    return {}
  }
}

function outputOf(result: unknown, isError: boolean): object {
  if (isError) return { type: 'error-json', value: asJson(result) }
  return typeof result === 'string'
    ? { type: 'text', value: result }
    : { type: 'json', value: asJson(result) }
}
