import type {
  LanguageModelV2,
  LanguageModelV2CallWarning,
  LanguageModelV2Prompt,
  LanguageModelV2StreamPart,
  LanguageModelV2Usage,
  LanguageModelV3,
  LanguageModelV3Prompt,
  LanguageModelV3StreamPart,
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  LanguageModelV4StreamPart,
  LanguageModelV4ToolResultOutput,
  LanguageModelV4Usage,
  SharedV4FileData,
  SharedV4Warning,
} from '@ai-sdk/provider'
import { base64Of } from './file-data.ts'

/** A language model of the AI SDK, of any version of its provider interface from 2 to 4. */
export type AnyLanguageModel = LanguageModelV2 | LanguageModelV3 | LanguageModelV4

type AnyStreamPart =
  | LanguageModelV2StreamPart
  | LanguageModelV3StreamPart
  | LanguageModelV4StreamPart

/** The part of an answer in which the versions differ by nothing that {@link currentPart} does not see to. */
export type AnyStream = ReadableStream<AnyStreamPart>

/** Calls a model of any version as if it were of the current one. */
export async function callModel(
  model: AnyLanguageModel,
  options: LanguageModelV4CallOptions,
): Promise<AnyStream> {
  const { prompt } = options
  const { stream } =
    model.specificationVersion === 'v4'
      ? await model.doStream(options)
      : model.specificationVersion === 'v3'
        ? await model.doStream({ ...options, prompt: promptV3(prompt) })
        : // Its provider tools have another name; this bridge sends none.
          await (model as Lenient).doStream({ ...options, prompt: promptV2(prompt) })
  return stream
}

interface Lenient {
  doStream(options: object): ReturnType<LanguageModelV2['doStream']>
}

/** A part of an answer as the current version has it. */
export function currentPart(part: AnyStreamPart): LanguageModelV4StreamPart {
  if (part.type === 'stream-start')
    return { type: 'stream-start', warnings: part.warnings.map(currentWarning) }
  if (part.type === 'finish') {
    const { finishReason, usage, providerMetadata } = part
    return {
      type: 'finish',
      finishReason:
        typeof finishReason === 'string'
          ? { unified: finishReason === 'unknown' ? 'other' : finishReason, raw: undefined }
          : finishReason,
      usage: isCurrent(usage) ? usage : currentUsage(usage),
      ...(providerMetadata && { providerMetadata }),
    }
  }
  if (part.type !== 'file') return part as LanguageModelV4StreamPart
  const { data } = part
  const isTagged = typeof data === 'object' && 'type' in data
  return { ...part, data: isTagged ? data : { type: 'data', data } }
}

function isCurrent(
  usage: LanguageModelV2Usage | LanguageModelV4Usage,
): usage is LanguageModelV4Usage {
  return typeof usage.inputTokens === 'object'
}

function currentUsage(usage: LanguageModelV2Usage): LanguageModelV4Usage {
  const { inputTokens, outputTokens, totalTokens, reasoningTokens, cachedInputTokens } = usage
  return {
    inputTokens: {
      total: inputTokens,
      noCache: undefined,
      cacheRead: cachedInputTokens,
      cacheWrite: undefined,
    },
    outputTokens: { total: outputTokens, text: undefined, reasoning: reasoningTokens },
    ...(totalTokens !== undefined && { raw: { totalTokens } }),
  }
}

function currentWarning(warning: SharedV4Warning | LanguageModelV2CallWarning): SharedV4Warning {
  if (warning.type !== 'unsupported-setting' && warning.type !== 'unsupported-tool') return warning
  const { details } = warning
  const feature =
    warning.type === 'unsupported-tool' ? `tool "${warning.tool.name}"` : String(warning.setting)
  return { type: 'unsupported', feature, ...(details !== undefined && { details }) }
}

type Output = LanguageModelV4ToolResultOutput
type OutputItem = Extract<Output, { type: 'content' }>['value'][number]

/** The prompt with the file parts and tool results of version 3. */
function promptV3(prompt: LanguageModelV4Prompt): LanguageModelV3Prompt {
  return lowered(prompt, (output) =>
    output.type === 'content' ? { type: 'content', value: output.value.map(itemV3) } : output,
  ) as LanguageModelV3Prompt
}

/** The prompt with the file parts and tool results of version 2. */
function promptV2(prompt: LanguageModelV4Prompt): LanguageModelV2Prompt {
  return lowered(prompt, (output) => {
    if (output.type === 'execution-denied')
      return { type: 'error-text', value: output.reason ?? 'The call was denied.' }
    return output.type === 'content' ? { type: 'content', value: output.value.map(itemV2) } : output
  }) as LanguageModelV2Prompt
}

/** Both older versions have file data without a tag, and no parts of a provider's own. */
function lowered(
  prompt: LanguageModelV4Prompt,
  output: (output: Output) => object,
): readonly object[] {
  return prompt.map((message: LanguageModelV4Message) =>
    message.role === 'system'
      ? message
      : {
          ...message,
          content: message.content.map((part) => {
            if (part.type === 'file') return { ...part, data: bare(part.data) }
            return part.type === 'tool-result' ? { ...part, output: output(part.output) } : part
          }),
        },
  )
}

function bare(data: SharedV4FileData): unknown {
  if (data.type === 'url') return data.url
  return data.type === 'data' ? data.data : data
}

function itemV3(item: OutputItem): object {
  const data = item.type === 'file' ? base64Of(item.data) : undefined
  if (item.type !== 'file' || data === undefined) return item
  const { mediaType, filename } = item
  return mediaType.startsWith('image/')
    ? { type: 'image-data', data, mediaType }
    : { type: 'file-data', data, mediaType, ...(filename !== undefined && { filename }) }
}

function itemV2(item: OutputItem): object {
  const data = item.type === 'file' ? base64Of(item.data) : undefined
  return item.type === 'file' && data !== undefined
    ? { type: 'media', data, mediaType: item.mediaType }
    : item
}
