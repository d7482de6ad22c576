import type {
  LanguageModelV4CallOptions,
  LanguageModelV4FunctionTool,
  SharedV4Warning,
} from '@ai-sdk/provider'
import { type JsonObject, asJson, canonicalJson, sha256 } from '../../base/index.ts'
import { fields } from '../../models/index.ts'
import type { Model, ModelRequest, ToolChoice, ToolReport } from '../../ports/index.ts'
import type { ToolDescriptor } from '../../protocol/index.ts'
import { PromptReader } from './read-prompt.ts'

export interface ReadCall {
  readonly request: Omit<ModelRequest, 'signal'>
  /** What of the call a {@link Model} has no word for. */
  readonly warnings: SharedV4Warning[]
}

/** Settings of the AI SDK that a {@link ModelRequest} does not have. */
const unsupported = [
  'topP',
  'topK',
  'presencePenalty',
  'frequencyPenalty',
  'stopSequences',
  'seed',
] as const

/** Reads the options of a call of the AI SDK as a request to `model`. */
export function readCallOptions(options: LanguageModelV4CallOptions, model: Model): ReadCall {
  const prompt = new PromptReader()
  const { system, messages } = prompt.read(options.prompt)
  const { temperature, maxOutputTokens, toolChoice, providerOptions } = options
  const tools = functionTools(options).map((tool) => descriptorOf(tool, model))
  const own = fields(asJson(providerOptions?.['toolwire']))
  return {
    request: {
      system,
      messages,
      tools,
      toolChoice: readChoice(toolChoice),
      temperature,
      maxOutputTokens,
      ...(Object.keys(own).length > 0 && { providerOptions: own }),
    },
    warnings: [
      ...settingWarnings(options),
      ...(options.tools ?? []).flatMap(toolWarnings),
      ...(model.checkTools?.(tools) ?? []).flatMap(reportWarnings),
      ...prompt.warnings,
    ],
  }
}

function functionTools({ tools = [] }: LanguageModelV4CallOptions): LanguageModelV4FunctionTool[] {
  return tools.filter((tool) => tool.type === 'function')
}

function descriptorOf(
  { name, description = '', ...tool }: LanguageModelV4FunctionTool,
  { format }: Model,
): ToolDescriptor {
  const inputSchema: JsonObject = fields(asJson(tool.inputSchema))
  const own = fields(asJson(tool.providerOptions?.['toolwire']))
  const providerOptions = Object.keys(own).length > 0 ? { [format]: own } : undefined
  const half = { name, description, inputSchema, ...(providerOptions && { providerOptions }) }
  return { ...half, hash: sha256(canonicalJson(half)) }
}

function readChoice(choice: LanguageModelV4CallOptions['toolChoice']): ToolChoice | undefined {
  return choice?.type === 'tool' ? { toolName: choice.toolName } : choice?.type
}

function settingWarnings(options: LanguageModelV4CallOptions): SharedV4Warning[] {
  const { responseFormat, reasoning = 'provider-default', headers = {} } = options
  const set = (name: (typeof unsupported)[number]): boolean =>
    options[name] !== undefined && options.stopSequences?.length !== 0
  // The AI SDK itself always names itself.
  const ownHeaders = Object.keys(headers).filter((name) => name.toLowerCase() !== 'user-agent')
  return [
    ...unsupported.filter(set).map((feature) => warning(feature)),
    ...(responseFormat?.type === 'json'
      ? [warning('responseFormat', 'Ask for JSON in the prompt, or with a tool.')]
      : []),
    ...(reasoning === 'provider-default'
      ? []
      : [warning('reasoning', 'Set the effort in the body, by providerOptions.toolwire.')]),
    ...(ownHeaders.length > 0
      ? [warning('headers', `Give them to the adapter: ${ownHeaders.join(', ')}.`)]
      : []),
  ]
}

function toolWarnings(
  tool: NonNullable<LanguageModelV4CallOptions['tools']>[number],
): SharedV4Warning[] {
  if (tool.type === 'provider') return [warning(`provider-defined tool ${tool.id}`)]
  return tool.inputExamples?.length ? [warning(`inputExamples of the tool "${tool.name}"`)] : []
}

function reportWarnings({ toolName, leftOut, losses }: ToolReport): SharedV4Warning[] {
  if (leftOut !== undefined) return [warning(`tool "${toolName}"`, leftOut)]
  const details = losses.map(({ path, keyword, how }) => `${how}: ${path}/${keyword}`).join(', ')
  return [{ type: 'compatibility', feature: `schema of the tool "${toolName}"`, details }]
}

function warning(feature: string, details?: string): SharedV4Warning {
  return { type: 'unsupported', feature, ...(details !== undefined && { details }) }
}
