import type {
  LanguageModelV4CallOptions,
  LanguageModelV4FunctionTool,
  LanguageModelV4ToolChoice,
  SharedV4ProviderOptions,
} from '@ai-sdk/provider'
import { type JsonObject, ToolwireError, asJson, isObject } from '../../base/index.ts'
import { type ToolNames, join } from '../../models/index.ts'
import type { ModelRequest, ToolChoice } from '../../ports/index.ts'
import type { ToolDescriptor } from '../../protocol/index.ts'
import { type PromptContext, PromptWriter } from './write-prompt.ts'

/** What the AI SDK has and a {@link ModelRequest} has not; what a request says itself comes over it. */
export type LanguageModelSettings = Pick<
  LanguageModelV4CallOptions,
  | 'temperature'
  | 'maxOutputTokens'
  | 'topP'
  | 'topK'
  | 'presencePenalty'
  | 'frequencyPenalty'
  | 'stopSequences'
  | 'seed'
  | 'reasoning'
  | 'headers'
  | 'providerOptions'
>

/** Writes a request as the options of a call of the AI SDK. */
export function writeCallOptions(
  request: ModelRequest,
  settings: LanguageModelSettings,
  context: PromptContext,
): LanguageModelV4CallOptions {
  const { system, messages, tools = [], toolChoice, temperature, maxOutputTokens, signal } = request
  const { names } = context
  const providerOptions = providerOptionsOf(request, settings)
  return {
    ...settings,
    prompt: new PromptWriter(messages, context).write(system),
    ...(tools.length > 0 && { tools: tools.map((tool) => writeTool(tool, context)) }),
    ...(tools.length > 0 && toolChoice && { toolChoice: writeChoice(toolChoice, names) }),
    ...(temperature !== undefined && { temperature }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(providerOptions && { providerOptions }),
    ...(signal && { abortSignal: signal }),
  }
}

function writeTool(
  { name, description, inputSchema, providerOptions = {} }: ToolDescriptor,
  { names, format }: PromptContext,
): LanguageModelV4FunctionTool {
  const options = providerOptions[format]
  return {
    type: 'function',
    name: names.toWire(name),
    description,
    // Some APIs want type and properties also where there are none.
    inputSchema: { type: 'object', properties: {}, ...inputSchema },
    // By provider, as the AI SDK has it; it is the host's own word.
    ...(options && { providerOptions: options as SharedV4ProviderOptions }),
  }
}

function writeChoice(choice: ToolChoice, names: ToolNames): LanguageModelV4ToolChoice {
  return typeof choice === 'string'
    ? { type: choice }
    : { type: 'tool', toolName: names.toWire(choice.toolName) }
}

function providerOptionsOf(
  { providerOptions = {} }: ModelRequest,
  settings: LanguageModelSettings,
): SharedV4ProviderOptions | undefined {
  for (const [provider, options] of Object.entries(providerOptions))
    if (!isObject(options))
      throw new ToolwireError(
        'INVALID_OPTIONS',
        `"providerOptions.${provider}" is no object, as the AI SDK wants for each provider.`,
        {
          hint: 'Write { openai: { reasoningEffort: "low" } }, with the name of the provider first.',
        },
      )
  if (!settings.providerOptions && Object.keys(providerOptions).length === 0) return undefined
  const set = asJson(settings.providerOptions ?? {}) as JsonObject
  // Every member was seen to be an object.
  return join(set, providerOptions) as SharedV4ProviderOptions
}
